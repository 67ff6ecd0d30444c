"""Rules: all of them by the file in which they stand, with their health, owner and articles, filtered as one likes."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import quote

from fastapi import Request, Response

from engine.service.console.health import ORDER, RuleHealth, health_of_rules
from engine.service.console.pages import pages
from engine.service.console.rendering import shown
from engine.service.console.sessions import HOME, Seen
from engine.service.http.access import Serving
from engine.service.installation import Installation
from engine.service.previewing import file_of

ROUTES = pages()
A_PAGE = 200  # rules
ELSEWHERE = "\uffff"  # behind all files: rules that are in none any more


@dataclass(frozen=True, slots=True)
class Group:
    """The rules of a file, in the order in which they stand there; those that are gone have no file."""

    file: str
    rules: Sequence[RuleHealth]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rules are wanted; an empty word wants all."""

    health: str
    owner: str
    tag: str

    def holds(self, one: RuleHealth) -> bool:
        """True for a rule that is wanted."""
        rule = one.rule
        is_owners = not self.owner or (rule is not None and rule.owner == self.owner)
        is_tagged = not self.tag or (rule is not None and self.tag in rule.tags)
        return self.health in {"", one.health} and is_owners and is_tagged

    @property
    def is_some(self) -> bool:
        """True where not all are wanted."""
        return bool(self.health or self.owner or self.tag)


@ROUTES.get("/rules")
def rules(
    request: Request,
    serving: Serving,
    _visitor: Seen,
    health: str = "",
    owner: str = "",
    tag: str = "",
    after: str = "",
) -> Response:
    """Show the page."""
    scene, wanted = serving.scene, Wanted(health, owner, tag)
    with serving.store.database.reading() as connection:
        found = health_of_rules(scene, connection, scene.installation.clock.now())
    chosen = sorted(filter(wanted.holds, found), key=lambda one: _standing(scene.installation, one))
    begin = next((number for number, one in enumerate(chosen, 1) if one.id == after), 0)
    listed = chosen[begin : begin + A_PAGE]
    words = [one.health for one in found]
    written = [one.rule for one in found if one.rule is not None]
    return shown(
        request,
        "rules.html",
        groups=_groups(scene.installation, listed),
        wanted=wanted,
        counts={word: words.count(word) for word in ORDER if word in words},
        owners=sorted({one.owner for one in written if one.owner}),
        tags=sorted({name for one in written for name in one.tags}),
        total=len(found),
        chosen=len(chosen),
        next=listed[-1].id if len(chosen) > begin + A_PAGE else None,
        first=not begin,
        address=_address(wanted, request),
    )


def _groups(installation: Installation, listed: Sequence[RuleHealth]) -> list[Group]:
    grouped = groupby(listed, key=lambda one: file_of(installation, one.rule) if one.rule else "")
    return [Group(file, tuple(rules)) for file, rules in grouped]


def _standing(installation: Installation, one: RuleHealth) -> tuple[str, int, str]:
    """Return where a rule stands: its file and line."""
    if one.rule is None:
        return ELSEWHERE, 0, one.id
    return file_of(installation, one.rule), one.rule.place.line, one.id


def _address(wanted: Wanted, request: Request) -> str:
    """Return the address of the list as it is filtered, from its beginning."""
    asked = request.query_params.multi_items()
    said = "&".join(f"{name}={quote(text)}" for name, text in asked if name in Wanted.__slots__ and text)
    return f"{HOME}/rules?{said}" if wanted.is_some else f"{HOME}/rules"
