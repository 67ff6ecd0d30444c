"""Notices: when something waits for a person, the rule's owner and whom the configuration names are told, once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from engine.language.rule import Rulebook
from engine.service.config import Settings
from engine.service.logs import logger
from engine.service.notice_text import Kind
from engine.service.scene import Scene
from engine.store import deletions, notices, registry
from engine.store.database import Connection
from engine.store.runs import RuleRun
from engine.vocabulary.calendar import Moment
from engine.vocabulary.duration import read_duration

LOG = logger("notices")


@dataclass(frozen=True, slots=True)
class Notice:
    """That something waits for a person. Of one kind `about` one thing somebody is told once.

    `to` are people and roles who are told besides. Neither `about` nor `details`, which the words of the kind are
    filled in with, say anything of a contact.
    """

    kind: Kind
    about: str
    rule: str = ""
    details: Mapping[str, str | int] = field(default_factory=dict)
    to: tuple[str, ...] = ()
    anew: datetime | None = None  # it is told again where it was told before this instant, and not since


def post(connection: Connection, settings: Settings, rulebook: Rulebook, notice: Notice, moment: Moment) -> int:
    """Write a notice to everybody who is to be told of it, in the caller's transaction; return to how many.

    None where they have been told already, or nobody is there to be told, which is logged.
    """
    if is_told(connection, settings, notice, moment):
        return 0
    rule = rulebook.rules.get(notice.rule)
    to = destinations(settings, *notice.to, rule.owner if rule else "")
    named = {"rule": notice.rule} if notice.rule else {}
    notices.add(connection, (notice.kind, notice.about), {**named, **notice.details}, to, moment.now)
    if not to:
        LOG.warning("a person is needed and nobody is told", kind=str(notice.kind), rule=notice.rule)
    return len(to)


def is_told(connection: Connection, settings: Settings, notice: Notice, moment: Moment) -> bool:
    """True where nobody need be told of a notice any more, or not yet again."""
    repeat = settings.notices.repeat
    repeated = None if repeat is None else read_duration(repeat).earlier(moment.now, moment)
    since = max(filter(None, (notice.anew, repeated)), default=None)
    return notices.is_known(connection, notice.kind, notice.about, since)


def post_in(scene: Scene, connection: Connection, notice: Notice, moment: Moment) -> int:
    """Write a notice in a scene, in the caller's transaction."""
    return post(connection, scene.installation.settings, scene.rulebook, notice, moment)


def held(rule: str, reason: str, moment: Moment) -> Notice:
    """Return the notice that deletions of a rule wait for a person; of one reason once a day."""
    return Notice(Kind.HELD, f"{rule} {reason} {moment.today}", rule, {"reason": reason})


def asked(rule: str, approval: int, of: tuple[str, ...]) -> Notice:
    """Return the notice that people are asked for an approval."""
    return Notice(Kind.APPROVAL, str(approval), rule, {"approval": approval}, of)


def failed(rule: str, deletion: int) -> Notice:
    """Return the notice that a deletion has failed for the last time."""
    return Notice(Kind.FAILED, str(deletion), rule, {"deletion": deletion})


def destinations(settings: Settings, *words: str) -> tuple[str, ...]:
    """Return the people and channels that notices reach: those of the configuration, and people or roles besides."""
    found = (name for word in (*words, *settings.notices.to) for name in _reached(settings, word))
    return tuple(dict.fromkeys(found))


def _reached(settings: Settings, word: str) -> list[str]:
    """Return the people whom a name or a role means, or the channel of that name."""
    if word in settings.channels:
        return [word]
    return [name for name, person in settings.people.items() if word and word in {name, *person.roles}]


def post_stopped(
    connection: Connection, settings: Settings, rulebook: Rulebook, found: Iterable[RuleRun], moment: Moment
) -> None:
    """Write a notice for each rule that its own limit keeps from deleting, once for each set of deletions."""
    stopped = [one.rule for one in found if one.is_stopped]
    for one in registry.registered(connection, stopped).values() if stopped else ():
        count, _ = deletions.set_digest(connection, deletions.all_candidates(one.key))
        notice = Notice(Kind.LIMIT, f"{one.id} {one.paused}", one.id, {"count": count})
        post(connection, settings, rulebook, notice, moment)
