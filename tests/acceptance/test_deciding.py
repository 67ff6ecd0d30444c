"""Deletions as an operator meets them: commands, exit codes, and the receipt in the end."""

import json
from pathlib import Path

import pytest

from tests.acceptance.test_commands import Folder

RULE = """\
rules:
  - rule: erase
    owner: dpo
    legal_basis: GDPR Art. 17(1)(b)
    stage: live
    if: [{field: category, is: Prospect}]
    then:
      - schedule_deletion: {purposes: all, grace: 14 days, recycle_bin: 7 days}
    stop_if_more_than: {contacts: 3}
"""
ENVIRONMENT = {"ANSGAR_LIMITS__PERCENT_PER_DAY": "100"}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Give a working directory with a deleting rule."""
    made = Folder(tmp_path)
    made.write(RULE)
    return made


def people(*names: str) -> str:
    """Return NDJSON of prospects."""
    return "".join(
        json.dumps({"id": name, "category": "Prospect", "email": f"{name}@example.se"}) + "\n" for name in names
    )


def test_an_operator_follows_a_deletion_to_its_receipt(folder: Folder) -> None:
    """Scheduled, kept by a hold, let go, restorable, erased; the receipt names nobody."""
    folder.run("import", "-", stdin=people("a", "b"))
    withheld = folder.json("run", "--at", "2026-01-01T08:00:00Z", **ENVIRONMENT)
    assert withheld["acted"] is None
    hold = folder.json("holds", "add", "b", "--reason", "lawsuit")["hold"]
    assert [one["contact"] for one in folder.json("holds")["holds"]] == ["b"]
    second = folder.json("run", "--at", "2026-01-16T08:00:00Z", "--act", **ENVIRONMENT)
    assert second["guarded"] == [{"rule": "erase", "state": "kept", "reason": "HOLD", "count": 1}]
    found = {one["contact"]: (one["state"], one["reason"]) for one in folder.json("deletions")["deletions"]}
    assert found == {"a": ("in_recycle_bin", None), "b": ("kept", "HOLD")}
    assert (folder.run("erased", "a").returncode, folder.json("erased", "a")["erased"]) == (1, False)
    assert folder.run("holds", "lift", str(hold)).returncode == 0
    folder.run("run", "--at", "2026-01-17T08:00:00Z", "--act", **ENVIRONMENT)
    second = next(one for one in folder.json("deletions")["deletions"] if one["contact"] == "b")
    assert folder.run("deletions", "keep", str(second["id"])).returncode == 4
    assert folder.run("deletions", "restore", str(second["id"])).returncode == 0
    folder.run("run", "--at", "2026-01-24T08:00:00Z", "--act", **ENVIRONMENT)
    receipt = folder.json("erased", "a")["receipt"]
    assert (receipt["rule"], receipt["legal_basis"], receipt["by"]) == ("erase", "GDPR Art. 17(1)(b)", "own copy")
    assert "a@example" not in json.dumps(receipt)
    back = folder.run("import", "-", stdin=people("a"))
    assert (back.returncode, "ERASED" in back.stdout) == (1, True)


def test_explain_says_what_every_guard_says_of_a_deletion(folder: Folder) -> None:
    """In their order, whether one is scheduled or not; where nothing applies, that is said too."""
    folder.run("import", "-", stdin=people("a"))
    early = folder.json("explain", "erase", "a")
    kept = ["HOLD", "RESTRICTED", "OBJECTION_PENDING", "HUMAN_REVIEW", "OTHER_BASIS", "IMPLAUSIBLE_DATE"]
    assert early["deletion"] is None
    assert [one["code"] for one in early["guards"]] == [
        *kept,
        "LIMIT",
        "FEED_STALE",
        "INPUT_SUSPECT",
        "CLOCK",
        "STALE",
        "GRACE",
    ]
    assert not any(one["applies"] for one in early["guards"])
    assert "no guard would keep its deletion from happening" in folder.run("explain", "erase", "a").stdout
    folder.run("run", "--at", "2026-01-01T08:00:00Z", **ENVIRONMENT)
    folder.run("holds", "add", "a", "--reason", "lawsuit")
    said = folder.run("explain", "erase", "a", "--at", "2026-01-02T08:00:00Z").stdout
    assert "deletion 1: scheduled, due 2026-01-15 09:00" in said
    assert "guard HOLD (kept): A person has put a hold on the contact." in said
    assert "guard GRACE (waits)" in said


def test_l7_under_four_eyes_a_limit_is_released_by_somebody_else_by_name(folder: Folder) -> None:
    """Not without a name, and not by whoever edited the rule last; the audit chain says who it was."""
    folder.write(RULE.replace("owner: dpo", "owner: dpo\n    edited_by: eva"))
    people_of = "people: {eva: {email: eva@firm.example}, dag: {email: dag@firm.example}}"
    (folder.path / "config.yaml").write_text(f"{people_of}\napprovals: {{four_eyes: true}}\n")
    folder.run("import", "-", stdin=people("a", "b", "c", "d"))
    assert folder.run("run", **ENVIRONMENT).returncode == 4
    nameless = folder.run("rules", "release", "erase", **ENVIRONMENT)
    assert (nameless.returncode, "--by NAME" in nameless.stderr) == (4, True)
    editor = folder.run("rules", "release", "erase", "--by", "eva", **ENVIRONMENT)
    assert (editor.returncode, "somebody else has to decide" in editor.stderr) == (4, True)
    assert folder.json("rules", "release", "erase", "--by", "dag", **ENVIRONMENT)["scheduled"] == 4
    folder.run("audit", "export", "--to", "chain.ndjson")
    entries = [json.loads(line) for line in (folder.path / "chain.ndjson").read_text().splitlines()]
    assert [one["who"] for one in entries if one["what"] == "rule.released"] == ["dag"]


def test_l8_retention_dates_that_cannot_be_right_are_findings(folder: Folder) -> None:
    """Counted by rule and field, named on demand, and doctor finds fault with those that stand for none."""
    folder.write(RULE.replace("{field: category, is: Prospect}", "{field: created_on, older_than: 2 years}"))
    dates = {"a": None, "b": "2199-01-01", "c": "1760-01-01", "d": "2020-01-01"}
    lines = (json.dumps({"id": name, "created_on": date}) + "\n" for name, date in dates.items())
    folder.run("import", "-", stdin="".join(lines))
    anchor = {"rule": "erase", "field": "created_on"}
    assert folder.json("anchors")["anchors"] == [anchor | {"missing": 1, "to_come": 1, "before_1900": 1}]
    named = folder.run("anchors", "erase")
    assert named.returncode == 1
    assert [line.split() for line in named.stdout.splitlines()[1:]] == [
        ["a", "created_on", "missing"],
        ["b", "created_on", "to_come"],
        ["c", "created_on", "before_1900"],
    ]
    doctor = folder.run("doctor")
    assert (doctor.returncode, "1 missing, 1 to come, 1 before 1900" in doctor.stdout) == (1, True)


def test_a_tripped_limit_exits_4_and_is_released_by_name(folder: Folder) -> None:
    """Four are more than three: nobody is scheduled, the rule is paused, and a person lets it go on."""
    folder.run("import", "-", stdin=people("a", "b", "c", "d"))
    done = folder.run("run", **ENVIRONMENT)
    assert (done.returncode, "LIMIT" in done.stdout) == (4, True)
    assert folder.json("deletions")["deletions"] == []
    assert folder.json("rules")["rules"][0]["state"] == "paused"
    assert folder.json("rules", "release", "erase", **ENVIRONMENT)["scheduled"] == 4
    assert {"scheduled"} == {one["state"] for one in folder.json("deletions")["deletions"]}
    ids = [str(one["id"]) for one in folder.json("deletions")["deletions"]]
    assert folder.run("deletions", "keep", *ids).returncode == 0
    assert {("cancelled", "KEPT_BY_PERSON")} == {
        (one["state"], one["reason"]) for one in folder.json("deletions")["deletions"]
    }
    assert folder.run("rules", "release", "erase").returncode == 1


@pytest.mark.parametrize(
    "left_out",
    ["owner: dpo", "legal_basis: GDPR Art. 17(1)(b)", "stop_if_more_than: {contacts: 3}", "grace: 14 days, "],
)
def test_a_deletion_without_what_it_needs_does_not_load(folder: Folder, left_out: str) -> None:
    """Owner, legal basis, grace and limit are asked for by name."""
    folder.write(RULE.replace(left_out, ""))
    done = folder.run("check")

    assert done.returncode == 1
    assert left_out.split(":", maxsplit=1)[0] in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("deletions", "approve", "99"), 1, "no deletion 99"),
        (("holds", "add", "nobody", "--reason", "x"), 1, "no contact with this id"),
        (("holds", "lift", "99"), 1, "no hold 99"),
        (("token", "create", "--scope", "crmm", "--name", "x"), 2, "did you mean `crm`?"),
        (("token", "revoke", "99"), 1, "no token 99"),
        (("rules", "release", "eras"), 2, "did you mean `erase`?"),
    ],
)
def test_what_cannot_be_decided_is_said(folder: Folder, arguments: tuple[str, ...], code: int, said: str) -> None:
    """Sentences, not tracebacks."""
    done = folder.run(*arguments)

    assert (code, True) == (done.returncode, said in done.stderr), done.stderr
