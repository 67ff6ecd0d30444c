"""Recipients: each is told on its own of erasure, restriction and rectification; one that is down delays nobody."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook

from engine.service import recipients as telling
from engine.service import restricting
from engine.service.config import Settings
from engine.service.tick import follow_changes
from engine.store import recipients
from engine.store.recipients import Matter
from tests.installations import Place
from tests.receivers import SECRET, Receiver
from tests.rulebooks import rulebook
from tests.service.test_destroying import GHOST, PULSE, RULE, crowd, pass_days

PEOPLE = {"eva": {"email": "eva@firm.example", "roles": ["dpo"]}}
LIMITS = {"percent_per_day": 100}
NAMES = ("books", "letters", "survey")
RECTIFIED = {"id": "r", "type": "rectification", "status": "answered"}


@pytest.fixture
def three() -> Iterator[dict[str, Receiver]]:
    """Three recipients that listen."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(Receiver(204)) for name in NAMES}


def place_telling(folder: Path, receivers: dict[str, Receiver], *records: dict[str, Any], **more: Any) -> Place:
    """Return a place that tells the receivers; `more` are further keys of each recipient by name."""
    folder.mkdir(exist_ok=True)
    (folder / "secret").write_text(SECRET)
    (folder / "secret").chmod(0o600)
    known = {
        name: {"url": one.url, "secret": {"file": "secret"}} | more.get(name, {}) for name, one in receivers.items()
    }
    place = Place(folder, RULE, Settings.of({"people": PEOPLE, "limits": LIMITS, "recipients": known}))
    place.take(PULSE, *records)
    return place


def states(place: Place) -> dict[str, list[str]]:
    """Return by recipient the state of each thing that it is to be told, the oldest first."""
    with place.store.database.reading() as connection:
        rows = recipients.listing(connection)
    found: dict[str, list[str]] = {}
    for row in reversed(rows):
        found.setdefault(row["recipient"], []).append(row["state"])
    return found


def erase_all(place: Place, *contacts: str) -> None:
    """Say that deletions of contacts are confirmed."""
    scene = place.scene()
    with place.store.database.writing() as connection:
        for one in contacts:
            matter = Matter(recipients.ERASURE, "contact", place.key_of(one), one, f"deletion-{one}")
            assert telling.tell(scene, connection, matter, place.installation.moment()) == len(NAMES)


def said(receiver: Receiver) -> list[dict[str, Any]]:
    """Return what came, each call signed as the official library signs it."""
    for headers, body in receiver.calls:
        at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
        assert headers["webhook-signature"] == Webhook(SECRET).sign(headers["webhook-id"], at, body)
    return [json.loads(body) for _, body in receiver.calls]


def types(receiver: Receiver) -> list[str]:
    """Return the types of the events that came."""
    return [one["type"] for one in said(receiver)]


def test_l13_three_recipients_are_told_of_an_erasure_and_one_that_is_down_delays_nobody(
    tmp_path: Path, three: dict[str, Receiver]
) -> None:
    """Two know at once; the third is asked again under the same key until it takes it."""
    three["letters"].status = 503
    place = place_telling(tmp_path, three, GHOST)
    pass_days(place, 15)

    assert types(three["books"]) == types(three["survey"]) == ["contact.erased"]
    told = said(three["books"])[0]["data"]
    assert (told["entity"], told["contact"]) == ("contact", "ghost")
    assert states(place) == {"books": ["told"], "letters": ["pending"], "survey": ["told"]}
    three["letters"].status = 204
    pass_days(place, 1)
    assert states(place)["letters"] == ["told"]
    assert len(three["letters"].ledger()) == 1 < len(three["letters"].calls)
    assert len({*three["letters"].ledger(), *three["books"].ledger(), *three["survey"].ledger()}) == 3


def test_l13_a_recipient_hears_only_of_what_it_is_to_be_told_of(tmp_path: Path, three: dict[str, Receiver]) -> None:
    """`told_of` says so."""
    place = place_telling(tmp_path, three, GHOST, books={"told_of": ["rectification"]})
    pass_days(place, 15)

    assert (types(three["books"]), types(three["survey"])) == ([], ["contact.erased"])


