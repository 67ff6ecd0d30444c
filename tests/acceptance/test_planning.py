"""Looking ahead and deciding about rules, as an operator does: plan, forecast, promote, pause, release."""

from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.test_commands import Folder
from tests.acceptance.test_deciding import ENVIRONMENT, RULE, people

STRICT = {**ENVIRONMENT, "ANSGAR_APPROVALS__PLAN_BEFORE_LIVE": "true"}
FOUR_EYES = {
    **STRICT,
    "ANSGAR_APPROVALS__FOUR_EYES": "true",
    "ANSGAR_PEOPLE": '{"eva": {"email": "eva@example.se"}, "dag": {"email": "dag@example.se"}}',
}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Give a working directory with a deleting rule and three contacts that it matches."""
    made = Folder(tmp_path)
    made.write(RULE)
    made.run("import", "-", stdin=people("a", "b", "c"))
    return made


def store_files(folder: Folder) -> dict[str, bytes]:
    """Return every file beside the rules, bytewise."""
    found = (file for file in sorted((folder.path / "var").rglob("*")) if file.is_file())
    return {str(file.relative_to(folder.path)): file.read_bytes() for file in found}


def planned(folder: Folder, *arguments: str, **environment: str) -> dict[str, Any]:
    """Return what the plan says of the deleting rule."""
    rules = folder.json("plan", *arguments, **environment)["rules"]
    return next(rule for rule in rules if rule["rule"] == "erase")


def listed(folder: Folder, **environment: str) -> dict[str, Any]:
    """Return what the list of rules says of the deleting rule."""
    found = folder.json("rules", **environment)["rules"][0]
    assert isinstance(found, dict)
    return found


def test_plan_and_forecast_leave_every_file_as_it_was(folder: Folder) -> None:
    """Opening the store, planning at any instant with any rules, and looking months ahead change no byte."""
    other = folder.path / "other"
    other.mkdir()
    (other / "rules.yaml").write_text(RULE.replace("Prospect", "Lead"))
    for done in ((), ("run",)):
        if done:
            folder.run(*done, **ENVIRONMENT)
        before = store_files(folder)
        for command in (
            ("plan", "--show-ids"),
            ("plan", "--at", "2031-01-01", "--rules", "other"),
            ("forecast", "--days", "30", "--show-ids"),
        ):
            assert folder.run(*command).returncode == 0
        assert before == store_files(folder)


def test_the_name_of_a_table_means_all_its_rules(folder: Folder) -> None:
    """What one `for_each` makes is planned together, as it runs together."""
    folder.write(
        "rules: [{rule: by, for_each: [{country: SE}, {country: NO}], if: [{field: country, is: $country}], then: []}]"
    )

    assert [rule["rule"] for rule in folder.json("plan", "by")["rules"]] == ["by[SE]", "by[NO]"]
    assert [rule["rule"] for rule in folder.json("run", "by")["rules"]] == ["by[SE]", "by[NO]"]


def test_a_plan_with_other_rules_tells_how_each_differs(folder: Folder) -> None:
    """Against the rulebook that holds: who enters, leaves and stays by the other text; exit 1 where that was asked for."""
    folder.run("run", **ENVIRONMENT)
    other = folder.path / "other"
    other.mkdir()
    # Whoever is scheduled anew counts again towards the limit of the last 24 hours, so that one is wider here.
    text = RULE.replace("category, is: Prospect", "email, is: a@example.se").replace("contacts: 3", "contacts: 9")
    (other / "rules.yaml").write_text(text)
    found = planned(folder, "--rules", "other", "--show-ids", **ENVIRONMENT)

    assert (found["change"], found["entered"], found["left"], found["unchanged"]) == ("changed", 0, 2, 1)
    assert found["leaving"] == ["b", "c"]
    assert (found["deletions"]["scheduled"], found["deletions"]["cancelled"]) == (1, 3)
    assert folder.run("plan", "--rules", "other", "--fail-on-changes").returncode == 1
    assert folder.run("plan", "--fail-on-changes").returncode == 0
    (other / "rules.yaml").write_text("rules: []")
    assert planned(folder, "--rules", "other")["change"] == "gone"


def test_a_limit_that_would_trip_is_told_and_is_no_failure(folder: Folder) -> None:
    """Four against three: said in words and numbers, exit 0; with --fail-on-changes, exit 1."""
    folder.run("import", "-", stdin=people("d"))
    done = folder.run("plan", **ENVIRONMENT)

    assert done.returncode == 0
    assert "LIMIT: 4 deletions in 24 hours against 3: none would be scheduled" in done.stdout
    assert planned(folder, **ENVIRONMENT)["deletions"]["limit"] == {
        "contacts": 3,
        "percent": None,
        "count": 4,
        "population": 4,
        "trips": True,
    }
    assert folder.run("plan", "--fail-on-changes", **ENVIRONMENT).returncode == 1
    folder.write(RULE.replace("contacts: 3", "contacts: 9"))
    over_all = folder.run("plan", ANSGAR_LIMITS__DELETIONS_PER_DAY="2", **ENVIRONMENT)
    assert (over_all.returncode, "LIMIT over all rules: 4 would be due at one time" in over_all.stdout) == (0, True)


def test_what_a_limit_stopped_is_not_released_by_a_rule_that_is_not_live(folder: Folder) -> None:
    """In watch, or waiting for its promotion, a rule schedules nothing: exit 4, and it stays paused."""
    folder.run("import", "-", stdin=people("d"))
    assert folder.run("run", **ENVIRONMENT).returncode == 4
    folder.write(RULE.replace("stage: live", "stage: watch"))
    assert folder.run("rules", "release", "erase").returncode == 4
    folder.write(RULE.replace("14 days", "15 days"))
    assert folder.run("rules", "release", "erase", **STRICT).returncode == 4
    assert (folder.json("deletions")["deletions"], listed(folder)["paused"]["by"]) == ([], "limit")
    folder.write(RULE)
    assert folder.json("rules", "release", "erase")["scheduled"] == 4


def test_l14_a_rule_goes_live_by_the_plan_that_was_seen(folder: Folder) -> None:
    """In watch until then; refused (4) for another plan; then live, scheduling whom the plan named."""
    folder.run("run", **STRICT)
    assert folder.json("deletions")["deletions"] == []
    row = listed(folder, **STRICT)
    assert (row["stage"], row["waits_for_promotion"], row["promoted"]) == ("watch", True, None)
    seen = planned(folder, "--show-ids", **STRICT)
    assert (seen["waits_for_promotion"], seen["entering"]) == (True, ["a", "b", "c"])
    folder.run("import", "-", stdin='{"id": "c", "category": "Customer"}\n')
    refused = folder.run("rules", "promote", "erase", "--plan", seen["digest"], **STRICT)
    assert (refused.returncode, "look at `ansgar plan erase`" in refused.stderr) == (4, True)
    fresh = planned(folder, **STRICT)["digest"]
    assert f"--plan {fresh}" in folder.run("plan", **STRICT).stdout
    done = folder.json("rules", "promote", "erase", "--plan", fresh, "--reason", "seen with the DPO", **STRICT)
    assert done == {"rule": "erase", "version": listed(folder, **STRICT)["version"], "promoted": True}
    assert listed(folder, **STRICT)["stage"] == "live"
    folder.run("run", **STRICT)

    assert [one["contact"] for one in folder.json("deletions")["deletions"]] == ["a", "b"]
    assert folder.run("rules", "promote", "erase", "--plan", fresh, **STRICT).returncode == 1


def test_l14_four_eyes_are_two_people(folder: Folder) -> None:
    """The first word is kept and changes nothing; the second, by another, makes the rule live."""
    digest = planned(folder, **FOUR_EYES)["digest"]
    promote = ("rules", "promote", "erase", "--plan", digest)

    assert folder.run(*promote, **FOUR_EYES).returncode == 4
    assert folder.json(*promote, "--by", "eva", **FOUR_EYES)["promoted"] is False
    assert listed(folder, **FOUR_EYES)["stage"] == "watch"
    assert folder.json(*promote, "--by", "dag", **FOUR_EYES)["promoted"] is True
    assert listed(folder, **FOUR_EYES)["stage"] == "live"


def test_where_no_plan_is_asked_for_promoting_explains_itself(folder: Folder) -> None:
    """The file suffices, and the sentence says which one."""
    done = folder.run("rules", "promote", "erase", "--plan", "x")

    assert done.returncode == 1
    assert "`stage: live` in rules/rules.yaml" in done.stderr


def test_a_person_pauses_and_releases(folder: Folder) -> None:
    """No deletion goes out while paused, however late it is; after the release it goes on. A limit's pause is another."""
    folder.run("run", "--at", "2026-01-01T08:00:00Z", **ENVIRONMENT)
    assert folder.run("rules", "pause", "erase").returncode == 2
    assert folder.json("rules", "pause", "erase", "--reason", "wrong text") == {"rule": "erase", "paused": True}
    assert folder.run("rules", "pause", "erase", "--reason", "again").returncode == 1
    row = listed(folder)
    assert (row["state"], row["paused"]["by"], row["paused"]["reason"]) == ("paused", "person", "wrong text")
    assert "paused: wrong text" in folder.run("rules").stdout
    assert "paused by a person" in folder.run("plan").stdout
    folder.run("run", "--at", "2026-02-01T08:00:00Z", "--act", **ENVIRONMENT)
    assert {"scheduled"} == {one["state"] for one in folder.json("deletions")["deletions"]}
    released = folder.json("rules", "release", "erase")
    assert (released["released"], released["waiting"]) == ("person", 3)
    folder.run("run", "--at", "2026-02-01T08:00:00Z", "--act", **ENVIRONMENT)

    assert {"in_recycle_bin"} == {one["state"] for one in folder.json("deletions")["deletions"]}
    assert (listed(folder)["state"], listed(folder)["paused"]) == ("active", None)
    assert folder.run("rules", "release", "erase").returncode == 1


