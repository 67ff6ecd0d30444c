"""Edges that once came apart: zones, types, unclear flags, wide rules, far dates, and rules that read each other."""

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from engine.evaluate.explain import explained, with_sources
from engine.model.declared import with_additions
from engine.model.shipped import SHIPPED_MODEL
from engine.store.facts import Records
from engine.store.schema import open_store
from engine.store.unavailable import StoreUnavailable
from engine.vocabulary.verdict import Verdict
from tests.installations import Place, tally
from tests.rulebooks import rulebook


def of(criteria: str) -> str:
    """Return the text of a live rule with criteria."""
    return f"rules: [{{rule: lost, stage: live, if: {criteria}, then: [{{keep_in_selection: lost}}]}}]"


def by_explanation(place: Place, contact: str, rule: str = "lost") -> Verdict:
    """Return the verdict that `explain` gives."""
    with place.store.database.reading() as connection:
        facts = Records(place.store.tables, place.store.zone).facts(connection, "contact", place.key_of(contact))
    assert facts is not None
    chosen, moment = place.rules.rules[rule], place.installation.moment()
    return explained(chosen, with_sources(place.rules, chosen, facts, moment), moment)[0]


def test_days_a_day_apart_stay_apart_when_the_zone_moves_by_a_day(tmp_path: Path) -> None:
    """From Kiritimati to Honolulu a day's start is another day's start; none is moved twice."""
    place = Place(tmp_path)
    store = open_store(place.store.database, SHIPPED_MODEL, ZoneInfo("Pacific/Kiritimati"))
    place.store = store
    place.take(*({"id": str(day), "created_on": f"2026-01-{day}"} for day in range(10, 20)))
    store = open_store(place.store.database, SHIPPED_MODEL, ZoneInfo("Pacific/Honolulu"))
    with store.database.reading() as connection:
        records = Records(store.tables, store.zone)
        for day in range(10, 20):
            facts = records.facts(connection, "contact", records.key_of(connection, "contact", str(day)) or 0)
            assert facts is not None
            assert f"2026-01-{day}" == str(facts.values["created_on"])


def test_a_retyped_field_is_refused(tmp_path: Path) -> None:
    """A column of text is never read as a number."""
    place = Place(tmp_path)
    open_store(
        place.store.database, with_additions(SHIPPED_MODEL, {"contact": {"fields": {"lvl": "text"}}}), place.store.zone
    )

    with pytest.raises(StoreUnavailable, match=r"contact\.lvl is text"):
        open_store(
            place.store.database,
            with_additions(SHIPPED_MODEL, {"contact": {"fields": {"lvl": "number"}}}),
            place.store.zone,
        )


def test_a_flag_sent_badly_is_neither_missing_nor_known(tmp_path: Path) -> None:
    """Never sent is missing; null and text are unclear, so even `is_missing` is undecided."""
    place = Place(
        tmp_path,
        of("[{field: restrict_processing, is_missing: true}]").replace(
            "lost}]", "{name: lost, include_restricted: true}}]", 1
        ),
    )
    place.rules = rulebook(of("[{field: restrict_processing, is_missing: true}]"))
    place.take({"id": "n", "restrict_processing": None}, {"id": "t", "restrict_processing": "false"}, {"id": "never"})

    assert tally(place.run()) == (1, 1, 0, 2)
    assert (by_explanation(place, "never"), by_explanation(place, "n")) == (Verdict.MATCH, Verdict.UNDECIDED)


def test_a_rule_of_a_thousand_values_runs(tmp_path: Path) -> None:
    """What loads can be evaluated, however wide."""
    wide = ", ".join(f"v{number}" for number in range(1_000))
    place = Place(tmp_path, of(f"[{{field: tags, has_any: [{wide}]}}]"))
    place.take({"id": "1", "tags": ["V999"]})

    assert tally(place.run()) == (1, 1, 0, 0)


def test_the_farthest_date_is_no_fault(tmp_path: Path) -> None:
    """SQL and Python both say that the last day of 9998 is not older than anything."""
    place = Place(tmp_path, of("[{field: created_on, older_than: 24 months}]"))
    place.take({"id": "1", "created_on": "9998-12-31"})

    assert tally(place.run()) == (0, 0, 0, 0)
    assert Verdict.NO_MATCH is by_explanation(place, "1")


