"""Signatures of calls that come in: what the official library signs is taken, and nothing that differs by a bit."""

from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook

from engine.crm.signatures import Signed
from tests.receivers import SECRET

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
OTHER = "whsec_" + b64encode(bytes(range(24))).decode()


def headers(body: str, *, secret: str = SECRET, key: str = "e1", at: datetime = NOW) -> dict[str, str]:
    """Return the headers that the official library makes."""
    signature = Webhook(secret).sign(key, at, body)
    return {"webhook-id": key, "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}


def is_taken(said: dict[str, str], body: bytes, *secrets: str) -> bool:
    """True where a call would be let in at noon."""
    signed = Signed.of(said)
    return signed is not None and signed.is_fresh(NOW) and signed.is_by(secrets or (SECRET,), body)


@given(
    body=st.text(max_size=200),
    key=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=60),
    secret=st.binary(min_size=24, max_size=64),
)
def test_s4_whatever_the_official_library_signs_is_taken(body: str, key: str, secret: bytes) -> None:
    """Any body, any id of printable characters, any secret, written with `whsec_` before it or not."""
    text = b64encode(secret).decode()
    said = headers(body, secret=text, key=key)

    assert is_taken(said, body.encode(), text)
    assert is_taken(said, body.encode(), f"whsec_{text.rstrip('=')}")


@given(data=st.data())
def test_s4_one_bit_that_is_changed_shows(data: st.DataObject) -> None:
    """In the body, in the signature, in the id and in the timestamp: wherever it is."""
    body, said = '{"result": "deleted"}', headers('{"result": "deleted"}')
    signature = b64decode(said["webhook-signature"].removeprefix("v1,"))
    bit = data.draw(st.integers(0, len(body) * 8 - 1))
    assert not is_taken(said, flipped(body.encode(), bit))
    bit = data.draw(st.integers(0, len(signature) * 8 - 1))
    assert not is_taken(
        said | {"webhook-signature": f"v1,{b64encode(flipped(signature, bit)).decode()}"}, body.encode()
    )
    for name in ("webhook-id", "webhook-timestamp", "webhook-signature"):
        bit = data.draw(st.integers(0, len(said[name]) * 8 - 1))
        assert not is_taken(said | {name: flipped(said[name].encode(), bit).decode("latin-1")}, body.encode())


def flipped(text: bytes, bit: int) -> bytes:
    """Return bytes with one bit changed."""
    changed = bytearray(text)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, True), (-300, True), (300, True), (-301, False), (301, False), (-(10**9), False), (10**9, False)],
)
def test_s4_a_timestamp_is_taken_within_five_minutes_in_both_directions(seconds: int, expected: bool) -> None:
    """Old ones could be replayed, and those to come could be kept for later."""
    assert is_taken(headers("x", at=NOW + timedelta(seconds=seconds)), b"x") is expected


def test_s4_one_of_several_signatures_and_one_of_two_secrets_is_enough() -> None:
    """As while a secret is changed: the sender may sign with both, and the receiver may know both."""
    mine, others = headers("x")["webhook-signature"], headers("x", secret=OTHER)["webhook-signature"]
    both = headers("x") | {"webhook-signature": f"v1a,abc {others} {mine}"}
    only_others = headers("x") | {"webhook-signature": others}

    assert is_taken(both, b"x", SECRET)
    assert is_taken(headers("x"), b"x", OTHER, SECRET)
    assert not is_taken(only_others, b"x", SECRET)
    assert not is_taken(headers("x"), b"x", OTHER)


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-id": ""},
        {"webhook-id": "å"},
        {"webhook-id": "x" * 201},
        {"webhook-timestamp": ""},
        {"webhook-timestamp": "1772366400.0"},
        {"webhook-timestamp": " 1772366400"},
        {"webhook-timestamp": "+1772366400"},
        {"webhook-timestamp": "١٧٧٢٣٦٦٤٠٠"},
        {"webhook-timestamp": "1" * 13},
        {"webhook-timestamp": "nan"},
        {"webhook-signature": ""},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "v1a,xxxx"},
        {"webhook-signature": "v2"},
    ],
)
def test_s4_headers_that_are_missing_or_odd_are_no_signature(change: dict[str, Any]) -> None:
    """Nothing of them raises, and nothing of them is taken."""
    said = headers("x") | change
    missing = {name: value for name, value in headers("x").items() if name not in change}

    assert not is_taken(said, b"x")
    assert Signed.of(missing) is None


def test_s4_a_body_that_is_no_text_is_signed_as_it_is() -> None:
    """A signature is over bytes: what cannot be read as UTF-8 only fails to fit."""
    assert not is_taken(headers("x"), b"\xff\xfe")
