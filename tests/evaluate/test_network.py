"""Networks of leaves: Kleene's decision, what a network costs, and how rules are laid out in rule sets."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.evaluate.network import (
    MOST_FIRINGS,
    MOST_GROUPS,
    MOST_WEIGHT,
    AllOf,
    AnyOf,
    Fact,
    Node,
    Size,
    decide,
    facts,
    flattened,
    read,
    sharded,
    size,
    written,
)
from engine.vocabulary.truth import Truth, all_of, any_of

LEAVES = 6


def groups(parts: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    """Give groups of one to four parts."""
    some = st.lists(parts, min_size=1, max_size=4).map(tuple)
    return some.map(AllOf) | some.map(AnyOf)


nodes = st.recursive(st.integers(0, LEAVES - 1).map(Fact), groups, max_leaves=14)
readings = st.lists(st.sampled_from((True, False, None)), min_size=LEAVES, max_size=LEAVES)


def pairs(count: int) -> Node:
    """Return an `all` of so many `any`s of two leaves each."""
    return AllOf(tuple(AnyOf((Fact(2 * number), Fact(2 * number + 1))) for number in range(count)))


@pytest.mark.parametrize("first", [True, False, None])
@pytest.mark.parametrize("second", [True, False, None])
def test_groups_decide_as_the_vocabulary_of_truth_does(first: bool | None, second: bool | None) -> None:
    """All and any of two leaves are what truth says of them."""
    truths = [Truth.of(first), Truth.of(second)]

    assert all_of(truths).as_bool() is decide(AllOf((Fact(0), Fact(1))), [first, second])
    assert any_of(truths).as_bool() is decide(AnyOf((Fact(0), Fact(1))), [first, second])


@settings(max_examples=300, deadline=None)
@given(nodes, readings)
def test_two_readings_without_unknown_tell_the_third_value(node: Node, leaves: list[bool | None]) -> None:
    """Unknown read as false tells what is certain, read as true what is possible; unknown is the difference."""
    certain = decide(node, [value is True for value in leaves])
    possible = decide(node, [value is not False for value in leaves])

    assert decide(node, leaves) is (True if certain else None if possible else False)


@settings(max_examples=300, deadline=None)
@given(nodes, readings)
def test_flattening_keeps_the_decision_and_never_costs_more(node: Node, leaves: list[bool | None]) -> None:
    """A flattened network decides the same over the same leaves and is not larger by any measure."""
    flat = flattened(node)

    assert decide(node, leaves) is decide(flat, leaves)
    assert sorted(facts(node)) == sorted(facts(flat))
    assert size(node).weight >= size(flat).weight
    assert (size(node).groups, size(node).firings) >= (size(flat).groups, size(flat).firings)


def test_flattening_removes_groups_of_one_and_groups_in_their_own_kind() -> None:
    """What is left alternates between all and any."""
    node = AllOf((AllOf((Fact(0), Fact(1))), AnyOf((Fact(2),)), AnyOf((AnyOf((Fact(3), Fact(4))), Fact(5)))))

    assert AllOf((Fact(0), Fact(1), Fact(2), AnyOf((Fact(3), Fact(4), Fact(5))))) == flattened(node)


@given(nodes)
def test_a_network_survives_the_wire(node: Node) -> None:
    """Writing and reading gives the same network."""
    assert node == read(written(node))


@pytest.mark.parametrize("raw", [True, "0", None, -1, 1.0, {"all": []}, {"any": []}, {"none": [0]}, {"all": 0}, [0]])
def test_what_is_no_network_is_not_read(raw: Any) -> None:
    """Anything but leaves and filled groups is refused."""
    with pytest.raises(ValueError, match=r"."):
        read(raw)


@pytest.mark.parametrize("group", [AllOf, AnyOf])
def test_an_empty_group_cannot_be_made(group: type[AllOf | AnyOf]) -> None:
    """The engine accepts an empty `all` silently, so there is none to give it."""
    with pytest.raises(ValueError, match="of nothing"):
        group(())


def test_a_network_costs_leaves_branches_groups_and_firings() -> None:
    """Leaves count as often as they occur, an `any` per branch, and firings multiply within an `all`."""
    assert Size(leaves=1, firings=1) == size(Fact(3))
    assert Size(leaves=6, branches=6, groups=4, firings=8) == size(pairs(3))
    assert Size(leaves=2, branches=2, groups=1, firings=2) == size(AnyOf((Fact(0), Fact(0))))


@pytest.mark.parametrize(
    ("node", "fits"),
    [
        (AllOf(tuple(map(Fact, range(MOST_WEIGHT)))), True),
        (AllOf(tuple(map(Fact, range(MOST_WEIGHT + 1)))), False),
        (AnyOf(tuple(map(Fact, range(MOST_WEIGHT // 2)))), True),
        (AnyOf(tuple(map(Fact, range(MOST_WEIGHT // 2 + 1)))), False),
        (pairs(8), True),
        (pairs(9), False),
    ],
)
def test_a_rule_beyond_the_weight_or_the_firings_is_too_large(node: Node, fits: bool) -> None:
    """A rule at the limit is laid out, one beyond it is left to Python."""
    assert (frozenset() if fits else {"rule"}) == sharded({"rule": node}).too_large
    assert (1 if fits else 0) == len(sharded({"rule": node}).rule_sets)


def test_a_rule_of_too_many_groups_is_too_large() -> None:
    """Each group takes two places of the engine's list of 31, so their number is bounded."""
    node: Node = Fact(0)
    for depth in range(MOST_GROUPS):
        node = (AllOf, AnyOf)[depth % 2]((Fact(depth + 1), node))

    assert frozenset() == sharded({"rule": node}).too_large
    assert {"rule"} == sharded({"rule": AllOf((Fact(99), node))}).too_large


@settings(max_examples=100, deadline=None)
@given(st.lists(nodes, max_size=30))
def test_every_rule_is_in_one_rule_set_and_every_rule_set_is_within_the_limits(networks: list[Node]) -> None:
    """Sharding loses and doubles nothing, and sums stay within what the engine holds."""
    rules = {f"rule {number}": node for number, node in enumerate(networks)}
    layout = sharded(rules)
    placed = [name for rule_set in layout.rule_sets for name in rule_set]

    assert sorted(rules) == sorted([*placed, *layout.too_large])
    for rule_set in layout.rule_sets:
        assert sum(size(node).weight for node in rule_set.values()) <= MOST_WEIGHT
        assert sum(size(node).firings for node in rule_set.values()) <= MOST_FIRINGS
