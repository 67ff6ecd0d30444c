"""How often what happens once happens: per case, per contact, per input, every so often, and when a case closes."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from engine.store.tables import INTENT, RUN
from engine.vocabulary.problem import Problems
from tests.installations import Place
from tests.rulebooks import codes, rulebook

RULE = """\
rules:
  - rule: told
    stage: live
    {more}
    if: [{{field: category, is: Lead}}]
    then: [{{notify: {{to: dpo, using: hello}}}}]
    {last}
messages: {{hello: {{subject: Hello, body: "Hello"}}}}
"""


def _place(folder: Path, more: str = "repeat: once per case", last: str = "tags: []") -> Place:
    place = Place(folder, RULE.format(more=more, last=last))
    place.take({"id": "a", "category": "Lead"})
    place.run()
    return place


def _again(place: Place) -> None:
    """Let the case close and another one open."""
    place.take({"id": "a", "category": "Customer"})
    place.run()
    place.clock.move(timedelta(hours=1))
    place.take({"id": "a", "category": "Lead"})
    place.run()


def _intents(place: Place) -> list[tuple[str, str]]:
    with place.store.database.reading() as connection:
        rows = connection.execute(select(INTENT.c.part, INTENT.c.repetition).order_by(INTENT.c.key))
        return [(row.part, row.repetition) for row in rows]


@pytest.mark.parametrize(("repeat", "count"), [("once per case", 2), ("once per contact", 1)])
def test_a_second_case_is_told_of_unless_it_is_once_per_contact(tmp_path: Path, repeat: str, count: int) -> None:
    """A case that closes and opens again is a new case of the same contact."""
    place = _place(tmp_path, f"repeat: {repeat}")
    _again(place)

    assert count == len(_intents(place))


def test_every_thirty_days_it_happens_again_while_the_case_is_open(tmp_path: Path) -> None:
    """At the start, and whenever thirty days have passed; never twice at one time."""
    place = _place(tmp_path, "repeat: every 30 days")
    for _ in range(61):
        place.clock.move(timedelta(days=1))
        place.run()
        place.run()

    assert _intents(place) == [("", ""), ("", "1"), ("", "2")]


def test_when_a_case_closes_because_the_rule_is_false_its_closing_actions_happen_once(tmp_path: Path) -> None:
    """Undecided closes nothing; false does."""
    place = _place(tmp_path, last="when_no_longer: [{notify: {to: dpo, using: hello}}]")
    place.take({"id": "a", "category": None})
    place.run()

    assert _intents(place) == [("", "")]
    place.take({"id": "a", "category": "Customer"})
    place.run()
    place.run()
    assert _intents(place) == [("", ""), ("closing", "")]


def test_a_rule_that_leaves_the_rulebook_says_nothing_more(tmp_path: Path) -> None:
    """An orphaned rule's cases do not close because it is false."""
    place = _place(tmp_path, last="when_no_longer: [{notify: {to: dpo, using: hello}}]")
    place.rules = rulebook(
        RULE.format(more="tags: []", last="stop_if_more_than: {contacts: 1}").replace("told", "other")
    )
    place.run()

    assert [part for part, _ in _intents(place)] == ["", ""]


ASKED = """\
rules:
  - rule: breach
    stage: live
    check: {when_asked: breach.declared}
    needs:
      incident: {type: text, ask: Incident number}
      affected: {type: selection, ask: Which selection holds the affected people?}
    if: [{selection: $affected, is_member: true}]
    repeat: once per incident
    then: [{notify: {to: dpo, using: breach}}]
  - rule: leads
    stage: live
    if: [{field: category, is: Lead}]
    then: [{keep_in_selection: leads}]
messages: {breach: {subject: "Incident {{ needs.incident }}", body: "Hello"}}
"""


def test_a_rule_that_needs_inputs_is_evaluated_only_with_them_and_once_for_each(tmp_path: Path) -> None:
    """Asked twice about one incident it acts once; about another, again; unasked, never."""
    place = Place(tmp_path, ASKED)
    place.take({"id": "a", "category": "Lead"}, {"id": "b", "category": "Customer"})
    place.run()

    assert _intents(place) == []
    for incident in ("7", "7", "8"):
        place.run("breach", inputs={"incident": incident, "affected": "leads"})
    assert _intents(place) == [("", "7"), ("", "8")]
    with place.store.database.reading() as connection:
        inputs = connection.execute(select(RUN.c.inputs).order_by(RUN.c.key)).scalars().all()
    assert [None, *({"affected": "leads", "incident": one} for one in "778")] == [
        one and json.loads(one) for one in inputs
    ]


@pytest.mark.parametrize(
    ("inputs", "code"),
    [
        ({"incident": "7"}, "R102"),
        ({"incident": "7", "affected": "nobody"}, "R112"),
        ({"incident": "7", "affected": "leads", "more": "x"}, "R101"),
    ],
)
def test_inputs_that_do_not_fit_are_told(inputs: dict[str, str], code: str) -> None:
    """A missing input, one that names nothing, one too many."""
    with pytest.raises(Problems) as refused:
        rulebook(ASKED).asked(["breach"], inputs)

    assert [code] == [problem.code for problem in refused.value.found]


def test_a_rule_that_needs_inputs_has_no_schedule() -> None:
    """Nobody would be there to give them."""
    assert codes(ASKED.replace("{when_asked: breach.declared}", "{every: day}")) == ["R117"]


FOR_EACH = """\
rules:
  - rule: expired
    stage: live
    for_each:
      - {category: Lead, keep_for: 24 months}
      - {category: Customer, keep_for: 10 years}
    if: [{field: category, is: $category}, {field: created_on, older_than: $keep_for}]
    then: [{raise_alert: old}]
"""


def test_a_table_makes_a_rule_of_each_row(tmp_path: Path) -> None:
    """Each row is a rule of its own, named after its first value, with its own term."""
    place = Place(tmp_path, FOR_EACH)
    place.take(*({"id": one, "category": one, "created_on": "2020-01-01"} for one in ("Lead", "Customer")))
    place.run()

    assert place.alerts() == [("expired[Lead]", "Lead")]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (("$keep_for", "$kep_for"), {"R123"}),
        (("keep_for: 24 months", "keep_for: 24 monts"), {"R113"}),
        (("category: Customer, ", ""), {"R102"}),
        (("- {category: Customer", "- {category: Lead"), {"R111"}),
        (("{category: Lead, keep_for", "{category: Lead, more: 1, keep_for"), {"R102", "R123"}),
        (("for_each:", "for_eech:"), {"R101", "R123"}),
    ],
)
def test_mistakes_in_a_table_are_told_where_they_stand(change: tuple[str, str], found: set[str]) -> None:
    """Unknown and unused parameters, unreadable values, rows that lack one or repeat a name."""
    assert found == set(codes(FOR_EACH.replace(*change)))
