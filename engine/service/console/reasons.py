"""Reasons: why a rule is what it is for a record, criterion by criterion, now or as if on another day."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from fastapi import Request, Response

from engine.language.rule import Rule
from engine.service.console.finding import gone
from engine.service.console.pages import pages
from engine.service.console.portrait import Whom
from engine.service.console.record import KINDS, VERDICT_TONES, absent
from engine.service.console.rendering import shown
from engine.service.console.sessions import Seen, tongue_of
from engine.service.describing import describer_of
from engine.service.explaining import explain
from engine.service.http.access import Serving
from engine.service.http.contacts import moment_at
from engine.service.http.problems import HttpProblem
from engine.vocabulary.problem import nearest_or_all
from engine.vocabulary.verdict import Trace, Verdict

ROUTES = pages()


@dataclass(frozen=True, slots=True)
class Tally:
    """How many criteria of a tree are true, false and unknown."""

    true: int
    false: int
    unknown: int


def _explaining(entity: str, plural: str) -> Callable[..., Response]:
    def show(request: Request, record: str, serving: Serving, _visitor: Seen, rule: str = "", at: str = "") -> Response:
        """Show why a rule matches a record or not."""
        rulebook, whom = serving.scene.rulebook, Whom(entity, plural, record)
        asked = _rule_named(rulebook.rules, rule, entity)
        moment = moment_at(serving, at.strip())
        found = explain(serving.scene, rulebook, asked, record, moment)
        if found is None:
            with serving.store.database.reading() as connection:
                return absent(request, whom, gone(serving.scene, connection, entity, record))
        describer = describer_of(serving.installation, rulebook, tongue_of(request, serving))
        flip, until = found.outlook.flip, found.outlook.looked_until
        return shown(
            request,
            "reasons.html",
            whom=whom,
            rule=asked,
            it=found,
            tree=describer.spoken(asked, found.tree),
            tally=_tally(found.tree),
            flips_to=Verdict.of(flip.truth).value if flip else "",
            flip=flip,
            until=until,
            at=at.strip(),
            now=moment.now,
            verdict_tones=VERDICT_TONES,
            others=[one for one in rulebook.rules.values() if one.entity == entity and one.stage != "off"],
        )

    return show


def _rule_named(rules: Mapping[str, Rule], name: str, entity: str) -> Rule:
    known = {one.id: one for one in rules.values() if one.entity == entity}
    if name not in known:
        raise HttpProblem(404, "unknown", f"there is no rule `{name}` about this; {nearest_or_all(name, known)}")
    return known[name]


def _tally(tree: Trace) -> Tally:
    said = [one.truth.value for one in _leaves(tree)]
    return Tally(said.count("true"), said.count("false"), said.count("unknown"))


def _leaves(tree: Trace) -> Iterator[Trace]:
    if not tree.parts:
        yield tree
    for part in tree.parts:
        yield from _leaves(part)


for _entity, _plural in KINDS.items():
    ROUTES.add_api_route(f"/{_plural}/{{record:id}}/explain", _explaining(_entity, _plural), methods=["GET"])
