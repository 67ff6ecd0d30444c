"""Three truth values: Kleene's tables, and De Morgan."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.vocabulary.truth import Truth, all_of, any_of, none_of

T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
truths = st.lists(st.sampled_from(Truth), max_size=5)


@pytest.mark.parametrize(
    ("one", "other", "both", "either"),
    [(T, T, T, T), (T, F, F, T), (T, U, U, T), (F, F, F, F), (F, U, F, U), (U, U, U, U)],
)
def test_and_or_follow_kleenes_tables(one: Truth, other: Truth, both: Truth, either: Truth) -> None:
    """False decides an and, true decides an or, and unknown spreads otherwise."""
    assert (both, both) == (all_of((one, other)), all_of((other, one)))
    assert (either, either) == (any_of((one, other)), any_of((other, one)))


@given(truths)
def test_de_morgan_holds_for_three_values(found: list[Truth]) -> None:
    """None of them is the same as all of their opposites, and not any of them."""
    assert all_of(one.negated() for one in found) is none_of(found) is any_of(found).negated()


def test_unknown_is_settled_only_where_a_default_is_given() -> None:
    """A default decides unknown and leaves what is known as it is."""
    assert (U.decided(T), U.decided(None), F.decided(T)) == (T, U, F)
