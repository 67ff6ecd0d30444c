"""Keys: made with mode 0600, rotated without forgetting, destroyed for good; the newest never by accident."""

import os
import stat
from pathlib import Path

import pytest

from engine.store.keys import KeyRefused, KeyRing
from engine.store.unavailable import StoreUnavailable


def test_a_missing_ring_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    """With one key."""
    ring = KeyRing(tmp_path / "made" / "ansgar.key")

    assert [key.id for key in ring.keys] == ["1"]
    assert stat.S_IMODE((tmp_path / "made" / "ansgar.key").stat().st_mode) == 0o600


def test_a_single_line_of_before_is_key_1(tmp_path: Path) -> None:
    """And stays valid beside newer ones."""
    file = tmp_path / "ansgar.key"
    file.write_text("ab" * 32)
    file.chmod(0o600)
    ring = KeyRing(file)
    before = ring.newest.mac("x")
    fresh = ring.rotate()

    assert (fresh.id, ring.newest) == ("2", fresh)
    assert before in ring.macs("x")
    assert len(ring.macs("x")) == 2


def test_l10_a_destroyed_key_is_nowhere_any_more(tmp_path: Path) -> None:
    """Not its bytes in the file either; what was hashed with it can be linked to nobody."""
    file = tmp_path / "ansgar.key"
    ring = KeyRing(file)
    secret, linked = ring.newest.secret.hex(), ring.newest.mac("ghost")
    ring.rotate()
    os.link(file, tmp_path / "what the disk still has")
    ring.destroy("1")

    assert linked not in ring.macs("ghost")
    assert not any(secret.encode() in one.read_bytes() for one in tmp_path.iterdir())


@pytest.mark.parametrize(("key", "said"), [("1", "newest"), ("7", "no key 7")])
def test_the_newest_and_what_is_not_there_cannot_be_destroyed(tmp_path: Path, key: str, said: str) -> None:
    """Told with what to do."""
    with pytest.raises(KeyRefused, match=said):
        KeyRing(tmp_path / "ansgar.key").destroy(key)


@pytest.mark.parametrize("text", ["", "1 abcd\n", "1 zz\n", f"1 {'ab' * 32}\n1 {'cd' * 32}\n"])
def test_a_ring_that_cannot_be_used_is_told_and_shows_no_key(tmp_path: Path, text: str) -> None:
    """Empty, short, no hexadecimal, an id twice."""
    file = tmp_path / "ansgar.key"
    file.write_text(text)
    file.chmod(0o600)
    with pytest.raises(StoreUnavailable) as caught:
        _ = KeyRing(file).keys

    assert "abcd" not in str(caught.value)


def test_s12_a_ring_that_others_can_read_is_refused(tmp_path: Path) -> None:
    """With the command that mends it."""
    file = tmp_path / "ansgar.key"
    file.write_text(f"1 {'ab' * 32}\n")
    file.chmod(0o644)
    with pytest.raises(StoreUnavailable, match="chmod 600"):
        _ = KeyRing(file).keys
