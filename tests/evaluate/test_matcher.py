"""The door to durable-rules: the real engine against Python's decision, and a defence for each limit it has."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.evaluate.matcher import (
    MOST_PROPERTIES,
    RESERVED,
    DecisionNetwork,
    MatcherError,
    RuleSet,
    compiled,
    condition,
    fnv1a,
    refuse_collisions,
)
from engine.evaluate.network import MOST_WEIGHT, AllOf, AnyOf, Fact, Node, decide, facts, sharded

dre = pytest.importorskip(
    "durable_rules_engine", reason="durable-rules does not run on this Python", exc_type=ImportError
)

LEAVES = 6
MANY = "{f'r{i}': {'all': [{'m': {'$and': [{'k': 1}, {f'f{i}': 1}]}}]} for i in range(65)}"
EITHERS = "[{'$or': [{f'a{i}': 1}, {f'b{i}': 1}]} for i in range(15)]"
SESSIONS = """
h = made({'a': {'all': [{'m': {'k': 1}}]}})
for number in range(1025):
    try: told(h, sid=str(number), q=1)
    except MemoryError: told(h, sid=str(number), q=2)
"""


def groups(parts: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    """Give groups of one to four parts."""
    some = st.lists(parts, min_size=1, max_size=4).map(tuple)
    return some.map(AllOf) | some.map(AnyOf)


nodes = st.recursive(st.integers(0, LEAVES - 1).map(Fact), groups, max_leaves=14)
readings = st.lists(st.sampled_from((True, False, None)), min_size=LEAVES, max_size=LEAVES)
contacts = st.lists(st.tuples(nodes, readings), min_size=1, max_size=12)


@pytest.fixture
def network() -> Iterator[DecisionNetwork]:
    """Give a network without rules."""
    made = DecisionNetwork()
    yield made
    made.close()


def decided(rules: Mapping[str, Node], leaves: Mapping[str, Sequence[bool | None]]) -> dict[str, bool | None]:
    """Return what Python says."""
    return {name: decide(node, leaves[name]) for name, node in rules.items()}


def pairs(count: int) -> Node:
    """Return an `all` of so many `any`s of two leaves each."""
    return AllOf(tuple(AnyOf((Fact(2 * number), Fact(2 * number + 1))) for number in range(count)))


def engine_alone(script: str) -> subprocess.CompletedProcess[str]:
    """Run durable-rules without our adapter, in a process that it may take down."""
    preamble = (
        "import json, durable_rules_engine as dre\n"
        "def made(rules): return dre.create_ruleset('x', json.dumps(rules))\n"
        "def told(h, **m): return dre.assert_fact(h, json.dumps({'sid': '0', 'id': 'f', **m}))\n"
    )
    return subprocess.run([sys.executable, "-c", preamble + script], capture_output=True, text=True, check=False)


@settings(max_examples=300, deadline=None)
@given(contacts)
def test_the_engine_decides_as_python_does(drawn: list[tuple[Node, list[bool | None]]]) -> None:
    """Random rules over random leaves, unknown ones included: the engine's verdicts are Python's."""
    layout = sharded({f"rule {number}": node for number, (node, _) in enumerate(drawn)})
    rules = {name: node for rule_set in layout.rule_sets for name, node in rule_set.items()}
    leaves = {f"rule {number}": values for number, (_, values) in enumerate(drawn)}
    network = DecisionNetwork()
    network.load(rules)

    assert decided(rules, leaves) == network.verdicts({name: leaves[name] for name in rules})
    network.close()


@settings(max_examples=200, deadline=None)
@given(nodes, st.lists(readings, min_size=2, max_size=6))
def test_one_contact_leaves_nothing_behind_for_the_next(node: Node, contacts: list[list[bool | None]]) -> None:
    """Several contacts in turn over one session get the verdicts that each gets alone."""
    network = DecisionNetwork()
    network.load({} if sharded({"rule": node}).too_large else {"rule": node})

    for leaves in contacts:
        assert decide(node, leaves) is network.verdicts({"rule": leaves}).get("rule", decide(node, leaves))
    network.close()


@given(nodes)
def test_only_conjunction_disjunction_and_equality_with_one_can_be_expressed(node: Node) -> None:
    """No `$nex` (endless loop), no cross reference (crash), no text, order or pattern (wrong verdicts) ever arises."""
    text = json.dumps(condition(node, {index: f"f{index}" for index in facts(node)}))

    assert re.sub(r'"\$and"|"\$or"|"f\d+": 1\b|[\[\]{}:, ]', "", text) == ""


def test_every_pattern_is_alone_and_starts_with_the_discriminator() -> None:
    """One pattern per rule, whose first condition is `k == 1`: 512 distinct first ones would hang the engine."""
    expected = {
        "r0": {"all": [{"m": {"$and": [{"k": 1}, {"$or": [{"f0": 1}, {"f1": 1}]}]}}]},
        "warm": {"all": [{"m": {"warm": 1}}]},
    }

    assert expected == compiled({"rule": AnyOf((Fact(0), Fact(1)))}, {"rule": {0: "f0", 1: "f1"}})


@pytest.mark.parametrize(
    "script",
    [
        "told(made({f'r{i}': {'all': [{'m': {'k': 1}}]} for i in range(256)}), k=1)",
        "dre.start_action_for_state(made({'a': {'all': [{'m': {'k': 1}}]}}), 99999)",
        SESSIONS,
    ],
    ids=["256 rules with one condition", "a state it did not name", "the second message to the 1,025th session"],
)
def test_the_engine_crashes(script: str) -> None:
    """Why it lives in a process of its own and is kept from these three: each is a segmentation fault."""
    assert engine_alone(script).returncode == -signal.SIGSEGV


@pytest.mark.parametrize(
    ("code", "script"),
    [
        ("303", f"told(made({MANY}), k=1, **{{f'f{{i}}': 1 for i in range(65)}})"),
        ("113", f"made({{'a': {{'all': [{{'m': {{'$and': {EITHERS}}}}}]}}}})"),
        ("302", "told(made({'a': {'all': [{'m': {'k': 1}}]}}), k=1, **{f'f{i}': 1 for i in range(254)})"),
    ],
    ids=["65 rules match", "16 groups in one rule", "254 properties in one message"],
)
def test_the_engine_refuses_by_number(code: str, script: str) -> None:
    """Why weights, groups and properties are counted here: no rule fires then, and half a message may remain."""
    assert f"error code: {code}" in engine_alone(script).stderr


@pytest.mark.parametrize("count", [60, 61, 65, 300])
def test_any_number_of_rules_may_match_at_once(network: DecisionNetwork, count: int) -> None:
    """Beyond the limit of one rule set, rules go to several, and all fire."""
    rules: dict[str, Node] = {f"rule {number}": Fact(0) for number in range(count)}
    network.load(rules)

    assert -(-count // MOST_WEIGHT) == len(network.rule_sets)
    assert dict.fromkeys(rules, True) == network.verdicts(dict.fromkeys(rules, (True,)))
    assert dict.fromkeys(rules, False) == network.verdicts(dict.fromkeys(rules, (False,)))
    assert dict.fromkeys(rules) == network.verdicts(dict.fromkeys(rules, (None,)))


def test_a_rule_set_at_the_limit_with_everything_true_is_right(network: DecisionNetwork) -> None:
    """Sixty leaves and branches that all match are within what the engine's stack holds."""
    rules: dict[str, Node] = {"pairs": pairs(7), "any": AnyOf(tuple(map(Fact, range(16))))}
    network.load(rules)

    assert len(network.rule_sets) == 1
    assert network.verdicts(dict.fromkeys(rules, (True,) * 16)) == {"pairs": True, "any": True}


