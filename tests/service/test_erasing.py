"""Erasing by making anonymous: what the model keeps is left, of nobody who could be told; all else as with erasing."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from engine.model.declared import with_additions
from engine.model.shipped import SHIPPED_MODEL
from engine.service import erasing
from engine.service.pruning import prune
from engine.store import anonymous, deletions, erasure
from engine.store.schema import open_store
from engine.store.tables import ANONYMOUS, RECEIPT
from engine.store.traces import Person
from tests.installations import Place
from tests.rulebooks import codes
from tests.service.test_destroying import GHOST, PULSE, RULE, SETTINGS, pass_days

ANONYMISE = RULE.replace("grace: 14 days", "how: anonymise\n          grace: 14 days")
WITH_STATE: dict[str, Any] = GHOST | {
    "country": "SE",
    "created_on": "2024-05-17",
    "tags": ["vip"],
    "birth_date": "1990-07-07",
    "sales": [
        {"id": "s2", "status": "lost", "amount": 3, "currency": "SEK", "at": "2025-06-30T10:00:00+02:00"},
        {"id": "s1", "status": "lost", "amount": 12.5, "closed_on": "2025-07-01"},
    ],
    "consents": [{"purpose": "storage", "status": "withdrawn", "source": "form", "at": "2025-01-01"}],
    "requests": [{"type": "access", "status": "answered", "at": "2025-01-01"}],
}
LEFT = {
    "category": "Prospect",
    "consents": [{"purpose": "storage", "status": "withdrawn"}],
    "country": "SE",
    "created_on": "2024-05-01",
    "sales": [
        {"amount": 12.5, "status": "lost"},
        {"amount": 3, "at": "2025-06-01", "currency": "SEK", "status": "lost"},
    ],
}


def place_with(folder: Path, *records: dict[str, Any], rule: str = ANONYMISE) -> Place:
    """Return a place with the rule, a contact that keeps the feed fresh, and the given contacts."""
    place = Place(folder, rule, SETTINGS)
    place.take(PULSE, *records)
    return place


def left(place: Place) -> list[dict[str, Any]]:
    """Return what was left of contacts."""
    with place.store.database.reading() as connection:
        return anonymous.rows(connection, "contact")


def receipts(place: Place) -> list[dict[str, Any]]:
    """Return all receipts."""
    with place.store.database.reading() as connection:
        return [dict(row) for row in connection.execute(select(RECEIPT)).mappings()]


def test_l9_of_somebody_anonymous_only_what_the_model_keeps_is_left(tmp_path: Path) -> None:
    """With the bin's end, not before; with tombstone and receipt as with any erasure."""
    place = place_with(tmp_path, WITH_STATE)
    pass_days(place, 15)
    assert (place.deletions()["ghost"][0], left(place)) == ("in_recycle_bin", [])
    pass_days(place, 15)

    assert left(place) == [LEFT]
    assert [(one["how"], one["purposes"]) for one in receipts(place)] == [("anonymise", None)]
    assert "ERASED" in place.take({"id": "ghost"}).refused[0].reason
    assert place.deletions() == {None: ("erased", None)}


def test_of_somebody_erased_nothing_is_left(tmp_path: Path) -> None:
    """Unless the rule says `anonymise`."""
    place = place_with(tmp_path, WITH_STATE, rule=RULE)
    pass_days(place, 30)

    assert (left(place), [one["how"] for one in receipts(place)]) == ([], ["erase"])


def test_what_was_put_away_to_become_anonymous_can_be_restored(tmp_path: Path) -> None:
    """Then nothing is left of it elsewhere."""
    place = place_with(tmp_path, WITH_STATE)
    pass_days(place, 15)
    with place.store.database.reading() as connection:
        one = deletions.read(connection, place.store.tables)[0]
    erasing.restore(place.scene(), one, place.installation.moment())
    pass_days(place, 10)

    assert (place.key_of("ghost") > 0, left(place)) == (True, [])


def test_the_treatment_of_the_day_on_which_it_becomes_anonymous_counts(tmp_path: Path) -> None:
    """A field that the model clears by then is not left, though it was kept when the deletion was scheduled."""
    place = place_with(tmp_path, WITH_STATE)
    pass_days(place, 15)
    model = with_additions(
        SHIPPED_MODEL,
        {
            "contact": {
                "fields": {"country": {"anonymise": "clear"}},
                "collections": {"sales": {"at": {"anonymise": "year"}}},
            }
        },
    )
    place.installation = replace(place.installation, model=model)
    place.store = open_store(place.store.database, model, place.store.zone)
    pass_days(place, 15)

    assert ("country" in left(place)[0], left(place)[0]["sales"][1]["at"]) == (False, "2025-01-01")


