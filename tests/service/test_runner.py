"""Runs: cases open and close by the difference, stay while undecided, and follow stage, version and orphaning."""

import json
from datetime import timedelta
from pathlib import Path

from engine.store import alerts, registry, runs
from tests.installations import NOON, Place, tally
from tests.rulebooks import rulebook

LOST = """\
rules:
  - rule: lost
    stage: {stage}
    if:
      - {{field: created_on, older_than: {age}}}
    then:
      - keep_in_selection: lost
      - raise_alert: {{severity: {severity}, message: "{{{{ contact.name }}}} since {{{{ case.opened_at | date }}}}"}}
"""


def text(stage: str = "live", age: str = "1 year", severity: str = "info") -> str:
    """Return the rule's text."""
    return LOST.format(stage=stage, age=age, severity=severity)


OLD, NEW, NONE = (
    {"id": "old", "name": "O", "created_on": "2020-01-01"},
    {"id": "new", "created_on": "2026-02-01"},
    {"id": "none"},
)


def test_a_run_opens_cases_and_keeps_undecided_ones_apart(tmp_path: Path) -> None:
    """The old contact enters, the new one does not, and who lacks the date is undecided and shown so."""
    place = Place(tmp_path, text())
    place.take(OLD, NEW, NONE)

    assert tally(place.run()) == (1, 1, 0, 1)
    assert place.members("lost") == ["old"]
    assert place.alerts() == [("lost", "old")]
    assert place.cases() == [("lost", "none", "undecided"), ("lost", "old", "open")]


def test_a_second_run_moves_nothing_and_writes_no_move(tmp_path: Path) -> None:
    """A run that moves nothing writes nothing but its own record."""
    place = Place(tmp_path, text())
    place.take(OLD, NEW, NONE)
    place.run()
    before = place.moves()

    assert tally(place.run()) == (1, 0, 0, 1)
    assert (1, 1) == before == place.moves()


def test_a_case_closes_when_the_rule_is_false_and_opens_anew_when_it_is_true_again(tmp_path: Path) -> None:
    """Membership and alert follow the truth, in and out."""
    place = Place(tmp_path, text())
    place.take(OLD)
    place.run()
    place.take({"id": "old", "created_on": "2026-02-01"})

    assert tally(place.run()) == (0, 0, 1, 0)
    assert (place.members("lost"), place.alerts(), place.cases()) == ([], [], [])
    place.take(OLD)
    assert tally(place.run()) == (1, 1, 0, 0)


def test_l2_an_open_case_stays_open_while_undecided(tmp_path: Path) -> None:
    """Losing the date neither closes the case nor counts as a match; a new contact without it opens none."""
    place = Place(tmp_path, text())
    place.take(OLD)
    place.run()
    place.take({"id": "old", "created_on": None})

    assert tally(place.run()) == (0, 0, 0, 1)
    assert place.members("lost") == ["old"]
    place.take(OLD)
    assert tally(place.run()) == (1, 0, 0, 0)


def test_time_alone_moves_contacts(tmp_path: Path) -> None:
    """With another `now`, the same state gives another verdict; the run records its instant."""
    place = Place(tmp_path, text())
    place.take(NEW)

    assert tally(place.run()) == (0, 0, 0, 0)
    later = place.run(at=NOON + timedelta(days=400))
    assert tally(later) == (1, 1, 0, 0)
    assert NOON + timedelta(days=400) == later.moment.now


def test_a_rule_in_watch_keeps_shadow_cases_without_effect(tmp_path: Path) -> None:
    """Watched rules are evaluated and counted, and keep neither members nor alerts."""
    place = Place(tmp_path, text("watch"))
    place.take(OLD)

    assert tally(place.run()) == (1, 1, 0, 0)
    assert (place.members("lost"), place.alerts()) == ([], [])


def test_cases_start_when_a_rule_becomes_live(tmp_path: Path) -> None:
    """Shadow cases do not count: on becoming live everybody enters, and only then."""
    place = Place(tmp_path, text("watch"))
    place.take(OLD)
    place.run()
    place.rules = rulebook(text("live"))

    assert tally(place.run()) == (1, 1, 0, 0)
    assert place.members("lost") == ["old"]


def test_leaving_live_empties_the_selection_and_keeps_blocking_alerts(tmp_path: Path) -> None:
    """Members leave through the feed; a blocking alert stays until an operator lowers it."""
    place = Place(tmp_path, text("live", severity="blocking"))
    place.take(OLD)
    place.run()
    place.rules = rulebook(text("off", severity="blocking"))
    place.run()

    assert place.members("lost") == []
    assert place.alerts() == [("lost", "old")]
    assert place.moves() == (1, 2)
    with place.store.database.writing() as connection:
        alert = alerts.raised(connection, place.store.tables)[0]
        assert alerts.lower(connection, alert.key, NOON)
        assert not alerts.lower(connection, alert.key, NOON)
    assert place.alerts() == []