def test_300_rules_with_one_identical_condition_are_right(network: DecisionNetwork) -> None:
    """Equal conditions have properties of their own and at most 60 are in one rule set."""
    rules: dict[str, Node] = {f"rule {number}": AllOf((Fact(0), Fact(1))) for number in range(300)}
    network.load(rules)

    assert dict.fromkeys(rules, True) == network.verdicts(dict.fromkeys(rules, (True, True)))


def test_600_distinct_conditions_do_not_hang(network: DecisionNetwork) -> None:
    """The engine would loop for ever over 512 distinct first conditions in one rule set."""
    rules: dict[str, Node] = {f"rule {number}": Fact(number) for number in range(600)}
    leaves = tuple(number % 3 == 0 for number in range(600))
    network.load(rules)

    assert decided(rules, dict.fromkeys(rules, leaves)) == network.verdicts(dict.fromkeys(rules, leaves))


@pytest.mark.parametrize("node", [AnyOf(tuple(map(Fact, range(100)))), pairs(9), AllOf(tuple(map(Fact, range(61))))])
def test_a_rule_beyond_the_limits_is_refused_before_the_engine_sees_it(network: DecisionNetwork, node: Node) -> None:
    """Whoever loads must leave such a rule to Python; the rules of before stay."""
    network.load({"rule": Fact(0)})

    with pytest.raises(MatcherError, match="too large for durable-rules: large"):
        network.load({"large": node})
    assert network.verdicts({"rule": (True,)}) == {"rule": True}


@pytest.mark.parametrize("rules", [{}, {"large": pairs(9)}, {str(n): Fact(0) for n in range(61)}])
def test_a_rule_set_takes_only_what_the_engine_holds(rules: Mapping[str, Node]) -> None:
    """The limits are checked at the door as well, where the engine would accept anything."""
    with pytest.raises(MatcherError, match="not a rule set"):
        RuleSet(rules)


