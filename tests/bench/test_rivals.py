"""Rivals: each comes to Ansgar's verdicts over the same contacts, and what becomes of one that fails is told."""

from pathlib import Path

import pytest

from bench.counterparts import counterparts
from bench.facts import flat
from bench.place import SQLITE, filled, opened, thirty
from bench.population import NOW, contacts
from bench.rivals.catalogue import DUCKDB, MISSING, PER_CONTACT, Rival
from bench.rivals.contest import listened, per_contact, set_based
from bench.rivals.plain import holds
from bench.verdicts import Verdicts, bits, differing, stored
from engine.service.config import Settings
from engine.vocabulary.calendar import Moment

MOMENT = Moment(NOW, Settings().zone)
MANY, FEW = 2_000, 300


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Verdicts:
    """Return what Ansgar says of the first contacts."""
    place = opened(SQLITE, tmp_path_factory.mktemp("ours"), thirty(), MANY)
    filled(place, quickly=True)
    place.run()
    return stored(place.store, place.rulebook.rules, MANY)


def test_thirty_rules_each_match_somebody_and_not_everybody(ours: Verdicts) -> None:
    """No rule of the bench is idle, and none is true of all."""
    counts = {rule: found.bit_count() for rule, found in ours.items()}

    assert len(counts) == 30
    assert {rule: count for rule, count in counts.items() if not 0 < count < MANY} == {}


def test_the_counterparts_ask_what_the_rules_ask(ours: Verdicts) -> None:
    """Over facts that other code has reckoned, the conditions written for rivals come to the verdicts of the rules."""
    facts = [flat(one, MOMENT) for one in contacts(MANY)]
    found = {
        rule: bits((number for number, one in enumerate(facts) if holds(condition, one)), MANY)
        for rule, condition in counterparts(MOMENT).items()
    }

    assert differing(ours, found, MANY) == {}


@pytest.mark.parametrize("rival", PER_CONTACT, ids=lambda rival: rival.name)
def test_a_rival_that_is_fed_with_contacts_comes_to_the_same(rival: Rival, ours: Verdicts) -> None:
    """Of all that are installed, none says otherwise of any contact."""
    if not rival.is_there:
        pytest.skip(f"{rival.name} is {MISSING}")
    found = per_contact(rival, (ours, [1e-6]), FEW, 1)

    assert found["verdicts that differ"] == {}
    assert "trouble" not in found


def test_duckdb_comes_to_the_same(tmp_path: Path, ours: Verdicts) -> None:
    """Thirty statements over native tables select the contacts that the rules match."""
    if not DUCKDB.is_there:
        pytest.skip(f"DuckDB is {MISSING}")
    found = set_based((ours, [1.0]), MANY, 1, tmp_path)

    assert found["verdicts that differ"] == {}
    assert "trouble" not in found


def test_a_crash_is_a_result() -> None:
    """Of a process that dies, what it told until then is kept, and how it ended is said."""
    heard = listened("tests.bench.crashing")

    assert (heard.done, heard.seconds) == (100, 0.5)
    assert heard.trouble == "crashed (signal 11) after 100 contacts"


def test_a_rival_that_is_not_installed_says_how_to_get_it(ours: Verdicts) -> None:
    """Nothing is run for it, and its line names the extra."""
    found = per_contact(Rival("no-such-engine", "bench.rivals.none", "none", "no_such_engine"), (ours, [1e-6]), FEW, 1)

    assert found == {"name": "no-such-engine", "trouble": "not installed: pip install 'ansgar[bench]'"}


def test_durable_rules_as_documented_gives_up_beyond_a_thousand_sessions(ours: Verdicts) -> None:
    """A session per contact is how its documentation tells contacts apart; the 1,025th is refused."""
    host = next(one for one in PER_CONTACT if one.name == "durable-rules Host")
    if not host.is_there:
        pytest.skip(f"{host.name} is {MISSING}")
    found = per_contact(host, (ours, [1e-6]), 1_100, 1)

    assert (found["contacts"], found["trouble"]) == (1_024, "gave up after 1024 contacts: MemoryError")
