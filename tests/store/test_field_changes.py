"""Changes of fields: noted as events in the transaction of the state, and only where a pattern waits for them."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from engine.service.activation import activated
from engine.store.inbox import OWN
from engine.store.tables import INBOX
from tests.installations import Place
from tests.rulebooks import rulebook

RULE = (
    "  - {rule: on-%s, applies_to: %s, check: {when_event: {event: %s.changed}}, if: [{field: %s, is_missing: false}], "
    "then: []}"
)


def place_with(folder: Path, *fields: str, entity: str = "contact", stage: str = "watch") -> Place:
    """Return a place whose active rulebook waits for changes of the fields."""
    rules = [
        (RULE % (one.replace("_", "-"), entity, one, one)).replace("then:", f"stage: {stage}, then:") for one in fields
    ]
    place = Place(folder)
    place.rules = rulebook("rules:\n" + "\n".join(rules))
    activate(place)
    return place


def activate(place: Place) -> None:
    """Make the rulebook of a place the one that holds."""
    with place.store.database.writing() as connection:
        activated(place.installation, connection, place.rules, place.clock.now())


def noted(place: Place) -> list[tuple[str, dict[str, Any]]]:
    """Return type and data of the events that writes of state have caused."""
    with place.store.database.reading() as connection:
        rows = connection.execute(select(INBOX).where(INBOX.c.source == OWN).order_by(INBOX.c.seq))
        return [(row.type, json.loads(row.body)) for row in rows]


@pytest.mark.parametrize(
    ("field", "values", "expected"),
    [
        ("country", ["NO", "NO", "SE", None], [{"to": "NO"}, {"from": "NO", "to": "SE"}, {"from": "SE", "to": None}]),
        ("email_bounces", [1.5, 3], [{"to": 1.5}, {"from": 1.5, "to": 3}]),
        (
            "created_on",
            ["2026-03-01", "2026-03-02"],
            [{"to": "2026-03-01"}, {"from": "2026-03-01", "to": "2026-03-02"}],
        ),
        ("tags", [["a"], ["a", "b"]], [{"to": ["a"]}, {"from": ["a"], "to": ["a", "b"]}]),
        # A flag that was never sent is not set; one that was sent badly cannot be told.
        ("restrict_processing", [False, True], [{"from": False, "to": True}]),
        ("restrict_processing", [True], [{"to": True}]),
        ("restrict_processing", [False, "yes", True], [{"from": False, "to": None}, {"from": None, "to": True}]),
    ],
)
def test_a_watched_field_leaves_a_trace_of_every_change(
    tmp_path: Path, field: str, values: list[Any], expected: list[dict[str, Any]]
) -> None:
    """From and to, as JSON; a value that a record came with is from nothing; what stays the same is none."""
    place = place_with(tmp_path, field)
    for value in values:
        place.take({"id": "1", field: value})

    assert [(f"{field}.changed", data) for data in expected] == noted(place)


def test_a_flag_that_was_never_sent_changes_from_not_set(tmp_path: Path) -> None:
    """A contact that is restricted for the first time was not restricted before."""
    place = place_with(tmp_path, "restrict_processing")
    place.take({"id": "1", "country": "NO"})
    place.take({"id": "1", "restrict_processing": True})

    assert noted(place) == [("restrict_processing.changed", {"from": False, "to": True})]


def test_fields_that_no_pattern_names_leave_none(tmp_path: Path) -> None:
    """Neither those of other fields, nor of other entities, nor of a rule that is off or gone."""
    place = place_with(tmp_path, "country")
    place.take({"id": "1", "category": "Lead"})
    place.take({"id": "1", "country": "NO"}, entity="company")
    place.rules = rulebook("rules: []")
    activate(place)
    place.take({"id": "1", "country": "NO"})
    asleep = place_with(tmp_path, "country", stage="off")
    asleep.take({"id": "1", "country": "SE"})

    assert noted(place) == []


def test_an_import_that_is_not_kept_leaves_none(tmp_path: Path) -> None:
    """All or nothing is true of the events as well."""
    place = place_with(tmp_path, "country")
    place.take_lines([b'{"id": "1", "country": "NO"}', b"nonsense"], all_or_nothing=True)

    assert noted(place) == []


def test_an_outdated_snapshot_leaves_none(tmp_path: Path) -> None:
    """What is not written has not changed."""
    place = place_with(tmp_path, "country")
    place.take({"id": "1", "country": "NO", "version": 2})
    place.take({"id": "1", "country": "SE", "version": 1})

    assert noted(place) == [("country.changed", {"to": "NO"})]


def test_one_batch_tells_every_change_in_order(tmp_path: Path) -> None:
    """Two snapshots of one contact in one batch are two changes."""
    place = place_with(tmp_path, "country")
    place.take({"id": "1", "country": "NO"}, {"id": "1", "country": "SE"}, {"id": "1", "country": "NO"})

    assert [data.get("to") for _, data in noted(place)] == ["NO", "SE", "NO"]


def test_companies_have_changes_of_their_own(tmp_path: Path) -> None:
    """A rule about companies waits for theirs."""
    place = place_with(tmp_path, "country", entity="company")
    place.take({"id": "1", "country": "NO"}, entity="company")
    place.take({"id": "1", "country": "SE"})

    assert noted(place) == [("country.changed", {"to": "NO"})]
