"""Partial erasing: some purposes go and the person stays; what is withdrawn is never taken for never asked (L1)."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from engine.model.declared import with_additions
from engine.model.facts import Facts
from engine.model.shipped import SHIPPED_MODEL
from engine.service import erasing
from engine.service.events import read_events, take_events
from engine.store import deletions
from engine.store.deletions import IllegalMove
from engine.store.schema import open_store
from engine.store.tables import INBOX, RECEIPT, RECYCLE_BIN
from tests.installations import NOON, Place
from tests.rulebooks import rulebook
from tests.service.test_destroying import SETTINGS, pass_each_day

RULE = """\
rules:
  - rule: no-marketing
    owner: dpo
    legal_basis: GDPR Art. 17(1)(b)
    stage: live
    if:
      all:
        - {field: category, is: Prospect}
        - {consent: marketing, one_of: [never_given, withdrawn, expired]}
    then:
      - schedule_deletion:
          grace: 3 days
          recycle_bin: 5 days
          PURPOSES
    stop_if_more_than: {contacts: 25}
"""
MARKETING = RULE.replace("PURPOSES", "purposes: [Marketing]")
MODEL = with_additions(
    SHIPPED_MODEL,
    {
        "contact": {
            "fields": {
                "newsletter": {"type": "text", "purposes": ["marketing"]},
                "segment": {"type": "text", "purposes": ["marketing", "profiling"]},
            },
            "collections": {"clicks": {"purposes": ["marketing"], "link": "text"}},
        }
    },
)
ORDERS = {"id": "o", "purpose": "orders", "status": "given", "legal_basis": "contract", "at": "2025-01-01"}
EXPIRED = {
    "id": "m",
    "purpose": "Marketing",
    "status": "given",
    "source": "fair",
    "at": "2024-01-01",
    "expires_on": "2025-01-01",
}
BO: dict[str, Any] = {
    "id": "bo",
    "name": "Bo",
    "email": "bo@example.se",
    "category": "Prospect",
    "newsletter": "weekly",
    "segment": "A",
    "clicks": [{"id": "c1", "link": "/a", "at": "2024-02-01"}],
    "consents": [ORDERS, EXPIRED],
}


def place_with(folder: Path, *records: dict[str, Any], rule: str = MARKETING) -> Place:
    """Return a place whose model holds some things for marketing only."""
    place = Place(folder, settings=SETTINGS)
    place.installation = replace(place.installation, model=MODEL)
    place.store = open_store(place.store.database, MODEL, place.store.zone)
    place.rules = rulebook(rule)
    place.take(*records)
    return place


def facts(place: Place, contact: str = "bo") -> Facts:
    """Return what is held about a contact."""
    with place.store.database.reading() as connection:
        found = place.scene().records.facts(connection, "contact", place.key_of(contact))
    assert found is not None
    return found


def consents(place: Place) -> set[tuple[str, str, str]]:
    """Return purpose, status and source of each row of consents that is held about Bo."""
    rows = [one.values for one in facts(place).items("consents")]
    return {(str(row["purpose"]).casefold(), str(row["status"]), str(row.get("source"))) for row in rows}


def states(place: Place) -> list[tuple[str, str]]:
    """Return rule and state of every deletion, the oldest first."""
    with place.store.database.reading() as connection:
        found = sorted(deletions.read(connection, place.store.tables), key=lambda one: one.key)
    return [(one.rule, one.state) for one in found]


def restore(place: Place) -> None:
    """Restore the first deletion."""
    with place.store.database.reading() as connection:
        one = min(deletions.read(connection, place.store.tables), key=lambda each: each.key)
    erasing.restore(place.scene(), one, place.installation.moment())


WITHDRAWN = ("marketing", "withdrawn", "erased")
STAYS = {("orders", "given", "None"), WITHDRAWN}


def test_l1_of_a_contact_with_two_purposes_marketing_goes_and_the_person_stays(tmp_path: Path) -> None:
    """Its consents and what is held for nothing else; the rest is as it was, and no tombstone keeps anybody out."""
    place = place_with(tmp_path, BO)
    pass_each_day(place, 4, pulse=False)
    found = facts(place)
    assert states(place) == [("no-marketing", "in_recycle_bin")]
    assert (found.values["newsletter"], found.values["segment"], found.items("clicks")) == (None, "A", ())
    assert (found.values["name"], found.values["email"], consents(place)) == ("Bo", "bo@example.se", STAYS)
    pass_each_day(place, 6, pulse=False)

    assert states(place) == [("no-marketing", "erased")]
    assert place.take(BO | {"name": "Bosse"}).refused_count == 0
    assert facts(place).values["name"] == "Bosse"
    with place.store.database.reading() as connection:
        receipt = connection.execute(select(RECEIPT)).mappings().one()
        assert connection.execute(select(RECYCLE_BIN)).first() is None
    assert (receipt["how"], receipt["purposes"]) == ("erase", ("marketing",))
    assert not place.installation.open_tombstones().all()


def test_events_and_imports_of_one_who_stays_are_taken_meanwhile(tmp_path: Path) -> None:
    """Only whole contacts lie in the bin."""
    place = place_with(tmp_path, BO)
    pass_each_day(place, 4, pulse=False)

    assert place.take({"id": "bo", "country": "SE"}).taken.changed == 1


def test_l4_that_a_purpose_was_erased_outlives_what_the_crm_sends(tmp_path: Path) -> None:
    """Whatever old rows it sends again, marketing is withdrawn, not never given; a consent given since counts."""
    place = place_with(tmp_path, BO)
    pass_each_day(place, 10, pulse=False)
    place.take({"id": "bo", "consents": [ORDERS]})
    assert consents(place) == STAYS
    place.take({"id": "bo", "consents": None})
    assert consents(place) == {WITHDRAWN}
    place.rules = rulebook(
        "rules: [{rule: a, if: [{consent: marketing, is: withdrawn}], then: [{keep_in_selection: no}]}]".replace(
            "rule: a,", "rule: a, stage: live,"
        )
    )
    place.take({"id": "bo", "consents": [{"purpose": "marketing", "status": "given", "at": "2025-12-31"}]})
    place.run()
    assert place.members("no") == ["bo"]
    place.take(
        {"id": "bo", "consents": [{"purpose": "marketing", "status": "given", "at": place.clock.now().isoformat()}]}
    )
    place.clock.move(timedelta(days=1))
    place.run()
    assert place.members("no") == []


def test_every_basis_of_a_purpose_is_withdrawn(tmp_path: Path) -> None:
    """A legitimate interest in marketing does not come back by an old row either (Art. 21(3))."""
    interest = {"purpose": "marketing", "status": "given", "legal_basis": "legitimate_interests", "at": "2024-01-01"}
    place = place_with(tmp_path, BO | {"consents": [interest]})
    pass_each_day(place, 10, pulse=False)
    place.take({"id": "bo", "consents": [interest]})
    place.rules = rulebook(
        "rules: [{rule: a, stage: live, if: [{legal_basis: marketing, is: none}], then: [{keep_in_selection: no}]}]"
    )
    place.run()

    assert place.members("no") == ["bo"]


def test_what_is_held_for_two_purposes_goes_with_the_last(tmp_path: Path) -> None:
    """Marketing first, profiling later: then nothing needs the segment."""
    both = MARKETING.replace("[Marketing]", "[marketing]") + MARKETING.replace("rules:\n", "").replace(
        "no-marketing", "no-profiling"
    ).replace("consent: marketing", "consent: profiling").replace("[Marketing]", "[profiling]").replace(
        "category, is: Prospect", "country, is: SE"
    )
    place = place_with(tmp_path, BO, rule=both)
    pass_each_day(place, 10, pulse=False)
    assert facts(place).values["segment"] == "A"
    place.take({"id": "bo", "country": "SE"})
    pass_each_day(place, 4, pulse=False)

    assert facts(place).values["segment"] is None


def test_restoring_puts_exactly_back_what_went(tmp_path: Path) -> None:
    """Nothing has come meanwhile: the contact is what it was."""
    place = place_with(tmp_path, BO)
    before = facts(place)
    pass_each_day(place, 4, pulse=False)
    restore(place)
    after = facts(place)

    assert (after.values, after.collections) == (before.values, before.collections)
    assert states(place) == [("no-marketing", "restored")]


def test_restoring_leaves_what_the_crm_has_sent_since(tmp_path: Path) -> None:
    """Fields that were written to, items that are there again, and a newer answer."""
    place = place_with(tmp_path, BO)
    pass_each_day(place, 4, pulse=False)
    renewed = EXPIRED | {"source": "web", "expires_on": None}
    sent = {"id": "bo", "newsletter": "daily", "name": "Bosse", "consents": [ORDERS, renewed]}
    place.clock.move(timedelta(hours=1))
    place.take(sent)
    place.take({"id": "bo", "newsletter": None})
    restore(place)
    found = facts(place)

    assert (found.values["newsletter"], found.values["name"], [one.id for one in found.items("clicks")]) == (
        None,
        "Bosse",
        ["c1"],
    )
    assert consents(place) == {("orders", "given", "None"), ("marketing", "given", "web")}


def test_l9_a_part_in_the_bin_goes_with_the_contact_that_the_crm_deletes(tmp_path: Path) -> None:
    """With its receipt, and nobody brings it back."""
    place = place_with(tmp_path, BO)
    pass_each_day(place, 4, pulse=False)
    gone = {"specversion": "1.0", "source": "/crm", "id": "1", "type": "crm.contact.deleted", "subject": "bo"}
    take_events(place.scene(), read_events([gone]), place.installation.moment())
    assert states(place) == [("no-marketing", "erased")]
    with pytest.raises(IllegalMove):
        restore(place)

    with place.store.database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(RECYCLE_BIN)).scalar_one() == 0


def test_the_same_case_is_not_scheduled_again_and_a_new_one_is(tmp_path: Path) -> None:
    """The case stays open, since marketing is withdrawn; when it was given and expires again, that is a new one."""
    place = place_with(tmp_path, BO)
    pass_each_day(place, 20, pulse=False)
    assert states(place) == [("no-marketing", "erased")]
    assert [state for _, _, state in place.cases()] == ["open"]
    today = place.clock.now().date()
    again = {
        "purpose": "marketing",
        "status": "given",
        "at": today.isoformat(),
        "expires_on": (today + timedelta(days=3)).isoformat(),
    }
    place.take({"id": "bo", "consents": [again]})
    pass_each_day(place, 12, pulse=False)

    assert states(place) == [("no-marketing", "erased")] * 2


EVERYTHING = """\
  - rule: all-of-it
    owner: dpo
    legal_basis: GDPR Art. 17(1)(a)
    stage: live
    if: [{field: category, is: Prospect}]
    then: [{schedule_deletion: {grace: 6 days, purposes: all, recycle_bin: 2 days}}]
    stop_if_more_than: {contacts: 25}
