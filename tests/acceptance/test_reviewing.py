"""Holds, restrictions and reviews as people meet them on the command line: what is printed, and how it exits."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from tests.acceptance.test_commands import Folder
from tests.rulebooks import STOCKHOLM

RULE = """\
rules:
  - rule: erase
    owner: dpo
    edited_by: dag
    legal_basis: GDPR Art. 17(1)(b)
    stage: live
    if: [{field: category, is: Prospect}]
    then:
      - schedule_deletion: {purposes: all, grace: 14 days, recycle_bin: 7 days}
    stop_if_more_than: {contacts: 3}
  - rule: ask
    edited_by: dag
    stage: live
    if: [{field: category, is: Prospect}]
    then:
      - request_review: {from: dpo, question: Is it one?, within: 5 days}
"""
PEOPLE = {"eva": {"email": "eva@x.example", "roles": ["dpo"]}, "dag": {"email": "dag@x.example", "roles": ["dpo"]}}
ENVIRONMENT = {"ANSGAR_LIMITS__PERCENT_PER_DAY": "100", "ANSGAR_PEOPLE": json.dumps(PEOPLE)}
CONTACT = {"id": "a", "category": "Prospect", "email": "a@example.se", "special_category": True}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Give a working directory with the rules, and one contact."""
    made = Folder(tmp_path)
    made.write(RULE)
    made.run("import", "-", stdin=json.dumps(CONTACT), **ENVIRONMENT)
    return made


def test_a_person_reviews_a_deletion(folder: Folder) -> None:
    """Listed, shown with all that is needed, declined with the reason, answered, carried out; `explain` and `doctor` tell."""
    for day in ("01-01", "01-16"):
        folder.run("run", "--at", f"2026-{day}T08:00:00Z", "--act", **ENVIRONMENT)
    listed = folder.json("reviews", **ENVIRONMENT)["reviews"]
    assert [(one["rule"], one["contact"], one["question"]) for one in listed] == [
        ("ask", "a", "Is it one?"),
        ("erase", "a", None),
    ]
    question, review = (str(one["id"]) for one in listed)
    shown = folder.run("reviews", "show", review, **ENVIRONMENT).stdout
    for words in ("guard HUMAN_REVIEW", 'category: "Prospect"', "All data about the contact is deleted", "✓"):
        assert words in shown
    assert "Alla uppgifter" in folder.run("reviews", "show", review, "--lang", "sv", **ENVIRONMENT).stdout
    assert "1 overdue: run `ansgar reviews`" in folder.run("doctor", **ENVIRONMENT).stdout
    said = ("reviews", "answer", review, "--answer", "carry_out", "--reason")
    editor = folder.run(*said, "fine", "--by", "dag", **ENVIRONMENT)
    assert (editor.returncode, "was the last to change `erase`" in editor.stderr) == (4, True)
    assert folder.run(*said, " ", "--by", "eva", **ENVIRONMENT).returncode == 4
    assert folder.run("reviews", "show", "99", **ENVIRONMENT).returncode == 1
    answer = ("reviews", "answer", question, "--answer", "keep", "--reason", "not one", "--by", "eva")
    assert folder.run(*answer, **ENVIRONMENT).returncode == 0
    explained = folder.run("explain", "ask", "a", **ENVIRONMENT).stdout
    assert f"review {question}, answered: Is it one?, keep by eva: not one" in explained
    assert folder.run(*said, "looked", "--by", "eva", **ENVIRONMENT).returncode == 0
    folder.run("run", "--at", "2026-01-17T08:00:00Z", "--act", **ENVIRONMENT)
    assert [one["state"] for one in folder.json("deletions", **ENVIRONMENT)["deletions"]] == ["in_recycle_bin"]
    assert folder.json("reviews", **ENVIRONMENT)["reviews"] == []
    assert len(folder.json("reviews", "list", "--all", **ENVIRONMENT)["reviews"]) == 2


def test_a_person_ends_a_restriction_and_places_a_hold(folder: Folder) -> None:
    """Each command says what became of it; what is refused exits 4, what is not there 1, what cannot be read 2."""
    for flag in (True, False):
        folder.run("import", "-", stdin=json.dumps(CONTACT | {"restrict_processing": flag}), **ENVIRONMENT)
    assert "not set" in folder.run("restrictions", **ENVIRONMENT).stdout
    permit = ("restrictions", "permit", "a", "--use", "deletion", "--said", "2020-01-01", "--ground")
    assert folder.run(*permit, "legal_claims", **ENVIRONMENT).returncode == 4
    permission = folder.json(*permit, "consent", "--by", "eva", **ENVIRONMENT)["permission"]
    assert "deletion (consent, id 1)" in folder.run("restrictions", **ENVIRONMENT).stdout
    assert folder.run("restrictions", "withdraw", str(permission), **ENVIRONMENT).returncode == 0
    lift = ("restrictions", "lift", "a", "--told")
    told = [folder.run(*lift, day, **ENVIRONMENT).returncode for day in ("2999-01-01", "2020-01-01", "soon")]
    assert told == [4, 4, 2]
    assert folder.run(*lift, "2026-01-01", "--by", "nobody", **ENVIRONMENT).returncode == 2
    since = folder.json("restrictions", **ENVIRONMENT)["restrictions"][0]["since"]
    day = datetime.fromisoformat(since).astimezone(STOCKHOLM).date()
    done = folder.json(*lift, str(day), **ENVIRONMENT)
    assert (done["lifted"], folder.json("restrictions", **ENVIRONMENT)["restrictions"]) == (True, [])
    add = ("holds", "add", "a", "--reason", "lawsuit", "--owner")
    assert folder.run(*add, "nobody", **ENVIRONMENT).returncode == 2
    assert folder.run(*add, "dpo", "--review", "2999-01-01", **ENVIRONMENT).returncode == 0
    (hold,) = folder.json("holds", **ENVIRONMENT)["holds"]
    assert (hold["owner"], hold["review"], hold["overdue"]) == ("dpo", "2999-01-01", False)
    assert "0 reviews overdue" in folder.run("doctor", **ENVIRONMENT).stdout
