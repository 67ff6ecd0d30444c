"""Review: what loads and is seldom meant. Warnings about rules as a whole, each a small check in one list."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import combinations, islice

from engine.language.algebra import Always, Both, Predicate, RuleHolds, RuleState, negate
from engine.language.criteria import Group
from engine.language.implied import ANYTHING
from engine.language.newborn import is_longer_than_today, of_newborn, without_items
from engine.language.rule import Rule
from engine.language.satisfiable import Demand, Sources, always, can_meet, demand_of, never
from engine.model.entity import Model
from engine.vocabulary.problem import Place, Problem
from engine.vocabulary.truth import Truth

JOINING = frozenset({"all", "none"})  # groups whose parts must each hold or fail
MOST_SHOWN = 3  # other rules that one warning names
MOST_COMPARED = 40  # criteria of one group that are held against each other


@dataclass(frozen=True, slots=True)
class Review:
    """A rulebook under review.

    `sources` holds what is so where a rule matches and where it does not, `demands` what each live rule that can be
    true asks of a record, `today` the day on which the rules are read, where that is known.
    """

    rules: Mapping[str, Rule]
    model: Model
    sources: Sources
    demands: Mapping[str, Demand]
    today: date | None = None

    def sharing(self, rule: Rule, others: Iterable[Rule]) -> list[Rule]:
        """Return other live rules that can match a record that a live rule matches, one more than are shown."""
        demand = self.demands.get(rule.id)
        if demand is None:
            return []
        alike = (one for one in others if one.entity == rule.entity and one.id in self.demands)
        found = (one for one in alike if can_meet(self.demands[one.id], demand, self.sources))
        return list(islice(found, MOST_SHOWN + 1))

    def awake(self) -> Iterator[Rule]:
        """Give the rules that are evaluated unasked, in the order of the text."""
        awake = (rule for rule in self.rules.values() if rule.stage != "off" and not rule.needs)
        yield from sorted(awake, key=_position)

    def live(self) -> Iterator[Rule]:
        """Give the rules that take effect, in the order of the text."""
        return (rule for rule in self.awake() if rule.stage == "live")


def reviewed(rules: Mapping[str, Rule], model: Model, today: date | None = None) -> Iterator[Problem]:
    """Give every warning about the rules of a rulebook, which has no errors."""
    sources = {
        one: _said_by(rules[one], rules[one].predicate)
        for rule in rules.values()
        for one in rule.sources & rules.keys()
    }
    live = [rule for rule in rules.values() if rule.stage == "live"]
    compared = live if any(rule.deletes for rule in live) else []
    matching = ((rule.id, Both((rule.predicate, RuleHolds(RuleState(rule.id))))) for rule in compared)
    found = ((rule, demand_of(predicate, sources)) for rule, predicate in matching)
    demands = {rule: demand for rule, demand in found if demand is not None}
    for check in CHECKS:
        yield from check(Review(rules, model, sources, demands, today))


def can_never_be_true(review: Review) -> Iterator[Problem]:
    """W201: no record can ever match."""
    for rule in review.awake():
        if never(rule.predicate):
            yield _warning("W201", rule, f"`{rule.id}` can never be true", _culprits(rule.criteria))


def is_always_true(review: Review) -> Iterator[Problem]:
    """W202: every record always matches."""
    for rule in review.awake():
        if not _has_an_occasion(rule) and always(rule.predicate):
            remedy = "ask for something that not every record has"
            yield _warning("W202", rule, f"`{rule.id}` is always true, for every {rule.entity}", remedy)


def delete_the_same(review: Review) -> Iterator[Problem]:
    """W203: two live rules that both delete can match one record."""
    earlier: list[Rule] = []
    for rule in (one for one in review.live() if one.deletes):
        others = review.sharing(rule, earlier)
        earlier.append(rule)
        if others:
            message = f"`{others[0].id}` and `{rule.id}` both delete, and one {rule.entity} can match both"
            yield _warning("W203", rule, message, f"let one exclude what the other asks for; {_where(others)}")


def delete_what_is_kept(review: Review) -> Iterator[Problem]:
    """W204: a live rule deletes what another live rule keeps in a selection."""
    keeping = [rule for rule in review.live() if rule.selection is not None]
    for rule in (one for one in review.live() if one.deletes):
        others = review.sharing(rule, [one for one in keeping if one is not rule])
        if others:
            kept = others[0].selection
            message = f"`{rule.id}` can delete a {rule.entity} that `{others[0].id}` keeps in the selection `{kept}`"
            remedy = f"if it should stay, add `{{selection: {kept}, is_member: false}}`; {_where(others)}"
            yield _warning("W204", rule, message, remedy)


def delete_newborns(review: Review) -> Iterator[Problem]:
    """W205: a rule that deletes can match a record that was created today and has no related items."""
    for rule in review.awake():
        takes_time = rule.lasting is not None and is_longer_than_today(rule.lasting)
        is_asked_for = rule.check.sole_pattern is not None or bool(rule.check.asked)
        if not rule.deletes or takes_time or is_asked_for:
            continue
        newborn = of_newborn(rule.predicate, review.model.entity(rule.entity), review.today)
        read = [review.rules[one] for one in rule.sources & review.rules.keys()]
        if not never(newborn, {one.id: _said_of_newborns(one) for one in read}):
            message = f"`{rule.id}` could delete a {rule.entity} that was created today and has no related items yet"
            yield _warning("W205", rule, message, "give it time: add `{field: created_on, older_than: 1 month}`")


Check = Callable[[Review], Iterator[Problem]]
CHECKS: tuple[Check, ...] = (
    can_never_be_true,
    is_always_true,
    delete_the_same,
    delete_what_is_kept,
    delete_newborns,
)


def _has_an_occasion(rule: Rule) -> bool:
    """True when something must happen, or somebody ask, before a record is looked at: that is a condition, too."""
    is_of_course = rule.check.always or rule.check.schedule is not None or rule.check.changed != frozenset()
    return not is_of_course


def _said_by(rule: Rule, predicate: Predicate) -> tuple[Predicate, Predicate]:
    """Return what is so where a rule matches, and where it does not: not much where it waits or is asked."""
    if rule.needs:
        return ANYTHING, ANYTHING
    return predicate, ANYTHING if rule.lasting else negate(predicate)


def _said_of_newborns(rule: Rule) -> tuple[Predicate, Predicate]:
    if rule.lasting is not None and is_longer_than_today(rule.lasting):
        return Always(Truth.FALSE), ANYTHING
    return _said_by(rule, without_items(rule.predicate))


def _warning(code: str, rule: Rule, message: str, remedy: str) -> Problem:
    return Problem(code, rule.place, message, remedy, is_warning=True)


def _position(rule: Rule) -> tuple[str, int, int]:
    return rule.place.source.name, rule.place.line, rule.place.column


def _where(others: list[Rule]) -> str:
    more = " and more" if len(others) > MOST_SHOWN else ""
    places = ", ".join(f"`{one.id}` at {one.place}" for one in others[:MOST_SHOWN])
    return f"see {places}{more}"


def _culprits(criteria: Group) -> str:
    """Return which criteria are to blame, as far as one or two of them are."""
    parts = list(_joined(criteria))[:MOST_COMPARED]
    alone = next((place for place, form in parts if never(form)), None)
    if alone is not None:
        return f"what stands at {alone} is never true, whatever else holds"
    for (one, first), (other, second) in combinations(parts, 2):
        if never(Both((first, second))):
            return f"what stands at {one} excludes what stands at {other}"
    return "the criteria exclude each other"


def _joined(group: Group) -> Iterator[tuple[Place, Predicate]]:
    """Give the parts that must all hold, with their places."""
    for part in group.parts if group.kind in JOINING else (group,):
        if group.kind == "all" and isinstance(part, Group) and part.kind in JOINING:
            yield from _joined(part)
        else:
            yield part.place, negate(part.form()) if group.kind == "none" else part.form()