def test_a_rule_can_be_paused_while_the_files_are_broken(folder: Folder) -> None:
    """What the service still runs can be stopped; what nobody ever knew is told with the nearest name."""
    folder.run("run", **ENVIRONMENT)
    folder.write("rules: 5")

    assert folder.run("rules", "pause", "erase", "--reason", "stop").returncode == 0
    assert folder.run("rules", "release", "erase").returncode == 0
    folder.write(RULE)
    unknown = folder.run("rules", "pause", "eras", "--reason", "stop")
    assert (unknown.returncode, "did you mean `erase`?" in unknown.stderr) == (2, True)


def test_a_forecast_tells_day_rule_and_owner(folder: Folder) -> None:
    """Counts as a table and as JSON; contacts where they are asked for; a wrong horizon is a wrong call."""
    folder.run("import", "-", stdin='{"id": "a", "owner": "eva"}\n')
    folder.run("run", **ENVIRONMENT)
    found = folder.json("forecast")

    assert (found["days"], found["errors"]) == (90, {})
    assert [(row["rule"], row["owner"], row["scheduled"]) for row in found["deletions"]] == [
        ("erase", None, 2),
        ("erase", "eva", 1),
    ]
    assert {"day", "rule", "stage", "owner", "scheduled", "stopped", "expected"} == set(found["deletions"][0])
    assert [row["contacts"] for row in folder.json("forecast", "--show-ids")["deletions"]] == [["b", "c"], ["a"]]
    told = folder.run("forecast", "--show-ids").stdout
    assert all(word in told for word in ("eva", "scheduled", "erase: a"))
    assert "no deletion is in sight for 3 days" in folder.run("forecast", "--days", "3").stdout
    assert folder.run("forecast", "--days", "0").returncode == 2