def test_the_engine_accepts_rules_without_a_condition() -> None:
    """Why all validation is ours: an empty `all`, no `all` and an empty `$and` all get a handle."""
    script = "print(made({'a': {'all': []}}), made({'a': {}}), made({'a': {'all': [{'m': {'$and': []}}]}}))"

    assert engine_alone(script).stdout == "1 2 3\n"


def test_properties_of_one_message_are_few(network: DecisionNetwork) -> None:
    """Hundreds of leaves are split over rule sets, each with a message well under the engine's 253 properties."""
    rules: dict[str, Node] = {f"rule {n}": AllOf(tuple(Fact(30 * n + i) for i in range(30))) for n in range(20)}
    network.load(rules)
    counts = [sum(map(len, rule_set.properties.values())) for rule_set in network.rule_sets]

    assert sum(counts) == 600
    assert max(counts) + len(RESERVED) < MOST_PROPERTIES
    assert dict.fromkeys(rules, True) == network.verdicts(dict.fromkeys(rules, (True,) * 600))


def test_the_engine_takes_one_name_for_another_with_its_hash() -> None:
    """Why names are checked: a rule on `costarring` fires for a message with `liquid`."""
    script = "print(told(made({'a': {'all': [{'m': {'costarring': 1}}]}}), liquid=1)[0])"

    assert engine_alone(script).stdout == "0\n"
    assert fnv1a("costarring") == fnv1a("liquid")


def test_names_with_one_hash_are_refused() -> None:
    """A colliding pair is found at compile time and named."""
    with pytest.raises(MatcherError, match="`costarring` and `liquid`"):
        refuse_collisions(("f0", "costarring", "f1", "liquid"))


def test_our_names_collide_with_none_of_the_engines() -> None:
    """The hash is the engine's own, by its source, and tells every property that a message may have apart."""
    refuse_collisions((*RESERVED, *(f"f{number}" for number in range(MOST_PROPERTIES))))

    assert [fnv1a(name) for name in ("id", "sid", "$forward")] == [926444256, 3593476751, 739185624]


def test_thousands_of_contacts_share_one_session(network: DecisionNetwork) -> None:
    """Beyond 1,024 contacts verdicts stay right, since none has a session of its own."""
    network.load({"rule": AnyOf((Fact(0), Fact(1)))})

    for even in (True, False) * 1500:
        assert even is network.verdicts({"rule": (False, even)})["rule"]


def test_reloading_is_safe_and_takes_effect(network: DecisionNetwork) -> None:
    """Rule sets are warmed, so that their states can be deleted; three hundred reloads answer for the last rules."""
    answers = []
    for number in range(300):
        network.load({"rule": Fact(number % 2), "other": AllOf((Fact(0), Fact(1)))})
        answers.append(network.verdicts({"rule": (True, False)})["rule"])

    assert [number % 2 == 0 for number in range(300)] == answers


def test_an_either_fires_once_per_rule_however_many_branches_are_true(network: DecisionNetwork) -> None:
    """The engine fires 256 times for eight pairs; the rule is named once."""
    network.load({"rule": pairs(8)})

    assert network.verdicts({"rule": (True,) * 16}) == {"rule": True}
    assert network.verdicts({"rule": (True,) * 14 + (False, False)}) == {"rule": False}
    assert network.verdicts({"rule": (True,) * 14 + (False, None)}) == {"rule": None}


def test_only_the_rules_that_are_asked_answer(network: DecisionNetwork) -> None:
    """Rules of the same rule set without leaves stay silent."""
    network.load({"one": Fact(0), "two": Fact(0)})

    assert [network.verdicts({"two": (True,)}), network.verdicts({})] == [{"two": True}, {}]


def test_a_message_left_behind_costs_the_rule_set_and_not_the_verdict(network: DecisionNetwork) -> None:
    """An unexpected return code raises, and the rule set that gave it is replaced by a sound one."""
    network.load({"rule": Fact(0)})
    broken = network.rule_sets[0]
    dre.assert_fact(broken.handle, '{"sid":"0","id":"f","k":1,"f0":1}')

    with pytest.raises(MatcherError, match="answered 2"):
        network.verdicts({"rule": (True,)})
    assert broken is not network.rule_sets[0]
    assert network.verdicts({"rule": (True,)}) == {"rule": True}
    assert network.verdicts({"rule": (False,)}) == {"rule": False}


def test_an_error_number_of_the_engine_becomes_ours(network: DecisionNetwork) -> None:
    """A deleted handle is the engine's error 111, which is raised as a MatcherError."""
    network.load({"rule": Fact(0)})
    network.rule_sets[0].close()

    with pytest.raises(MatcherError, match="111"):
        network.verdicts({"rule": (True,)})