@settings(max_examples=12, deadline=None)
@given(outages=st.lists(st.lists(st.sampled_from([500, 503, 429, 204]), max_size=6), min_size=3, max_size=3))
def test_l13_whatever_outages_there_are_everybody_is_told_in_the_end_and_once_by_key(
    outages: list[list[int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """However calls fail: each ledger holds each contact once, who never failed knew first, and no id stays."""
    with ExitStack() as stack:
        three = {name: stack.enter_context(Receiver(204)) for name in NAMES}
        place = place_telling(tmp_path_factory.mktemp("told"), three, *crowd(3))
        for one, script in zip(three.values(), outages, strict=True):
            one.script = [(status, b"") for status in script]
        erase_all(place, "g0", "g1", "g2")
        place.act()
        at_once = states(place)
        for _ in range(20):
            place.clock.move(timedelta(hours=3))
            place.act()
        with place.store.database.reading() as connection:
            ids = {row["contact"] for row in recipients.listing(connection)}
        place.store.database.close()

    fine = [name for name, script in zip(NAMES, outages, strict=True) if set(script) <= {204}]
    assert [at_once[name] for name in fine] == [["told"] * 3] * len(fine)
    assert ids == {None}
    for one in three.values():
        assert sorted(json.loads(body)["data"]["contact"] for body in one.ledger().values()) == ["g0", "g1", "g2"]


def test_l13_who_refuses_is_parked_seen_by_the_owner_of_notices_and_replayed(
    tmp_path: Path, three: dict[str, Receiver]
) -> None:
    """The others know; the id stays only where it is still to be told, and goes with the replay."""
    three["survey"].script = [(400, b"")]
    place = place_telling(tmp_path, three, GHOST)
    pass_days(place, 15)
    with place.store.database.reading() as connection:
        rows = {row["recipient"]: row for row in recipients.listing(connection)}

    assert {name: (row["state"], row["contact"]) for name, row in rows.items()} == {
        "books": ("told", None),
        "letters": ("told", None),
        "survey": ("parked", "ghost"),
    }
    with place.store.database.writing() as connection:
        assert recipients.replay(connection, rows["survey"]["id"], place.clock.now())
        assert not recipients.replay(connection, rows["books"]["id"], place.clock.now())
    place.act()
    assert states(place)["survey"] == ["told"]
    assert len(three["survey"].ledger()) == 1


def test_l13_who_is_gone_is_not_called_again_until_a_person_says_so(tmp_path: Path, three: dict[str, Receiver]) -> None:
    """410: all that is for it is parked, whatever comes."""
    three["books"].status = 410
    place = place_telling(tmp_path, three, *crowd(3))
    pass_days(place, 15)

    assert states(place) == {"books": ["parked"] * 3, "letters": ["told"] * 3, "survey": ["told"] * 3}
    assert len(three["books"].calls) == 1


def test_l13_who_is_no_longer_configured_is_parked_and_not_forgotten(
    tmp_path: Path, three: dict[str, Receiver]
) -> None:
    """What it was to be told is there for a person."""
    three["books"].status = 503
    place = place_telling(tmp_path, three, GHOST)
    pass_days(place, 15)
    nobody = Settings.of({"people": PEOPLE, "limits": LIMITS})
    place.installation = place.installation.__class__(nobody, tmp_path, place.installation.model, place.clock)
    pass_days(place, 1)

    assert states(place)["books"] == ["parked"]


def test_l13_l9_once_all_are_told_and_the_bin_is_empty_no_file_holds_the_id(
    tmp_path: Path, three: dict[str, Receiver]
) -> None:
    """The canary: bytewise the id is nowhere below the folder, although it had waited long for one of them."""
    three["letters"].status = 500
    place = place_telling(tmp_path, three, GHOST)
    pass_days(place, 16)
    three["letters"].status = 204
    pass_days(place, 16)
    assert states(place) == {name: ["told"] for name in NAMES}
    place.store.database.close()

    found = [file.name for file in tmp_path.rglob("*") if file.is_file() and b"ghost" in file.read_bytes()]
    assert found == []


def test_l13_a_rectification_is_passed_on_once_its_request_is_answered(
    tmp_path: Path, three: dict[str, Receiver]
) -> None:
    """Open: nothing. Answered: each is told once, however often the record comes again."""
    place = place_telling(tmp_path, three, {"id": "anna", "requests": [RECTIFIED | {"status": "open"}]})
    scene = place.scene()
    follow_changes(scene, place.installation.moment())
    place.act()
    assert types(three["books"]) == []
    for _ in range(2):
        place.clock.move(timedelta(minutes=1))
        place.take({"id": "anna", "name": "Anna", "requests": [RECTIFIED]})
        follow_changes(scene, place.installation.moment())
        place.act()

    assert [types(one) for one in three.values()] == [["contact.rectified"]] * 3


def test_l13_a_restriction_and_its_end_come_in_order(tmp_path: Path, three: dict[str, Receiver]) -> None:
    """While the first is not told, the second waits: nobody hears that it is lifted before that it began."""
    three["books"].script = [(500, b"")]
    place = place_telling(tmp_path, three, {"id": "anna"})
    place.take({"id": "anna", "restrict_processing": True})
    for _ in range(2):
        place.act()
    place.clock.move(timedelta(minutes=1))
    place.take({"id": "anna", "restrict_processing": False})
    restricting.lift(place.installation, place.store, "anna", str(place.installation.moment().today))
    for _ in range(2):
        place.act()
        place.clock.move(timedelta(hours=1))
    place.act()

    in_order = ["contact.restricted", "contact.restriction.lifted"]
    assert types(three["survey"]) == in_order
    assert types(three["books"]) == [in_order[0], *in_order]


def test_l13_what_is_told_again_is_told_to_nobody(tmp_path: Path, three: dict[str, Receiver]) -> None:
    """Of one kind and cause each hears once, and who is new of what the others know."""
    place = place_telling(tmp_path, three, {"id": "anna"})
    matter = Matter(recipients.ERASURE, "contact", place.key_of("anna"), "anna", "deletion-1")
    scene, moment = place.scene(), place.installation.moment()
    with place.store.database.writing() as connection:
        assert [telling.tell(scene, connection, matter, moment) for _ in range(2)] == [len(NAMES), 0]
    place.act()

    assert [types(one) for one in three.values()] == [["contact.erased"]] * 3


def test_l13_a_restriction_that_was_over_before_there_were_recipients_is_no_news(tmp_path: Path) -> None:
    """Nobody hears of an end who did not hear of the beginning."""
    place = place_telling(tmp_path, {}, {"id": "anna", "restrict_processing": True})
    place.take({"id": "anna", "restrict_processing": False})
    restricting.lift(place.installation, place.store, "anna", str(place.installation.moment().today))
    with Receiver(204) as late:
        place = place_telling(tmp_path, {"late": late}, {"id": "bo", "restrict_processing": True})
        place.act()

        assert [one["data"]["contact"] for one in said(late)] == ["bo"]


@pytest.mark.parametrize(
    ("extent", "kind", "more"),
    [
        ("how: anonymise", "contact.anonymised", {}),
        ("purposes: [marketing]", "contact.purposes.erased", {"purposes": ["marketing"]}),
    ],
)
def test_l13_recipients_are_told_what_was_erased_and_no_more(
    tmp_path: Path, three: dict[str, Receiver], extent: str, kind: str, more: dict[str, Any]
) -> None:
    """Who goes in part, or leaves figures behind, is not told as erased."""
    place = place_telling(tmp_path, three, GHOST)
    place.rules = rulebook(RULE.replace("grace: 14 days", f"grace: 14 days\n          {extent}"))
    pass_days(place, 16)

    assert [types(one) for one in three.values()] == [[kind]] * 3
    assert said(three["books"])[0]["data"].items() >= {"contact": "ghost", **more}.items()


def test_without_recipients_nothing_is_written(tmp_path: Path) -> None:
    """An erasure writes no row for anybody."""
    place = place_telling(tmp_path, {}, GHOST)
    pass_days(place, 15)

    assert states(place) == {}
