"""Snapshots: strict JSON, typed values, refusals with pointers and without personal values (S6)."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from engine.model.shipped import CONTACT
from engine.model.snapshot import Refused, Snapshot, read_json, read_snapshot

STOCKHOLM = ZoneInfo("Europe/Stockholm")


def read(text: str) -> Snapshot:
    """Return the snapshot of a contact's JSON."""
    return read_snapshot(CONTACT, read_json(text), STOCKHOLM)


def test_each_type_is_read_as_what_it_is() -> None:
    """Money is exact, days are days, instants are UTC, and a time without an offset is the zone's."""
    snapshot = read(
        '{"id": "4711", "country": "NO", "created_on": "2024-03-01", "email_bounces": 2, "tags": ["a"],'
        ' "sales": [{"id": "s1", "amount": 0.1, "at": "2025-12-24"}],'
        ' "activities": [{"id": "a1", "at": "2026-07-05T10:00:00"}], "version": 17}'
    )

    assert ("4711", 17, "NO", date(2024, 3, 1), Decimal(2), ("a",)) == (
        snapshot.id,
        snapshot.version,
        snapshot.values["country"],
        snapshot.values["created_on"],
        snapshot.values["email_bounces"],
        snapshot.values["tags"],
    )
    assert Decimal("0.1") == snapshot.collections["sales"][0].values["amount"]
    assert datetime(2025, 12, 23, 23, tzinfo=UTC) == snapshot.collections["sales"][0].values["at"]
    assert datetime(2026, 7, 5, 8, tzinfo=UTC) == snapshot.collections["activities"][0].values["at"]


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        ('{"id": "1", "email": 5}', "/email"),
        ('{"id": "1", "created_on": "01/02/2026"}', "/created_on"),
        ('{"id": "1", "created_on": "2026-02-30"}', "/created_on"),
        ('{"id": "1", "created_on": "0024-02-01"}', "/created_on"),
        ('{"id": "1", "tags": "a"}', "/tags"),
        ('{"id": "1", "email_bounces": true}', "/email_bounces"),
        ('{"id": "1", "email_bounces": 1e40}', "/email_bounces"),
        ('{"id": "1", "email_bounces": 1e999999999}', "/email_bounces"),
        ('{"id": "1", "email_bounces": -1e999999999}', "/email_bounces"),
        ('{"id": "1", "sales": [{"amount": 1e999999999, "at": "2026-01-01"}]}', "/sales/0/amount"),
        ('{"id": "1", "sales": [{"amount": 1e-999999999, "at": "2026-01-01"}]}', "/sales/0/amount"),
        ('{"id": "1", "sales": [{"id": "a", "amount": 0.00001}]}', "/sales/0/amount"),
        ('{"id": "1", "sales": [{"id": "a"}, {"id": "a"}]}', "/sales/1/id"),
        ('{"id": "1", "sales": {}}', "/sales"),
        ('{"id": "1", "consents": [{"status": "given"}]}', "/consents/0/purpose"),
        (
            '{"id": "1", "consents": [{"purpose": "a", "status": "given", "legal_basis": "contact"}]}',
            "/consents/0/legal_basis",
        ),
        ('{"id": "1", "emial": "x"}', "/emial"),
        ('{"id": ""}', "/id"),
        ('{"id": "a\\u0000"}', "/id"),
        ('{"id": "1", "name": "\\ud800"}', "/name"),
        ('{"id": "1", "version": -1}', "/version"),
        ("{}", "/id"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_pointer(text: str, pointer: str) -> None:
    """Every fault names its place in the record."""
    with pytest.raises(Refused) as caught:
        read(text)

    assert pointer in [refusal.pointer for refusal in caught.value.refusals]


@pytest.mark.parametrize(
    "text",
    [
        '{"id": "a", "id": "b"}',
        '{"id": NaN}',
        '{"id": Infinity}',
        "[" * 100_000,
        "{",
        "[]",
        '"x"',
        b"\xff".decode("latin-1"),
    ],
)
def test_s6_odd_json_is_refused(text: str) -> None:
    """Double keys, NaN, depth and what is no object never become a record."""
    with pytest.raises(Refused):
        read(text)


def test_a_refusal_never_repeats_the_value() -> None:
    """What was sent stays out of the error: it may be personal."""
    with pytest.raises(Refused) as caught:
        read('{"id": "1", "email": ["canary@example.se"], "created_on": "canary@example.se"}')

    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("sent", ['"false"', "0", "null", '"no"', "[]"])
def test_s6_a_guarding_flag_sent_badly_counts_as_set_and_loses_nothing_else(sent: str) -> None:
    """Text, 0 and null never become false for a guard: the flag is unclear, and the record is taken."""
    snapshot = read(f'{{"id": "1", "email": "a@example.se", "restrict_processing": {sent}}}')

    assert frozenset({"restrict_processing"}) == snapshot.unclear
    assert snapshot.values["restrict_processing"] is None
    assert snapshot.values["email"] == "a@example.se"


def test_unknown_fields_are_named_with_the_nearest_one_or_ignored_where_configured() -> None:
    """A field that the model lacks is rejected with its name, unless the installation ignores such."""
    with pytest.raises(Refused, match="did you mean `email`"):
        read('{"id": "1", "emial": "x"}')

    assert read_snapshot(CONTACT, {"id": "1", "emial": "x"}, STOCKHOLM, ignore_unknown=True).ignored == ("emial",)
