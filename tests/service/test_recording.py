"""The audit chain: acts are recorded with what they do, and any edit, removal, reordering or cut shows (S11)."""

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, update

from engine.service import deciding, erasing, holding
from engine.service.approving import Word
from engine.service.deciding import Desk
from engine.service.holding import HoldWanted
from engine.service.naming import Declined
from engine.service.recording import head_file, record, subject_of
from engine.store import chain, chain_head, deletions
from engine.store.chain import Act, Bad, Checked, Entry
from engine.store.database import Connection
from engine.store.deletions import Deletion
from engine.store.keys import KEY_BYTES, Key
from engine.store.tables import CHAIN
from tests.installations import NOON, Place
from tests.service.test_destroying import GHOST, PULSE, RULE, SETTINGS, pass_each_day

ROUND = Act("eva", "hold.placed", details={"hold": 1})


def place_with(folder: Path, count: int = 5) -> Place:
    """Return a place with so many entries in its chain, each in a transaction of its own."""
    place = Place(folder)
    for number in range(count):
        with place.store.database.writing() as connection:
            record(place.installation, connection, replace(ROUND, details={"hold": number}), NOON)
    return place


def verified(place: Place) -> Checked:
    """Check the chain of a place as `audit verify` does."""
    file = head_file(place.installation)
    assert file is not None
    with place.store.database.reading() as connection:
        return chain.verify(connection, place.installation.chain_ring(), chain_head.read(file))


def swap(connection: Connection) -> None:
    """Let two entries change places."""
    for old, new in ((2, 99), (3, 2), (99, 3)):
        connection.execute(update(CHAIN).where(CHAIN.c.seq == old).values(seq=new))


def forge(connection: Connection) -> None:
    """Append an entry that was sealed with another key."""
    newest = chain.newest(connection)
    key = connection.execute(select(CHAIN.c.key_id)).scalars().first()
    other = Key(str(key), b"x" * KEY_BYTES)
    assert newest.seq == chain.append(connection, other, ROUND, NOON).seq - 1


def removed(*numbers: int) -> Callable[[Connection], object]:
    """Return what removes entries."""
    return lambda connection: connection.execute(delete(CHAIN).where(CHAIN.c.seq.in_(numbers)))


def edited(**values: Any) -> Callable[[Connection], object]:
    """Return what edits the third entry."""
    return lambda connection: connection.execute(update(CHAIN).where(CHAIN.c.seq == 3).values(values))


def test_s11_a_chain_as_it_was_written_is_verified(tmp_path: Path) -> None:
    """Every entry, up to the head that is noted outside the database."""
    assert verified(place_with(tmp_path)).first_bad is None
    assert verified(place_with(tmp_path / "more", 12)).entries == 12


@pytest.mark.parametrize(
    ("tamper", "bad"),
    [
        (edited(who="ida"), Bad(3, chain.EDITED)),
        (edited(what="hold.lifted"), Bad(3, chain.EDITED)),
        (edited(rule="other"), Bad(3, chain.EDITED)),
        (edited(version="0"), Bad(3, chain.EDITED)),
        (edited(subject="ab"), Bad(3, chain.EDITED)),
        (edited(details='{"hold":7}'), Bad(3, chain.EDITED)),
        (edited(details="no JSON"), Bad(3, chain.EDITED)),
        (edited(mac="0" * 64), Bad(3, chain.EDITED)),
        (edited(at=NOON.replace(year=2025)), Bad(3, chain.EDITED)),
        (edited(key_id="9"), Bad(3, chain.UNKNOWN_KEY)),
        (removed(1), Bad(1, chain.MISSING)),
        (removed(3), Bad(3, chain.MISSING)),
        (removed(5), Bad(5, chain.TRUNCATED)),
        (removed(4, 5), Bad(4, chain.TRUNCATED)),
        (removed(1, 2, 3, 4, 5), Bad(1, chain.TRUNCATED)),
        (swap, Bad(2, chain.OUT_OF_ORDER)),
        (forge, Bad(6, chain.EDITED)),
    ],
)
def test_s11_the_first_bad_entry_is_named(tmp_path: Path, tamper: Callable[[Connection], object], bad: Bad) -> None:
    """Each column edited; the first, a middle one, the end removed; swapped; forged without the key."""
    place = place_with(tmp_path)
    with place.store.database.writing() as connection:
        tamper(connection)

    assert verified(place).first_bad == bad


def test_s11_an_older_copy_of_the_database_shows(tmp_path: Path) -> None:
    """What was written since is cut off."""
    place = place_with(tmp_path)
    place.store.database.close()
    file = place.store.database.file
    if file is None:
        pytest.skip("a file is copied")
    shutil.copy(file, tmp_path / "old.db")
    with place.store.database.writing() as connection:
        record(place.installation, connection, ROUND, NOON)
    place.store.database.close()
    for one in tmp_path.glob("store.db*"):
        one.unlink()
    shutil.copy(tmp_path / "old.db", file)

    assert verified(place).first_bad == Bad(6, chain.TRUNCATED)


def test_s11_a_head_that_is_missing_is_told_and_a_rolled_back_act_leaves_none(tmp_path: Path) -> None:
    """The file follows commits alone."""
    place = place_with(tmp_path)

    def fail() -> None:
        with place.store.database.writing() as connection:
            record(place.installation, connection, ROUND, NOON)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert verified(place).first_bad is None
    file = head_file(place.installation)
    assert file is not None
    file.unlink()
    assert verified(place).first_bad == Bad(5, chain.NO_HEAD)


