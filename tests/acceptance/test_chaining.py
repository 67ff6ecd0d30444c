"""`ansgar audit verify`, `audit export` and `keys` as their users meet them: what they print, and how they exit."""

import json
import sqlite3
from pathlib import Path

import pytest

from tests.acceptance.test_commands import PEOPLE, Folder

SOUND = {"verified": True, "first_bad": None}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Give a working directory with a chain of four entries: a rule, a hold and its end, a pause."""
    made = Folder(tmp_path)
    made.run("import", "-", stdin=PEOPLE)
    made.run("run")
    hold = made.json("holds", "add", "1", "--reason", "lawsuit of Anna")["hold"]
    made.run("holds", "lift", str(hold))
    made.run("rules", "pause", "norwegians", "--reason", "a look first")
    return made


def tamper(folder: Folder, statement: str) -> None:
    """Change the chain behind the back of everybody."""
    with sqlite3.connect(folder.path / "var" / "ansgar.db") as store:
        store.execute(statement)


def test_s11_a_sound_chain_is_verified_here_and_exported(folder: Folder) -> None:
    """Exit 0, the number of entries, nobody named; the export is for its owner alone and checks by the keys."""
    done, told = folder.run("audit", "verify"), folder.json("audit", "verify")
    file = folder.path / "chain.ndjson"
    exported = folder.json("audit", "export", "--to", str(file))
    lines = [json.loads(line) for line in file.read_text().splitlines()]

    assert (done.returncode, done.stderr, told) == (0, "", SOUND | {"entries": 4})
    assert [one["what"] for one in lines] == ["rule.activated", "hold.placed", "hold.lifted", "rule.paused"]
    assert (exported["entries"], file.stat().st_mode & 0o777) == (4, 0o600)
    assert "Anna" not in file.read_text()
    assert folder.run("audit", "export").stdout == file.read_text()
    assert folder.json("audit", "verify", "--file", str(file)) == SOUND | {"entries": 4}
    assert folder.run("audit", "export", "--to", str(file)).returncode == 1


@pytest.mark.parametrize(
    ("statement", "seq", "what"),
    [
        ("update chain set who = 'ida' where seq = 2", 2, "edited"),
        ("update chain set details = 'x' where seq = 2", 2, "edited"),
        ("delete from chain where seq = 2", 2, "missing"),
        ("delete from chain where seq > 2", 3, "truncated"),
        ("delete from chain", 1, "truncated"),
    ],
)
def test_s11_a_tampered_chain_is_a_finding(folder: Folder, statement: str, seq: int, what: str) -> None:
    """Exit 1, the first bad entry by number and word; what is written afterwards heals nothing."""
    tamper(folder, statement)
    done, told = folder.run("audit", "verify"), folder.json("audit", "verify")
    folder.run("rules", "release", "norwegians")

    assert (done.returncode, told["verified"], told["entries"]) == (1, False, seq - 1)
    assert (told["first_bad"]["seq"], told["first_bad"]["what"]) == (seq, what)
    assert f"entry {seq}: " in done.stderr
    assert folder.json("audit", "verify")["verified"] is False


def test_s11_an_entry_that_cannot_be_read_is_not_left_out_of_an_export(folder: Folder) -> None:
    """It is found bad there as well, also at the very end."""
    tamper(folder, "update chain set details = 'x' where seq = 4")
    file = folder.path / "chain.ndjson"
    folder.run("audit", "export", "--to", str(file))

    assert folder.json("audit", "verify", "--file", str(file))["first_bad"]["seq"] == 4


def test_s11_a_missing_head_is_a_finding_also_of_an_emptied_chain(folder: Folder) -> None:
    """Else whoever removes both would be believed."""
    tamper(folder, "delete from chain")
    (folder.path / "var" / "ansgar.head").unlink()
    told = folder.json("audit", "verify")

    assert (told["verified"], told["first_bad"]["what"]) == (False, "no_head")


def test_looking_at_the_keys_first_does_not_spoil_the_head(tmp_path: Path) -> None:
    """The head is begun before the first key is made, whoever makes it."""
    folder = Folder(tmp_path)
    folder.json("keys", "list", "--chain")
    empty = folder.json("audit", "verify")
    folder.run("run")

    assert empty == SOUND | {"entries": 0}
    assert folder.json("audit", "verify") == SOUND | {"entries": 1}


def test_l10_keys_are_rotated_and_destroyed_for_good(folder: Folder) -> None:
    """The newest never, others with `--yes` alone; entries sealed with a destroyed one are named, no key is shown."""
    secret = (folder.path / "var" / "ansgar.chain.key").read_text().split()[-1]
    assert folder.run("keys", "destroy", "1", "--chain", "--yes").returncode == 4
    assert folder.json("keys", "rotate", "--chain") == {"key": "2"}
    assert folder.json("audit", "verify") == SOUND | {"entries": 5}
    assert folder.run("keys", "destroy", "1", "--chain").returncode == 4
    listed = folder.run("--json", "keys", "list", "--chain").stdout
    assert [one["newest"] for one in json.loads(listed)["keys"]] == [False, True]
    assert secret not in listed
    assert folder.run("keys", "destroy", "1", "--chain", "--yes").returncode == 0
    told = folder.json("audit", "verify")

    assert (told["first_bad"]["seq"], told["first_bad"]["what"]) == (1, "unknown_key")
    assert not any(secret in one.read_text() for one in (folder.path / "var").glob("*.key"))
