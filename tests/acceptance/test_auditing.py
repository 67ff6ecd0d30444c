"""`ansgar audit verdicts` as its users meet it: what it prints, how it exits, and that it changes nothing."""

import sqlite3
from pathlib import Path

import pytest

from tests.acceptance.test_commands import PEOPLE, Folder
from tests.acceptance.test_planning import store_files


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Give a working directory with one rule that was evaluated over three contacts."""
    made = Folder(tmp_path)
    made.run("import", "-", stdin=PEOPLE)
    made.run("run")
    return made


def tamper(folder: Folder) -> None:
    """Remove the case of the one contact that matches."""
    with sqlite3.connect(folder.path / "var" / "ansgar.db") as store:
        store.execute("delete from cases where opened_at is not null")


def test_verdicts_that_hold(folder: Folder) -> None:
    """Nothing differs: exit 0, one line, and no file is another."""
    before = store_files(folder)
    done = folder.run("audit", "verdicts")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("3 verdicts of 1 rule derived again, 0 differ; read ")
    assert store_files(folder) == before


def test_verdicts_that_differ(folder: Folder) -> None:
    """Exit 1, a line for each with rule, contact and when the rule was last evaluated; it says what to do, and does nothing."""
    tamper(folder)
    done, found = folder.run("audit", "verdicts"), folder.json("audit", "verdicts")
    (difference,) = found["differences"]

    assert (done.returncode, folder.run("--json", "audit", "verdicts").returncode) == (1, 1)
    assert {
        "rule": "norwegians",
        "contact": "1",
        "stored": "no_match",
        "derived": "match",
    }.items() <= difference.items()
    assert difference["evaluated_at"] == found["rules"][0]["evaluated_at"]
    assert found["rules"][0] | {"compared": 3, "changed_since": 0, "differences": 1} == found["rules"][0]
    assert {"read", "derive"} == set(found["seconds"])
    assert done.stdout.splitlines()[1].split()[:4] == ["norwegians", "1", "no_match", "match"]
    assert "nothing was changed: `ansgar explain RULE CONTACT` says why" in done.stdout
    assert folder.json("cases")["cases"][0]["contact"] == "3"


def test_what_cannot_be_audited_is_said(folder: Folder) -> None:
    """A rule that was edited since is named with the reason, and that is no finding."""
    rule = (folder.path / "rules" / "rules.yaml").read_text()
    folder.write(rule.replace("is: NO", "is: SE"))
    done = folder.run("audit", "verdicts")

    assert done.returncode == 0
    assert "not audited: norwegians, the rule has changed since it was last evaluated\n" in done.stdout
    assert "0 verdicts of 0 rules derived again" in done.stdout


def test_without_the_extra_it_says_how_to_get_it(folder: Folder) -> None:
    """Exit 2 and one sentence where Polars is not installed; the list of audits is there all the same."""
    (folder.path / "without").mkdir()
    (folder.path / "without" / "sitecustomize.py").write_text("import sys\nsys.modules['polars'] = None\n")
    done = folder.run("audit", "verdicts", PYTHONPATH="without")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("an audit needs Polars, which is not installed: install the extra")
    assert "ansgar[audit]" in done.stderr
    assert folder.run("audit", PYTHONPATH="without").stdout == "no audits yet\n"