KEY = Key("1", b"k" * KEY_BYTES)


def history(who: str) -> list[Entry]:
    """Return a chain of what somebody did."""
    before, found = "", []
    for number in range(6):
        bare = Entry(number + 1, NOON.isoformat(), who, "x", "rule", "v1", "", {"n": number}, "1")
        before = bare.sealed(KEY, before)
        found.append(replace(bare, mac=before))
    return found


@pytest.mark.parametrize("place", [0, 2, 5])
def test_s11_an_entry_of_another_history_does_not_fit(place: int) -> None:
    """Sealed with the same key, of the same number: a copy that went on by itself lends no entry."""
    mine, others = history("eva"), history("ida")
    mixed = [*mine[:place], others[place], *mine[place + 1 :]]
    bad = Bad(2, chain.EDITED) if place == 0 else Bad(place + 1, chain.EDITED)

    assert chain.checked(mine, {"1": KEY}.get).first_bad is None
    assert chain.checked(mixed, {"1": KEY}.get).first_bad == bad


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_s11_whatever_is_changed_in_an_exported_chain_shows(data: st.DataObject) -> None:
    """Entries removed, doubled, moved, or any of their values changed: never the same as before."""
    lines = [chain.canonical(asdict(one)) for one in history("eva")]
    place, kind = data.draw(st.integers(0, 4)), data.draw(st.sampled_from(["remove", "double", "move", "edit"]))
    if kind == "remove":
        lines.pop(place)
    elif kind == "double":
        lines.insert(place, lines[place])
    elif kind == "move":
        lines.insert(data.draw(st.integers(0, 5).filter(lambda to: to != place)), lines.pop(place))
    else:
        said = json.loads(lines[place])
        name = data.draw(st.sampled_from(sorted(said)))
        said[name] = data.draw(
            st.one_of(st.text(max_size=5), st.integers(), st.none()).filter(lambda v: v != said[name])
        )
        lines[place] = json.dumps(said)
    bad = chain.checked(map(chain.read_line, lines), {"1": KEY}.get).first_bad

    assert bad is not None


def test_what_people_decide_and_what_is_erased_is_recorded_with_rule_and_version(tmp_path: Path) -> None:
    """Who did what when, on which version; whom it is about stands there as a keyed hash only."""
    place = Place(tmp_path, RULE, SETTINGS)
    place.take(PULSE, GHOST, GHOST | {"id": "other", "email": "other@example.se"})
    pass_each_day(place, 5)
    hold = holding.place(place.installation, place.store, HoldWanted("ghost", "Canary is in court"), "eva")
    holding.lift(place.installation, place.store, hold, "eva")
    with place.store.database.writing() as connection:
        other = next(one for one in deletions.read(connection, place.store.tables) if one.contact == "other")
        deciding.keep(place.installation, connection, other, place.clock.now(), "eva")
    pass_each_day(place, 26)
    with place.store.database.reading() as connection:
        told = [one for one in chain.entries(connection) if one is not None]
    version, subject = place.rules.rules["erase"].version, subject_of(place.installation, "contact", "ghost")

    assert [(one.who, one.what) for one in told] == [
        ("ansgar", "rule.activated"),
        ("eva", "hold.placed"),
        ("eva", "hold.lifted"),
        ("eva", "deletion.kept"),
        ("ansgar", "contact.erased"),
    ]
    assert (told[3].rule, told[3].version, told[4].version) == ("erase", version, version)
    assert {told[1].subject, told[2].subject, told[4].subject} == {subject}
    assert not any(word in str(told) for word in ("Canary", "ghost", "court"))
    assert verified(place).first_bad is None


def approve(place: Place, one: Deletion) -> None:
    """Approve a deletion, as a command does."""
    with place.store.database.writing() as connection:
        desk = Desk(place.installation, connection, place.store.tables, place.rules)
        deciding.approve(desk, [one], Word("eva"), place.installation.moment())


def test_what_comes_back_from_the_bin_is_recorded_and_a_refused_decision_is_not(tmp_path: Path) -> None:
    """Restored by whom; what does not fit how things stand leaves no entry behind."""
    place = Place(tmp_path, RULE, SETTINGS)
    place.take(PULSE, GHOST)
    pass_each_day(place, 16)
    with place.store.database.reading() as connection:
        (one,) = deletions.read(connection, place.store.tables)
    with pytest.raises(Declined):
        approve(place, one)
    erasing.restore(place.scene(), one, place.installation.moment(), "eva")
    with place.store.database.reading() as connection:
        told = [(each.who, each.what, each.rule) for each in chain.entries(connection) if each is not None]

    assert told == [("ansgar", "rule.activated", "erase"), ("eva", "deletion.restored", "erase")]
    assert verified(place).first_bad is None


def test_a_run_that_changes_no_rule_records_nothing(tmp_path: Path) -> None:
    """The chain tells of acts, not of time."""
    place = Place(tmp_path, RULE, SETTINGS)
    place.take(PULSE)
    pass_each_day(place, 3)
    with place.store.database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(CHAIN)).scalar_one() == 1
