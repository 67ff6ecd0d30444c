"""The audit's road: Polars comes to the verdicts that Python comes to, for any rule."""

import os
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from engine.evaluate.columnar.frames import Frames
from engine.evaluate.columnar.records import Records
from engine.evaluate.columnar.visitor import MATCHES, NEITHER, UNDECIDED, Columnar, Standing
from engine.language.rule import Rulebook
from engine.model.facts import Facts
from engine.model.stored_columns import ID, Source, whole
from engine.service.auditing import read_frames
from engine.service.holiday_calendar import workdays_of
from engine.vocabulary.calendar import Moment
from engine.vocabulary.truth import Truth
from tests.strategies import conditions, moments, worlds
from tests.worlds import ZONES, drawn, facts_of, fill, store_in, two_rules

A_DAY, MICROSECOND = timedelta(days=1), timedelta(microseconds=1)
NOON, DAY = datetime.fromisoformat("2026-03-01T12:00:00+01:00"), "2026-02-01"
LEAD = {"field": "category", "is": "Lead"}
MARKETING = {"consent": "marketing", "is": "given"}
HIGHEST = {"highest": "sales.amount", "where": {"status": "Lead"}}
BIRTHDAY = {"earliest_of": [{"last": "sales"}], "anniversary_in_next": "7 days"}
LATER = {"instants": [NOON, NOON + 450 * A_DAY]}
LASTING = {"selection": "source", "is_member": True, "for_at_least": "1 day"}
EXAMPLES = 5_000 if os.environ.get("ANSGAR_SOAK") else 200
CROWD = 12  # contacts that a rule meets besides those of its own world
POOL = drawn(120)
STATES = {Truth.TRUE: MATCHES, Truth.UNKNOWN: UNDECIDED, Truth.FALSE: NEITHER}


def by_python(rulebook: Rulebook, known: dict[str, Facts], moment: Moment) -> dict[str, tuple[Truth, Truth]]:
    """Return what the source rule and the rule come to for each contact, one by one."""
    found = {}
    for contact, facts in known.items():
        from_source = rulebook.rules["source"].criteria.truth(facts, moment)
        known_now = replace(facts, memberships={"source": from_source})
        found[contact] = (from_source, rulebook.rules["rule"].criteria.truth(known_now, moment))
    return found


def by_polars(
    rulebook: Rulebook, frames: Frames, known: dict[str, Facts], moment: Moment
) -> dict[str, tuple[Truth, Truth]]:
    """Return the same, all contacts at once."""
    records = Records(frames, "contact")
    ids = frames.column(Source("contact"), ID).to_list()
    from_source = Columnar(records, moment, {}).truths(rulebook.rules["source"].predicate).to_list()
    states = pl.Series([STATES[Truth.of(one)] for one in from_source], dtype=pl.Int8)
    opened = [known[one].member_since.get("source") for one in ids]
    standing = Standing(states, pl.Series([at and whole(at) for at in opened], dtype=pl.Int64))
    from_rule = Columnar(records, moment, {"source": standing}).truths(rulebook.rules["rule"].predicate).to_list()
    truths = [(Truth.of(one), Truth.of(other)) for one, other in zip(from_source, from_rule, strict=True)]
    return dict(zip(ids, truths, strict=True))


def edge(criteria: object, *contacts: dict[str, Any], members: dict[int, datetime] | None = None) -> dict[str, Any]:
    """Return an example: criteria about a few contacts, as of noon."""
    world = {
        "contacts": contacts,
        "companies": (),
        "later": {},
        "taken_at": NOON,
        "holds": {},
        "members": members or {},
    }
    asked = criteria if isinstance(criteria, list) else [criteria]
    return {"criteria": asked, "source": [LEAD], "world": world, "instants": [NOON], "zone": "Europe/Stockholm"}


def consents(*rows: tuple[str, str, str | None]) -> dict[str, Any]:
    """Return a contact with consents to marketing: (status, at, expires on)."""
    named = [{"purpose": "marketing", "status": one, "at": at, "expires_on": end} for one, at, end in rows]
    return {"consents": [{"id": f"k{number}", **one} for number, one in enumerate(named)]}


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    criteria=conditions,
    source=conditions.filter(lambda found: "source" not in str(found)),
    world=worlds,
    instants=st.lists(moments, min_size=1, max_size=3),
    zone=st.sampled_from(sorted(ZONES)),
)
# Consents of one instant: the more protective one holds, and the one that expires first.
@example(**edge(MARKETING, consents(("given", DAY, None), ("withdrawn", DAY, None), ("pending", DAY, None))))
@example(**edge(MARKETING, consents(("given", DAY, None), ("pending", DAY, None))))
@example(**edge(MARKETING, consents(("given", DAY, "2026-02-28"), ("given", DAY, None), ("given", DAY, "2027-01-01"))))
@example(**edge(MARKETING, consents(("given", DAY, "2026-03-01")), consents(("given", DAY, "2026-02-28"))))
# Case is folded, not lowered.
@example(**edge({"field": "category", "is": "strasse"}, {"category": "Straße"}, {"category": "STRASSE"}))
@example(**edge({"field": "tags", "has": "strasse"}, {"tags": ["Straße", "x"]}, {"tags": []}, {}))
# Whether there is a number at all is open while the only item might belong.
@example(**edge(HIGHEST | {"is_missing": True}, {"sales": [{"id": "s1", "amount": 1}]}, {"sales": []}))
# A day that is not the same at every instant.
@example(**edge(BIRTHDAY, {"sales": [{"id": "s1", "at": "2025-03-03"}, {"id": "s2", "at": "2026-05-30"}]}) | LATER)
# A member since exactly as long as is asked for, and a moment less; one whose case opens only now.
@example(**edge(LASTING, *[{"category": "Lead"}] * 3, members={0: NOON - A_DAY, 1: NOON - A_DAY + MICROSECOND}))
def test_polars_and_python_agree(
    criteria: list[Any], source: list[Any], world: dict[str, Any], instants: list[datetime], zone: str
) -> None:
    """For any rule, records and instant, columns come to the verdicts that single records come to."""
    store, workdays = store_in(zone, __name__), workdays_of("SE")
    rulebook = two_rules(criteria, source, zone)
    with store.database.writing() as connection:
        more = [POOL[(len(str(criteria)) + number) % len(POOL)] for number in range(CROWD)]
        fill(connection, store, {**world, "contacts": [*world["contacts"], *more]})
        known = facts_of(connection, store)
        frames = read_frames(connection, store, list(rulebook.rules.values()))
    for now in instants:
        moment = Moment(now, ZONES[zone], workdays)
        assert by_polars(rulebook, frames, known, moment) == by_python(rulebook, known, moment)


pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")
