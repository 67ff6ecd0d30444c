"""The plan as a value: what a run would do, rule by rule, and how it is told."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal

from engine.language.rule import Limit
from engine.store.runs import RuleRun
from engine.vocabulary.calendar import Moment

EFFECTIVE_CHANGES = frozenset({"stage", "gone", "returned"})  # these do something even where no case moves


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedDeletions:
    """What would become of a rule's deletions.

    `count` is what `stop_if_more_than` is asked about: those of the last 24 hours and those to be scheduled. `due` are
    those that could be ordered at once, `first_due` is when the first one could be.
    """

    count: int = 0
    limit: Limit | None = None
    population: int = 0
    is_stopped: bool = False
    scheduled: int = 0
    cancelled: int = 0
    due: int = 0
    first_due: datetime | None = None

    def as_json(self) -> dict[str, object]:
        """Return the deletions of a rule as `plan --json` prints them."""
        limit = self.limit and {
            "contacts": self.limit.contacts,
            "percent": self.limit.percent,
            "count": self.count,
            "population": self.population,
            "trips": self.is_stopped,
        }
        told = {"scheduled": self.scheduled, "cancelled": self.cancelled, "due": self.due, "first_due": self.first_due}
        return {**told, "limit": limit}


@dataclass(frozen=True, slots=True)
class DailyLimits:
    """How a plan stands to the limits over all rules: deletions due now, and those scheduled now, when they are due."""

    deletions_per_day: int
    percent_per_day: Decimal
    population: int
    ordered_lately: int
    due: int
    scheduled: int
    trips_now: bool
    trips_later: bool


@dataclass(frozen=True, slots=True)
class PlannedRule:
    """What a run would do for one rule, with the ids of who would enter and leave.

    `change` is how it differs from the rulebook that holds: new, changed, stage, returned, gone, or same. A rule that
    waits for its promotion is shown as it would be promoted; `digest` stands for that.
    """

    found: RuleRun
    change: str
    waits_for_promotion: bool = False
    paused: str | None = None
    unchanged: int = 0
    entering: tuple[str, ...] = ()
    leaving: tuple[str, ...] = ()
    deletions: PlannedDeletions | None = None
    digest: str | None = None

    @property
    def has_changes(self) -> bool:
        """True when a case would open or close, a deletion be scheduled or cancelled, or the rule begin or end."""
        about = self.deletions
        moves = bool(self.entering or self.leaving or (about and (about.scheduled or about.cancelled)))
        return moves or self.change in EFFECTIVE_CHANGES

    @property
    def actions(self) -> tuple[str, ...]:
        """What each contact that enters would get."""
        return tuple(verb for verb, count in self.found.actions.items() if count)

    def moves(self) -> Iterator[dict[str, object]]:
        """Give who would move, with what each would get."""
        for contact in self.entering:
            yield {"contact": contact, "moves": "enters", "actions": list(self.actions)}
        for contact in self.leaving:
            yield {"contact": contact, "moves": "leaves", "actions": []}

    def as_json(self, *, show_ids: bool) -> dict[str, object]:
        """Return the line of `plan --json`; contacts by id only where that is asked for."""
        told: dict[str, object] = self.found.as_json() | {
            "version": self.found.version,
            "change": self.change,
            "unchanged": self.unchanged,
            "waits_for_promotion": self.waits_for_promotion,
            "paused": self.paused,
            "deletions": self.deletions.as_json() if self.deletions else None,
            "digest": self.digest,
        }
        if show_ids:
            told |= {"entering": self.entering, "leaving": self.leaving, "contacts": list(self.moves())}
        return told


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would do."""

    moment: Moment
    seconds: float
    rulebook: str
    rules: tuple[PlannedRule, ...]
    limits: DailyLimits

    @property
    def has_changes(self) -> bool:
        """True when a run would change anything beside its own record."""
        return any(rule.has_changes for rule in self.rules)

    @property
    def has_failed(self) -> bool:
        """True when a rule could not be evaluated."""
        return any(rule.found.error for rule in self.rules)

    def as_json(self, *, show_ids: bool = False) -> dict[str, object]:
        """Return the document of `plan --json`."""
        return {
            "now": self.moment.now,
            "seconds": self.seconds,
            "rulebook": self.rulebook,
            "rules": [rule.as_json(show_ids=show_ids) for rule in self.rules],
            "limits": asdict(self.limits),
        }