"""


def test_l9_another_deletion_goes_on_and_takes_what_lies_in_the_bin_along(tmp_path: Path) -> None:
    """A partial one cancels none; when everything goes, each gets its receipt and no bin is left."""
    place = place_with(tmp_path, BO, rule=MARKETING.replace("bin: 5 days", "bin: 90 days") + EVERYTHING)
    pass_each_day(place, 4, pulse=False)
    assert states(place) == [("no-marketing", "in_recycle_bin"), ("all-of-it", "scheduled")]
    pass_each_day(place, 5, pulse=False)

    assert {state for _, state in states(place)} == {"erased"}
    with place.store.database.reading() as connection:
        assert connection.execute(select(RECYCLE_BIN)).first() is None
        assert sorted(str(one) for one in connection.execute(select(RECEIPT.c.purposes)).scalars()) == [
            "('marketing',)",
            "None",
        ]


def test_l9_what_events_say_of_what_went_goes_too(tmp_path: Path) -> None:
    """Values, items and consents in them; what they say of the rest stays."""
    place = place_with(tmp_path, BO)
    known = {"specversion": "1.0", "source": "/crm", "subject": "bo"}
    given = {"purpose": "marketing", "source": "fair", "at": "2023-01-01"}
    rows = [{"purpose": one, "status": "given", "at": "2023-01-01"} for one in ("Marketing", "orders")]
    state = {"newsletter": "weekly", "country": "SE", "consents": rows}
    events = [
        known | {"id": "1", "type": "crm.consent.given", "data": given},
        known | {"id": "2", "type": "crm.contact.changed", "data": state},
        known | {"id": "3", "type": "crm.consent.given", "data": {"purpose": "orders", "at": "2024-01-01"}},
    ]
    taken = take_events(place.scene(), read_events(events), place.installation.moment())
    assert taken.accepted == 3
    pass_each_day(place, 10, pulse=False)
    with place.store.database.reading() as connection:
        bodies = connection.execute(select(INBOX.c.body).order_by(INBOX.c.seq)).scalars().all()

    assert bodies == [
        "{}",
        '{"country": "SE", "consents": [{"purpose": "orders", "status": "given", "at": "2023-01-01"}]}',
        '{"purpose": "orders", "at": "2024-01-01"}',
    ]


def test_a_contact_that_is_gone_when_its_part_was_ordered_ends_the_deletion(tmp_path: Path) -> None:
    """The CRM deleted the person: more than was asked for."""
    place = place_with(tmp_path, BO)
    pass_each_day(place, 2, pulse=False)
    with place.store.database.writing() as connection:
        one = deletions.read(connection, place.store.tables)[0]
        deletions.move(connection, one, "due", at=NOON)
        deletions.move(connection, replace(one, state="due"), "ordered", at=NOON, ordered_at=NOON)
    gone = {"specversion": "1.0", "source": "/crm", "id": "1", "type": "crm.contact.deleted", "subject": "bo"}
    take_events(place.scene(), read_events([gone]), place.installation.moment())

    assert (states(place), place.key_of("bo")) == ([("no-marketing", "failed")], 0)


MISSING = {
    "never_given": [],
    "withdrawn": [{"id": "m", "purpose": "marketing", "status": "withdrawn", "at": "2025-01-01"}],
    "expired": [EXPIRED],
    "unknown": [{"id": "m", "purpose": "marketing", "status": "given"}],
}
OUTCOMES = {
    # (purposes, other basis valid): what becomes of the deletion where the consent is surely missing
    ("", True): ("kept", "OTHER_BASIS"),
    ("", False): ("in_recycle_bin", None),
    ("purposes: [marketing]", True): ("in_recycle_bin", None),
    ("purposes: [marketing]", False): ("in_recycle_bin", None),
    ("purposes: all", True): ("in_recycle_bin", None),
    ("purposes: all", False): ("in_recycle_bin", None),
}


@pytest.mark.parametrize("missing", MISSING)
@pytest.mark.parametrize(("purposes", "has_other"), OUTCOMES)
def test_l1_four_kinds_of_missing_consent(tmp_path: Path, missing: str, purposes: str, has_other: bool) -> None:
    """Each deletes what the rule says, none while another basis is valid and no purpose is named; unknown nobody."""
    rows = [*MISSING[missing], *([ORDERS] if has_other else [])]
    place = place_with(tmp_path, BO | {"consents": rows}, rule=RULE.replace("PURPOSES", purposes))
    pass_each_day(place, 4, pulse=False)
    stays = missing == "unknown" or "[" in purposes or OUTCOMES[(purposes, has_other)][0] == "kept"

    expected = {} if missing == "unknown" else {"bo": OUTCOMES[(purposes, has_other)]}
    assert place.deletions() == expected
    assert (place.key_of("bo") > 0) == stays