def test_version_0_is_a_version(tmp_path: Path) -> None:
    """An equal version is ignored, 0 included."""
    place = Place(tmp_path)
    place.take({"id": "k"})
    place.take({"id": "k", "version": 0, "email": "a"})

    assert place.take({"id": "k", "version": 0, "email": "b"}).taken.outdated == 1


TWO = """\
rules:
  - {rule: a, stage: %s, if: [{field: country, is: NO}], then: [{keep_in_selection: a}]}
  - {rule: b, if: [{selection: a, is_member: true}], then: [{keep_in_selection: b}]}
"""


def test_an_explanation_sees_what_a_plan_sees(tmp_path: Path) -> None:
    """Before any run, both evaluate the source rule rather than its stored cases."""
    place = Place(tmp_path, TWO % "live")
    place.take({"id": "1", "country": "NO"})

    assert Verdict.MATCH is by_explanation(place, "1", "b")
    assert place.plan().rules[1].found.tally.matched == 1


def test_a_rule_that_is_off_has_no_verdict(tmp_path: Path) -> None:
    """Its cases end, and who reads it becomes undecided instead of living on what it once said."""
    place = Place(tmp_path, TWO % "live")
    place.take({"id": "1", "country": "NO"})
    place.run()
    place.rules = rulebook(TWO % '"off"')
    place.take({"id": "1", "country": "SE"})

    assert tally(place.run(), "b") == (0, 0, 0, 1)
    assert place.cases() == [("b", "1", "open")]


def test_a_rule_of_another_entity_names_nobody_of_the_former(tmp_path: Path) -> None:
    """After `applies_to` changed, a plan lists no record that the rule never was about."""
    place = Place(tmp_path, of("[{field: country, is: NO}]"))
    place.take({"id": "1", "country": "NO"})
    place.run()
    place.take({"id": "cc", "name": "x"}, entity="company")
    place.rules = rulebook(of("[{field: country, is: NO}]").replace("stage: live", "stage: live, applies_to: company"))

    assert place.plan().rules[0].leaving == ()


def test_a_number_beyond_all_bounds_refuses_its_line_only(tmp_path: Path) -> None:
    """A huge exponent is a refusal, not a fault; a byte-order mark is no part of the first line."""
    report = Place(tmp_path).take_lines(
        [b'\xef\xbb\xbf{"id": "1"}', b'{"id": "2", "email_bounces": 1e999999999999999999999}', b'{"id": "3"}']
    )

    assert (report.taken.created, [one.line for one in report.refused]) == (2, [2])


@pytest.mark.parametrize(
    "criteria",
    [
        "[{field: name, matches: '(?i)^a.?[cé]$'}]",
        "[{field: company.name, matches: '^a.?[cé]$'}]",
        "[{count: sales, where: [{field: status, matches: '^a.?[cé]$'}], at_least: 1}]",
        "[{none: [{field: name, matches: '[^acé1b]'}]}, {field: name, matches: '^.{2,3}$'}]",
    ],
)
def test_a_pattern_finds_the_same_texts_wherever_they_stand(tmp_path: Path, criteria: str) -> None:
    """On the record, behind a reference and on related items; for all records, and for those alone that changed."""
    place = Place(tmp_path, of(criteria))
    texts = ("abc", "A1c", "aé", "xabc", "ab", None, "")
    place.take(*({"id": f"k{n}", "name": text} for n, text in enumerate(texts)), entity="company")
    people: list[dict[str, Any]] = [
        {"id": str(n), "name": text, "company": f"k{n}", "sales": [{"id": "s", "status": text}]}
        for n, text in enumerate(texts)
    ]
    place.take(*people)
    place.run()

    found = place.members("lost") or []
    assert [by_explanation(place, one["id"]) is Verdict.MATCH for one in people] == [
        one["id"] in found for one in people
    ]
    assert {"0", "2"} <= set(found)
    assert not {"3", "5"} & set(found)
    place.take(
        people[3] | {"name": "a c", "company": "k0", "sales": [{"id": "s", "status": "a-c"}]},
        people[0] | {"name": "q", "company": "k3", "sales": []},
    )
    assert place.run().rules[0].basis == "delta"
    found = place.members("lost") or []
    assert [by_explanation(place, one["id"]) is Verdict.MATCH for one in people] == [
        one["id"] in found for one in people
    ]
