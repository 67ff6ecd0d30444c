"""Weakness: what everybody knows or guesses is no secret, and what chance made is one."""

from base64 import b64encode
from hashlib import sha512

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.crm.weakness import PUBLISHED, weakness
from tests.receivers import SECRET


def base64(text: str) -> str:
    """Return a text as a secret that says it once it is decoded."""
    return "whsec_" + b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("secret", "said"),
    [
        *((f"whsec_{one}", "out of documentation") for one in PUBLISHED),
        *((one, "out of documentation") for one in PUBLISHED),
        (base64("changeme" * 3), "stands where"),
        (base64("please-Change_Me please change me"), "stands where"),
        (base64("my very own secret of the year"), "stands where"),
        ("changemechangemechangemechangeme", "stands where"),
        ("whsec_abcdefghijklmnopqrstuvwxyz012345", "stands where"),
        ("whsec_" + b64encode(b"\x8f\x01\x77" * 7).decode(), "has 21 bytes"),
        ("c2VjcmV0", "stands where"),
        ("whsec_" + b64encode(bytes(32)).decode(), "repeats a few bytes"),
        ("whsec_" + b64encode(b"\xaa\x55" * 16).decode(), "repeats a few bytes"),
        (base64("hunter2 " * 3), "repeats a few bytes"),
    ],
)  # fmt: skip
def test_s12_what_others_know_or_guess_is_weak(secret: str, said: str) -> None:
    """Examples out of documentation, words that stand for a secret, short ones, and a byte over and over."""
    assert said in weakness(secret)


@given(st.integers(0, 10**9), st.integers(24, 64))
def test_s12_what_chance_made_is_a_secret(seed: int, length: int) -> None:
    """No random secret is refused, however it is written."""
    text = b64encode(sha512(str(seed).encode()).digest()[:length]).decode()

    assert (weakness(text), weakness(f"whsec_{text.rstrip('=')}"), weakness(SECRET)) == ("", "", "")
