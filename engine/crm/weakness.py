"""Weakness: secrets that others can know or guess, though they can sign."""

import re

from engine.crm.signatures import key_of

LEAST_BYTES = 24  # as Standard Webhooks asks for
LEAST_DIFFERENT = 5  # bytes; the fewest of 24 random ones are far more
# Those that stand in the documentation of Standard Webhooks and of Svix, where people copy them from.
PUBLISHED = frozenset(
    {"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "plJ3nmyCDGBKInavdOK15jsl"}
)
# What stands where somebody meant to put a secret later; long enough not to come about by chance.
WORDS = ("changeme", "changethis", "replaceme", "password", "secret", "example", "default", "letmein")
SERIES = ("123456", "abcdef", "qwerty")
_LETTERS = re.compile(r"[^0-9a-z]")


def weakness(secret: str) -> str:
    """Return what is wrong with a secret that can sign, as the end of a sentence; empty where nothing is."""
    text, key = secret.removeprefix("whsec_").rstrip("="), key_of(secret)
    if text in PUBLISHED:
        return "is an example out of documentation, which everybody knows"
    said = [_LETTERS.sub("", one.lower()) for one in (text, key.decode("latin-1"))]
    if any(word in one for word in (*WORDS, *SERIES) for one in said):
        return "stands where a secret should be put"
    if len(key) < LEAST_BYTES:
        return f"has {len(key)} bytes, and should have {LEAST_BYTES} at least"
    is_repeated = len(set(key)) < LEAST_DIFFERENT or key in (key + key)[1:-1]
    return "repeats a few bytes over and over" if is_repeated else ""
