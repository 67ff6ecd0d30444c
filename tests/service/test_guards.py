"""Guards: each keeps a deletion from happening, and of several the first in the order is the one that is recorded."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model.facts import Facts, Item
from engine.service.guards import GUARDS, Examined, first_guard
from engine.vocabulary.calendar import Moment
from tests.installations import NOON
from tests.rulebooks import STOCKHOLM

FREE = Examined(
    Facts("a", {}),
    frozenset(),
    is_on_hold=False,
    purposes_named=False,
    is_over_limit=False,
    is_feed_stale=False,
    is_input_suspect=False,
    is_clock_off=False,
    is_stale=False,
    is_released=False,
    due_at=NOON,
    moment=Moment(NOON, STOCKHOLM),
)
CODES = [code for code, _, _ in GUARDS]
OBJECTION = Item("r", {"type": "Objection", "status": "open", "at": NOON})
CONSENT = Item("c", {"purpose": "storage", "status": "given", "at": NOON})


def stopped(*codes: str) -> Examined:
    """Return an examination in which the guards of the codes apply."""
    flags = {
        flag
        for code, flag in (("RESTRICTED", "restrict_processing"), ("HUMAN_REVIEW", "special_category"))
        if code in codes
    }
    collections: dict[str, tuple[Item, ...]] = {
        "requests": (OBJECTION,) if "OBJECTION_PENDING" in codes else (),
        "consents": (CONSENT,) if "OTHER_BASIS" in codes else (),
    }
    settings: dict[str, Any] = {
        "is_on_hold": "HOLD" in codes,
        "is_anchor_implausible": "IMPLAUSIBLE_DATE" in codes,
        "is_over_limit": "LIMIT" in codes,
        "is_feed_stale": "FEED_STALE" in codes,
        "is_input_suspect": "INPUT_SUSPECT" in codes,
        "is_clock_off": "CLOCK" in codes,
        "is_stale": "STALE" in codes,
        "due_at": NOON + timedelta(days=1) if "GRACE" in codes else NOON,
    }
    return replace(FREE, facts=Facts("a", {}, collections), set_flags=frozenset(flags), **settings)


def test_nothing_speaks_against_a_free_contact() -> None:
    """Without any cause no guard applies."""
    assert first_guard(FREE) is None


@pytest.mark.parametrize("code", CODES)
def test_each_guard_applies_by_itself(code: str) -> None:
    """One cause, one code."""
    found = first_guard(stopped(code))

    assert found is not None
    assert found[0] == code


@given(st.sets(st.sampled_from(CODES), min_size=1))
def test_of_several_guards_the_first_in_the_order_counts(codes: set[str]) -> None:
    """Whatever the combination, the order of the contract decides."""
    found = first_guard(stopped(*codes))

    assert found is not None
    assert found[0] == min(codes, key=CODES.index)


@pytest.mark.parametrize("code", ["LIMIT", "FEED_STALE", "INPUT_SUSPECT", "CLOCK"])
def test_a_person_overrides_limits_and_stale_feeds_only(code: str) -> None:
    """What was held and approved goes on; a hold beats an approval."""
    assert first_guard(replace(stopped(code), is_released=True)) is None
    assert first_guard(replace(stopped(code, "HOLD"), is_released=True)) == ("HOLD", "kept")
