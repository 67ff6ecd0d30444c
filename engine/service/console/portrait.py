"""The portrait of a record: all that its page shows, read at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.language.rule import Rule
from engine.model.facts import Facts
from engine.service import cards
from engine.service.console.coming import Coming, Known, coming
from engine.service.console.past import Past, past
from engine.service.console.rendering import Voice, to
from engine.service.console.verdicts import RuleVerdict, foreseen, verdicts
from engine.service.report.document import Report, Row
from engine.service.reporting import Reporter
from engine.service.scene import Scene
from engine.store import holds, merges, restrictions
from engine.store.database import Connection
from engine.store.deletions import BEFORE_ORDER, ENDS
from engine.store.restrictions import Restriction
from engine.vocabulary.calendar import Moment, local_date

MOST_PAST = 100  # moves that the page shows; the report has all


@dataclass(frozen=True, slots=True)
class Whom:
    """Of which record a page is: its entity and id, and the plural that its address has."""

    entity: str
    plural: str
    id: str


@dataclass(frozen=True, slots=True)
class Protection:
    """What keeps a record from being used or deleted: holds, an open restriction, and what is permitted then."""

    holds: tuple[Row, ...]
    restriction: Restriction | None
    is_flagged: bool
    permissions: tuple[Row, ...]
    can_be_restricted: bool


@dataclass(frozen=True, slots=True)
class Portrait:
    """What the page of a record shows. `facts`, `card` and `protection` are None where it is not held any more."""

    report: Report
    facts: Facts | None
    card: Mapping[str, Any] | None
    protection: Protection | None
    verdicts: Sequence[RuleVerdict]
    coming: Sequence[Coming]
    past: Sequence[Past]
    merged_into: str
    looked_ahead: int  # at how many of the rules

    @property
    def name(self) -> str:
        """What it is called; its id where it has no name."""
        named = next((one.value for one in self.report.fields if one.name == "name"), None)
        return named if isinstance(named, str) and named.strip() else self.report.id

    @property
    def deletions(self) -> tuple[Row, ...]:
        """Its deletions that have not ended."""
        return tuple(one for one in self.report.rows["deletions"] if one["state"] not in ENDS)

    @property
    def keepable(self) -> tuple[Row, ...]:
        """Its deletions that a person can still cancel."""
        return tuple(one for one in self.deletions if one["state"] in BEFORE_ORDER)


def read(
    scene: Scene, connection: Connection, whom: Whom, voice: Voice, moment: Moment, *, ahead: bool = False
) -> Portrait | None:
    """Return the portrait of a record; None where nothing is known of it. `ahead`: every rule says when it flips."""
    reporter = Reporter.of(scene)
    report = reporter.report(connection, whom.entity, whom.id, moment, voice.teller.language)
    if report is None:
        return None
    key = scene.records.key_of(connection, whom.entity, whom.id)
    facts = None if key is None else scene.records.facts(connection, whom.entity, key)
    protection = None if key is None else _protection(scene, connection, whom.entity, key)
    rules = _rules(scene, report)
    said = verdicts(rules, report, facts) if facts is not None else ()
    flips = foreseen(rules, said, facts, moment, ahead=ahead) if facts is not None else {}
    said = tuple(one.flipping(flips) for one in said)
    held = protection.holds if protection else ()
    return Portrait(
        report,
        facts,
        cards.read(scene, connection, whom.entity, whom.id),
        protection,
        said,
        coming(Known(report, facts, said, rules, held, to(whom.plural, whom.id)), voice, moment),
        past(report, voice)[:MOST_PAST],
        _merged_into(report) if facts is None else "",
        len(flips),
    )


def _protection(scene: Scene, connection: Connection, entity: str, key: int) -> Protection:
    tables, zone = scene.store.tables, scene.store.zone
    is_restrictable = restrictions.has_flag(tables, entity)
    held = (
        one | {"review": local_date(one["review_at"], zone) if one["review_at"] else None}
        for one in holds.details_on(connection, entity, key)
    )
    return Protection(
        tuple(held),
        restrictions.open_of(connection, entity, key),
        is_restrictable and restrictions.is_flagged(connection, tables, entity, key),
        tuple(restrictions.permissions_of(connection, entity, key)),
        is_restrictable,
    )


def _rules(scene: Scene, report: Report) -> dict[str, Rule]:
    written = scene.rulebook.rules
    return {one.rule: written[one.rule] for one in report.processing.rules if one.rule in written}


def _merged_into(report: Report) -> str:
    """Return the id that the CRM said a record has ended in; empty where it has not."""
    told = [one["content"] for one in report.rows["events"] if one["type"] == merges.MERGED]
    named = (one.get(merges.INTO) for one in reversed(told) if isinstance(one, Mapping))
    return next((one for one in named if isinstance(one, str)), "")