def test_what_is_done_is_what_was_scheduled(tmp_path: Path) -> None:
    """A rule that is edited after the order went out does not change what happens to whom it was ordered for."""
    place = place_with(tmp_path, WITH_STATE)
    pass_days(place, 15)
    place.rules = place_with(tmp_path, rule=RULE).rules
    pass_days(place, 15)

    assert [one["how"] for one in receipts(place)] == ["anonymise"]
    assert left(place) == [LEFT]


def test_rows_tell_nothing_of_when_and_of_whom(tmp_path: Path) -> None:
    """They are kept by a key by chance, and have nothing but an entity and content."""
    place = place_with(tmp_path, *({**WITH_STATE, "id": f"g{n}", "email": f"g{n}@x.se"} for n in range(12)))
    pass_days(place, 31)
    with place.store.database.reading() as connection:
        rows = connection.execute(select(ANONYMOUS)).mappings().all()
    keys = [row["key"] for row in rows]

    assert (len(rows), len(set(keys)), {row["content"] for row in rows}) == (12, 12, {json.dumps(LEFT, sort_keys=True)})
    assert max(keys) > 1 << 40  # no numbers in a row, and no instants
    assert set(rows[0]) == {"key", "entity", "content"}


def test_the_order_in_which_they_came_is_not_kept(tmp_path: Path) -> None:
    """SQLite keeps rows by key; on PostgreSQL the nightly tidying writes them anew, all in one transaction."""
    place = place_with(tmp_path)
    for number in range(8):
        with place.store.database.writing() as connection:
            anonymous.add(connection, "contact", json.dumps({"n": number}))
    prune(place.scene(), place.installation.moment())
    with place.store.database.reading() as connection:
        stored = [row.key for row in connection.execute(select(ANONYMOUS.c.key))]
        is_left = sorted(row["n"] for row in anonymous.rows(connection, "contact"))

    assert stored == sorted(stored)
    assert is_left == list(range(8))
    with place.store.database.writing() as connection:
        assert not anonymous.shuffle(connection)


def test_a_contact_that_the_crm_deleted_before_leaves_nothing(tmp_path: Path) -> None:
    """What was not put away cannot become anonymous; the deletion ends all the same."""
    place = place_with(tmp_path, WITH_STATE)
    pass_days(place, 15)
    with place.store.database.writing() as connection:
        erasure.empty_bin(connection, deletions.read(connection, place.store.tables)[0].key)
    pass_days(place, 15)

    assert (left(place), [one["how"] for one in receipts(place)]) == ([], ["anonymise"])


def test_l9_no_letter_outlives_an_erasure_that_was_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While letters are still there, so are the rows that lead to them; the next pass erases both."""
    place = place_with(tmp_path, GHOST)
    pass_days(place, 27)
    assert len(place.letters()) == 3

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(erasing, "remove_letters", interrupted)
        with pytest.raises(KeyboardInterrupt):
            pass_days(place, 2)
    assert place.deletions() == {"ghost": ("in_recycle_bin", None)}
    place.act()

    assert (place.deletions(), place.letters()) == ({None: ("erased", None)}, [])


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("how: anonymise, purposes: [marketing]", "R118"),
        ("how: erase, purposes: [marketing]", ""),
        ("how: anonymise, purposes: all", ""),
        ("purposes: []", "R106"),
        ("purposes: marketing", "R106"),
        ("purposes: [all]", "R106"),
        ("purposes: [{a: b}]", "R004"),
        ("how: shred", "R106"),
    ],
)
def test_how_and_purposes_are_checked(written: str, code: str) -> None:
    """What cannot be is told when the rule is loaded."""
    text = f"""\
rules:
  - rule: a
    owner: dpo
    legal_basis: x
    if: [{{field: category, is: Lead}}]
    then: [{{schedule_deletion: {{grace: 1 day, {written}}}}}]
    stop_if_more_than: {{contacts: 1}}
"""
    assert [one for one in codes(text) if one.startswith("R")] == ([code] if code else [])


def test_l9_what_a_crash_left_confirmed_ends_with_the_one_that_is_erased(tmp_path: Path) -> None:
    """Two rules delete the same contact; of the second nothing was put away. Both have receipts, and nothing waits."""
    second = RULE.replace("rule: erase", "rule: again").split("rules:\n")[1].split("messages:")[0]
    place = place_with(tmp_path, GHOST, rule=RULE.replace("messages:", f"{second}messages:"))
    pass_days(place, 13)
    with place.store.database.writing() as connection:
        other = max(deletions.read(connection, place.store.tables), key=lambda one: one.key)
        for state in ("due", "ordered", "confirmed"):
            deletions.move(connection, other, state, at=place.clock.now())
            other = replace(other, state=state)
        deletions.move(connection, other, "confirmed", at=place.clock.now(), next_at=None)
        person = Person("contact", other.record, "ghost")
        erasing.end_others(place.scene(), connection, person, place.installation.moment())
        ended = {one.rule: one.state for one in deletions.read(connection, place.store.tables)}

    assert ended == {"erase": "cancelled", "again": "erased"}
    assert [one["rule"] for one in receipts(place)] == ["again"]
