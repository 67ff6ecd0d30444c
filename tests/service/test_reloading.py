"""Reloading (R8): a real folder, watched by a real service, and what becomes of it: broken, in part, gone, back and forth."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.model.shipped import SHIPPED_MODEL
from engine.service import serving
from engine.service.activation import activated
from engine.service.config import Settings
from engine.service.http.app import create_app
from engine.service.installation import Installation
from engine.service.serving import Service, open_service
from engine.store import registry, tokens
from engine.vocabulary.clock import MovingClock
from tests.doors import Caller
from tests.installations import NOON

FIRST = """\
rules:
  - rule: norwegians
    stage: live
    if: [{field: country, is: NO}]
    then: [{keep_in_selection: norwegians}]
"""
SECOND = FIRST.replace("norwegians", "swedes").replace("is: NO", "is: SE")
BOTH = {"a.yaml": FIRST, "b.yaml": SECOND}


def write(folder: Path, **texts: str) -> None:
    """Write rule files, by their names without suffix."""
    for name, text in texts.items():
        (folder / "rules" / f"{name}.yaml").write_text(text)


@contextmanager
def opened(folder: Path) -> Iterator[Service]:
    """Give the service of a folder with two rule files, opened and not started: each look is made by hand."""
    (folder / "rules").mkdir()
    write(folder, a=FIRST, b=SECOND)
    made = open_service(Installation(Settings(), folder, SHIPPED_MODEL, MovingClock(NOON)))
    with made.store.database.writing() as connection:  # as a start does
        activated(made.installation, connection, made.scene.rulebook, NOON)
    yield made
    made.stop()


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """Give such a service."""
    with opened(tmp_path) as made:
        yield made


def look(service: Service, times: int = 2) -> None:
    """Look at the folder so many times, and begin a pass with what was read."""
    for _ in range(times):
        service.watch()
    service.attempt()


def in_force(service: Service) -> tuple[list[str], str]:
    """Return the rules in force, and what is said to be broken."""
    return sorted(service.scene.rulebook.rules), service.broken


def orphans(service: Service) -> set[str]:
    """Return the rules that the store takes to be gone."""
    with service.store.database.reading() as connection:
        return {one.id for one in registry.registered(connection).values() if one.state != registry.ACTIVE}


def to_a_circle(file: Path) -> None:
    """Let a file be a link to itself."""
    file.unlink()
    file.symlink_to(file.name)


def to_nowhere(file: Path) -> None:
    """Let a file be a link to what is not there."""
    file.unlink()
    file.symlink_to("gone")


def to_a_pipe(file: Path) -> None:
    """Let a file be a pipe, from which nothing comes."""
    file.unlink()
    os.mkfifo(file)


UNREADABLE: dict[str, Callable[[Path], object]] = {
    "no text": lambda file: file.write_bytes(b"\xff\xfe\x00"),
    "cut in a letter": lambda file: file.write_bytes(SECOND.encode() + "# å".encode()[:-1]),
    "cut in a rule": lambda file: file.write_text(SECOND[: len(SECOND) // 2]),
    "too large": lambda file: file.write_text(SECOND + "#" * (1 << 20)),
    "a circle": to_a_circle,
    "nowhere": to_nowhere,
    "a pipe": to_a_pipe,
}


@pytest.mark.parametrize("how", UNREADABLE)
def test_r8_a_file_that_cannot_be_read_changes_nothing_until_it_can(tmp_path: Path, service: Service, how: str) -> None:
    """The other file, though it has changed and is good, is not taken in alone; both are, once all is well."""
    look(service)
    before = service.scene.rulebook
    UNREADABLE[how](tmp_path / "rules" / "b.yaml")
    write(tmp_path, a=FIRST.replace("is: NO", "is: DK"))
    look(service)
    during, broken = service.scene.rulebook, service.broken
    (tmp_path / "rules" / "b.yaml").unlink()
    write(tmp_path, b=SECOND)
    look(service)

    assert during is before
    assert "b.yaml" in broken
    assert (in_force(service), orphans(service)) == ((["norwegians", "swedes"], ""), set())
    assert service.scene.rulebook.digest != before.digest


@pytest.mark.parametrize("inner", [".", "inner"])
def test_r8_a_folder_that_cannot_be_listed_is_not_an_empty_one(
    tmp_path: Path, service: Service, monkeypatch: pytest.MonkeyPatch, inner: str
) -> None:
    """Who may not look into it, or into one within it, finds no rules there: they are not gone for that."""
    folder = tmp_path / "rules" / inner
    folder.mkdir(exist_ok=True)
    look(service)
    listed = os.scandir

    def scandir(path: Any) -> Any:  # root may list every folder, so the mode alone would try nothing
        if Path(path) == folder:
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    with monkeypatch.context() as patched:
        patched.setattr(os, "scandir", scandir)
        look(service)
        during = in_force(service)
    look(service)

    assert during[0] == ["norwegians", "swedes"]
    assert "cannot be listed" in during[1]
    assert (in_force(service), orphans(service)) == ((["norwegians", "swedes"], ""), set())


def test_r8_a_folder_that_is_gone_changes_nothing_until_it_is_back(tmp_path: Path, service: Service) -> None:
    """As while it is moved away, or a disk is not there."""
    look(service)
    (tmp_path / "rules").rename(tmp_path / "elsewhere")
    look(service)
    during = in_force(service)
    (tmp_path / "elsewhere").rename(tmp_path / "rules")
    look(service)

    assert during[0] == ["norwegians", "swedes"]
    assert "No such file" in during[1]
    assert (in_force(service), orphans(service)) == ((["norwegians", "swedes"], ""), set())


def test_r8_half_of_the_files_are_no_rulebook_while_the_others_come_and_go(tmp_path: Path, service: Service) -> None:
    """A folder that is emptied and filled file by file: what stands still for one look alone is taken in."""
    look(service)
    seen = []
    for name in BOTH:
        (tmp_path / "rules" / name).unlink()
        look(service, times=1)
        seen.append(in_force(service))
    for name, text in BOTH.items():
        (tmp_path / "rules" / name).write_text(text)
        look(service, times=1)
        seen.append(in_force(service))
    look(service)

    assert seen == [(["norwegians", "swedes"], "")] * 4
    assert (in_force(service), orphans(service)) == ((["norwegians", "swedes"], ""), set())


def test_r8_what_changes_while_it_is_read_is_left_for_the_next_look(tmp_path: Path, service: Service) -> None:
    """One file is read as it was and one as it is: a rulebook that nobody has written."""
    look(service)
    before = service.scene.rulebook
    installation = service.installation

    class Slow(Installation):
        """Reads, and somebody writes meanwhile."""

        def load_rules(self, folder: Path | None = None) -> Any:
            """Read the rules, then let the other file be written."""
            found = installation.load_rules(folder)
            write(tmp_path, b=SECOND.replace("is: SE", "is: FI"))
            return found

    write(tmp_path, a=FIRST.replace("is: NO", "is: DK"))
    service.installation = Slow(installation.settings, installation.home, installation.model, installation.clock)
    look(service)
    during = service.scene.rulebook
    service.installation = installation
    look(service)

    assert during is before
    assert service.scene.rulebook == installation.load_rules().rulebook


def test_r8_a_file_that_changes_back_and_forth_is_taken_in_once_it_stands_still(
    tmp_path: Path, service: Service
) -> None:
    """Ten times good, broken and other, faster than anybody looks twice."""
    look(service)
    before = service.scene.rulebook
    for number in range(10):
        write(tmp_path, a=(FIRST, FIRST.replace("country", "kountry"), FIRST.replace("NO", "DK"))[number % 3])
        look(service, times=1)
        assert service.scene.rulebook is before
    write(tmp_path, a=FIRST.replace("NO", "FI"))
    look(service)

    assert service.scene.rulebook == service.installation.load_rules().rulebook != before


def test_r8_a_file_of_the_same_size_and_time_is_another_all_the_same(tmp_path: Path, service: Service) -> None:
    """As programs leave it that copy files with their times."""
    look(service)
    file = tmp_path / "rules" / "a.yaml"
    times = file.stat().st_atime_ns, file.stat().st_mtime_ns
    file.write_text(FIRST.replace("is: NO", "is: DK"))
    os.utime(file, ns=times)
    look(service)

    assert service.scene.rulebook == service.installation.load_rules().rulebook
    assert "DK" in repr(service.scene.rulebook.rules["norwegians"])


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, len(FIRST))), max_size=6))
def test_r8_however_files_are_cut_what_holds_is_the_last_whole_rulebook(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[tuple[str, int]]
) -> None:
    """After each step that stood still: what the folder says, where it says a rulebook; else the one before."""
    folder = tmp_path_factory.mktemp("cut")
    with opened(folder) as service:
        look(service)
        holds = service.scene.rulebook
        for name, length in cuts:
            write(folder, **{name: (FIRST if name == "a" else SECOND)[:length]})
            look(service)
            loaded = service.installation.load_rules()
            holds = holds if loaded.rulebook is None else loaded.rulebook
            assert service.scene.rulebook == holds
            assert bool(service.broken) == (loaded.rulebook is None)
            assert {"norwegians", "swedes"} - orphans(service) == holds.rules.keys()


def until_ready(caller: Caller, digest: str, *, is_broken: bool) -> None:
    """Wait until a service is ready with a rulebook, and says whether a newer one is broken."""
    ready: dict[str, Any] = {}
    for _ in range(1_000):
        ready = caller.get("/readyz").json()
        if (ready["rulebook"], bool(ready["broken"])) == (digest, is_broken):
            return
        threading.Event().wait(0.01)  # nothing tells that a folder has been looked at
    raise AssertionError(ready)


def test_r8_the_rulebook_that_holds_is_named_wherever_it_is_asked_for(
    tmp_path: Path, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A started service looks by itself; `/readyz`, `/v1/rules` and each run tell the digest of what holds."""
    monkeypatch.setattr(serving, "LOOK_SECONDS", 0.02)
    with service.store.database.writing() as connection:
        token = tokens.create(connection, "eva", ("read", "operate"), NOON)
    caller = Caller(create_app(service), {"authorization": f"Bearer {token}"})
    service.start()
    written = (FIRST.replace("is: NO", "is: DK"), FIRST.replace("is: NO", "iss: DK"), FIRST.replace("is: NO", "is: FI"))
    digest = service.scene.rulebook.digest
    for text in written:
        write(tmp_path, a=text)
        loaded = service.installation.load_rules().rulebook
        digest = digest if loaded is None else loaded.digest
        until_ready(caller, digest, is_broken=loaded is None)
        run = caller.post("/v1/rules/norwegians/runs").json()["run"]
        assert caller.get("/v1/rules").json()["rulebook"] == digest
        assert caller.get(f"/v1/runs/{run}").json()["rulebook"] == digest