def test_a_new_version_keeps_the_cases_that_still_hold(tmp_path: Path) -> None:
    """A stricter text closes what no longer holds; what still holds stays open and does not enter again."""
    place = Place(tmp_path, text())
    place.take(OLD, {"id": "mid", "created_on": "2024-12-01"})
    place.run()
    place.rules = rulebook(text(age="3 years"))

    assert tally(place.run()) == (1, 0, 1, 0)
    assert place.members("lost") == ["old"]


def test_a_rule_that_is_gone_is_orphaned_until_it_returns_or_is_retired(tmp_path: Path) -> None:
    """Its selection freezes and its alerts stay; retiring ends both."""
    place = Place(tmp_path, text())
    place.take(OLD)
    place.run()
    place.rules = rulebook("rules: []")
    place.run()
    place.take({"id": "old", "created_on": "2026-02-01"})
    place.run()

    assert (place.members("lost"), place.alerts()) == (["old"], [("lost", "old")])
    with place.store.database.writing() as connection:
        assert registry.registered(connection)["lost"].state == "orphaned"
        assert registry.retire(connection, "lost", NOON)
        assert not registry.retire(connection, "lost", NOON)
    assert (place.members("lost"), place.alerts()) == (None, [])


def test_l3_restricted_contacts_are_hidden_from_members_but_matched(tmp_path: Path) -> None:
    """A restricted contact is in no selection that does not say so, also when the flag was sent badly."""
    place = Place(tmp_path, text())
    place.take(OLD, OLD | {"id": "r", "restrict_processing": True}, OLD | {"id": "u", "restrict_processing": "false"})

    assert tally(place.run()) == (3, 3, 0, 0)
    assert place.members("lost") == ["old"]


def test_l4_objectors_are_hidden_where_the_purpose_is_marketing(tmp_path: Path) -> None:
    """An objection to marketing hides from a selection for marketing, and from no other."""
    marketing = text().replace("keep_in_selection: lost", "keep_in_selection: {name: lost, purpose: marketing}")
    place = Place(tmp_path, marketing)
    place.take(OLD, OLD | {"id": "o", "objects_to_marketing": True})
    place.run()

    assert place.members("lost") == ["old"]
    place.rules = rulebook(text())
    place.run()
    assert place.members("lost") == ["o", "old"]


def test_rules_read_each_others_verdicts_in_one_run(tmp_path: Path) -> None:
    """A dependent rule sees the verdict of the same run, and is undecided where its source is."""
    both = text() + (
        "  - rule: reader\n    stage: live\n    if: [{selection: lost, is_member: false}]\n    then: [{keep_in_selection: others}]\n"
    )
    place = Place(tmp_path, both)
    place.take(OLD, NEW, NONE)
    report = place.run()

    assert tally(report, "reader") == (1, 1, 0, 1)
    assert place.members("others") == ["new"]
    assert tally(place.run("reader"), "reader") == (1, 0, 0, 1)


def test_one_rules_failure_never_stops_others(tmp_path: Path) -> None:
    """A sum that overflows the database fails its own rule, which says so; the others are evaluated (R9)."""
    poison = "  - rule: poison\n    stage: live\n    if: [{sum: sales.amount, at_least: 1}]\n    then: [{keep_in_selection: rich}]\n"
    place = Place(tmp_path, text() + poison)
    huge = [{"id": f"s{n}", "amount": 999_999_999_999, "at": "2026-01-01"} for n in range(1_000)]
    place.take(OLD | {"sales": huge})
    report = place.run()

    assert tally(report) == (1, 1, 0, 0)
    assert "overflow" in str(next(one.error for one in report.rules if one.rule == "poison"))


def test_the_run_is_recorded_rule_by_rule(tmp_path: Path) -> None:
    """What was printed can be read again later."""
    place = Place(tmp_path, text())
    place.take(OLD)
    report = place.run()
    with place.store.database.reading() as connection:
        stored = runs.read(connection, report.run or 0)

    assert stored is not None
    assert json.loads(json.dumps(report.as_json()["rules"])) == stored["rules"]


def test_a_rule_that_is_live_again_raises_what_was_lowered_when_it_was_live_before(tmp_path: Path) -> None:
    """Cases and alerts start anew with the stage; a lowered alert does not hide them."""
    text = "rules: [{{rule: a, stage: {}, if: [{{field: country, is: NO}}], then: [{{raise_alert: {{message: x, severity: blocking}}}}]}}]"
    place = Place(tmp_path, text.format("live"))
    place.take({"id": "a", "country": "NO"})
    place.run()
    with place.store.database.writing() as connection:
        assert alerts.lower(connection, 1, place.clock.now())
    for stage in ("watch", "live"):
        place.rules = rulebook(text.format(stage))
        place.run()

    assert place.alerts() == [("a", "a")]
