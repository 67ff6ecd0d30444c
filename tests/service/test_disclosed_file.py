"""Disclosed files: whole or not at all, for the owner alone, over nothing that is there."""

import stat
from pathlib import Path

import pytest

from engine.service.disclosed_file import NotWritten, disclosed_file


def test_a_file_appears_whole_and_for_its_owner_alone(tmp_path: Path) -> None:
    """Until the end there is nothing under its name; then it is there, with mode 0600."""
    path = tmp_path / "out.csv"
    with disclosed_file(path) as stream:
        stream.write(b"half")
        assert not path.exists()
        assert [stat.S_IMODE(one.stat().st_mode) for one in tmp_path.iterdir()] == [0o600]
        stream.write(b" whole")

    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"half whole", 0o600)
    assert list(tmp_path.iterdir()) == [path]


def test_what_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    """Neither half a file, nor another one in place of what was there."""
    path = tmp_path / "out.csv"
    path.write_text("old")

    def fail() -> None:
        with disclosed_file(path, force=True) as stream:
            stream.write(b"new")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert (path.read_text(), list(tmp_path.iterdir())) == ("old", [path])


def test_nothing_that_is_there_is_replaced_unless_asked(tmp_path: Path) -> None:
    """Neither a file, nor a link that leads nowhere, nor one that came in between; with force it is."""
    path, dangling, late = tmp_path / "out.csv", tmp_path / "link", tmp_path / "late"
    path.write_text("old")
    dangling.symlink_to(tmp_path / "nowhere")
    for one in (path, dangling):
        with pytest.raises(NotWritten, match="--force"), disclosed_file(one):
            raise AssertionError("never begun")

    def write_late() -> None:
        with disclosed_file(late) as stream:
            stream.write(b"mine")
            late.write_text("theirs")

    with pytest.raises(NotWritten, match="--force"):
        write_late()
    with disclosed_file(path, force=True) as stream:
        stream.write(b"new")

    assert (path.read_text(), late.read_text()) == ("new", "theirs")
    assert sorted(tmp_path.iterdir()) == sorted((path, dangling, late))


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    """In a sentence with the name that was given."""
    with (
        pytest.raises(NotWritten, match=r"missing/out\.csv cannot be written: no such file"),
        disclosed_file(tmp_path / "missing" / "out.csv"),
    ):
        raise AssertionError("never begun")
