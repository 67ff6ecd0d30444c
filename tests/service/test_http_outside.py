"""Routes about what goes outside, feeds and the audit chain: each shows and does what its command does."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from engine.crm.letter import Letter
from engine.service import verifying
from engine.service.acting import carry_out
from engine.service.config import Settings
from engine.store import chain, moves_told, notices, recipients
from engine.store.tables import CHAIN
from engine.vocabulary.outcome import PermanentFailure
from tests.doors import Api
from tests.installations import Place

RULES = """\
rules:
  - rule: greet
    stage: live
    if: [{field: country, is: "NO"}]
    then: [{keep_in_selection: norwegians}, {notify: {to: eva, using: hello}}]
  - rule: erase
    owner: eva
    legal_basis: x
    stage: live
    if: [{field: category, is: Prospect}, {count: activities, in_last: 90 days, equals: 0}]
    then: [{schedule_deletion: {purposes: all, grace: 1 day}}]
    stop_if_more_than: {contacts: 25}
messages:
  hello: {subject: {en: Hello, sv: Hej}, body: hello}
"""
SETTINGS = Settings.of({"people": {"eva": {"email": "eva@firm.example"}}})


class Gone:
    """A mail server that knows nobody."""

    def deliver(self, letter: Letter) -> None:
        """Fail for good."""
        raise PermanentFailure("no such user")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Give a place in which a message, a move, a notice and what a recipient is to be told are parked."""
    made = Place(tmp_path, RULES, SETTINGS)
    with made.store.database.writing() as connection:
        moves_told.begin(connection, (moves_told.SELECTIONS,))
    made.take({"id": "n", "name": "Nils", "country": "NO"})
    made.run()
    carry_out(replace(made.scene(), post=Gone()), made.installation.moment())
    now = made.clock.now()
    with made.store.database.writing() as connection:
        moves_told.park_all(connection, now)
        notices.add(connection, ("limit", "greet 1"), {"rule": "greet"}, ("eva",), now)
        notices.park(connection, 1, "away", now)
        hashed = next(iter(made.installation.open_tombstones().id_hashes("contact", "gone-1")))
        matter = recipients.Matter("erasure", "contact", 99, "gone-1", "deletion-1")
        recipients.add(connection, ("books",), matter, hashed, now)
        recipients.park_all(connection, "books", recipients.GONE, now)
    return made


def get(place: Place, path: str) -> Any:
    """Return what an operator sees."""
    found = Api(place).caller("ola", "read").get(f"/v1/{path}")
    assert found.status_code == 200, found.text
    return found.json()


def acts(place: Place) -> list[tuple[str, str, dict[str, Any]]]:
    """Return who did what, and the details, as the chain has it since the rules were activated."""
    with place.store.database.reading() as connection:
        found = [one for one in chain.entries(connection) if one is not None and one.what != "rule.activated"]
    return [(one.who, one.what, dict(one.details)) for one in found]


def test_messages_are_listed_with_moves_by_state_and_rule(place: Place) -> None:
    """Each as the command shows it; of a state or rule, or all."""
    found = get(place, "messages")["messages"]
    assert [(one["id"], one["action"], one["contact"], one["state"]) for one in found] == [
        (1, "notify", "n", "parked"),
        ("move-1", "selection.joined", "n", "parked"),
    ]
    assert found[0]["reason"].startswith("no such user")
    assert get(place, "messages?state=done")["messages"] == []
    assert len(get(place, "messages?rule=greet&state=parked")["messages"]) == 2
    assert get(place, "messages?rule=erase")["messages"] == []
    assert Api(place).caller("ola", "read").get("/v1/messages?state=prked").status_code == 422


def test_what_is_parked_begins_anew_all_of_it_or_nothing(place: Place) -> None:
    """By ids of both kinds, in the caller's name; one that is not parked stops them all."""
    caller = Api(place).caller("ola", "operate")
    assert caller.post("/v1/messages/replay", {"ids": [1, "move-1", 7]}).status_code == 404
    assert [one["state"] for one in get(place, "messages")["messages"]] == ["parked", "parked"]
    for wrong in ([], "1", [True], [None]):
        assert caller.post("/v1/messages/replay", {"ids": wrong}).status_code == 422

    done = caller.post("/v1/messages/replay", {"ids": [1, "move-1"]})
    assert done.json() == {"messages": [{"id": 1, "state": "pending"}, {"id": "move-1", "state": "pending"}]}
    assert [one["state"] for one in get(place, "messages")["messages"]] == ["pending", "pending"]
    assert acts(place) == [
        ("ola", "message.replayed", {"message": "1"}),
        ("ola", "message.replayed", {"message": "move-1"}),
    ]


def test_notices_are_listed_and_replayed(place: Place) -> None:
    """By state; a parked one begins anew once."""
    caller = Api(place).caller("ola", "operate")
    (found,) = get(place, "notices?state=parked")["notices"]
    assert (found["kind"], found["to"], found["details"], found["reason"]) == (
        "limit",
        "eva",
        {"rule": "greet"},
        "away",
    )
    assert caller.post("/v1/notices/replay", {"ids": [1]}).json() == {"notices": [{"id": 1, "state": "pending"}]}
    assert caller.post("/v1/notices/replay", {"ids": [1]}).status_code == 404
    assert get(place, "notices?state=parked")["notices"] == []


def test_recipients_are_summed_up_listed_replayed_and_settled(place: Place) -> None:
    """Also of an erased contact by its old id; to settle needs a reason."""
    caller = Api(place).caller("ola", "operate")
    (sums,) = get(place, "recipients")["recipients"]
    assert (sums["recipient"], sums["parked"], sums["takes_calls"]) == ("books", 1, False)
    assert [one["id"] for one in get(place, "recipients/told?contact=gone-1")["told"]] == [1]
    assert get(place, "recipients/told?contact=other")["told"] == []

    assert caller.post("/v1/recipients/replay", {"ids": [1]}).status_code == 200
    assert get(place, "recipients")["recipients"][0]["takes_calls"] is True
    assert caller.post("/v1/recipients/settle", {"ids": [1]}).status_code == 422
    settled = caller.post("/v1/recipients/settle", {"ids": [1], "reason": "by letter"})
    assert settled.json() == {"told": [{"id": 1, "state": "settled"}]}
    assert [(one["reason"], one["contact"]) for one in get(place, "recipients/told")["told"]] == [("by letter", None)]
    assert [what for _, what, _ in acts(place)] == ["recipient.replayed", "recipient.settled"]


def test_feeds_are_listed_and_a_person_says_that_one_is_right(place: Place) -> None:
    """What deletion rules read, the clock last; accepting one takes who may approve, and is recorded."""
    found = get(place, "feeds")["feeds"]
    assert found[-1] == {"feed": "clock", "present": None, "before": None, "counted_at": None, "doubt": None}
    assert "contact.activities" in {one["feed"] for one in found}

    assert Api(place).caller("ola", "operate").post("/v1/feeds/clock/accept").status_code == 403
    caller = Api(place).caller("eva", "approve")
    assert caller.post("/v1/feeds/contact.activities/accept").json() == {"feed": "contact.activities", "accepted": True}
    assert caller.post("/v1/feeds/nothing/accept").status_code == 404
    assert acts(place) == [("eva", "feed.accepted", {"feed": "contact.activities"})]
    (counted,) = [one for one in get(place, "feeds")["feeds"] if one["feed"] == "contact.activities"]
    assert counted["before"] == 0


def test_s11_the_chain_is_listed_and_verified(place: Place) -> None:
    """The newest first, by what or rule; an edited entry is named by its place, one that cannot be read stands alone."""
    found = get(place, "audit")["audit"]
    assert [(one["seq"], one["what"]) for one in found] == [(2, "rule.activated"), (1, "rule.activated")]
    assert [one["rule"] for one in get(place, "audit?rule=erase&what=rule.activated")["audit"]] == ["erase"]
    assert get(place, "audit?what=hold.placed")["audit"] == []

    caller = Api(place).caller("ola", "operate")
    whole = caller.post("/v1/audit/verify").json()
    with place.store.database.writing() as connection:
        connection.execute(update(CHAIN).where(CHAIN.c.seq == 2).values(details="x"))
    broken = caller.post("/v1/audit/verify").json()

    assert (whole["verified"], whole["entries"], whole["first_bad"]) == (True, 2, None)
    assert (broken["verified"], broken["first_bad"]["seq"], broken["first_bad"]["what"]) == (False, 2, "edited")
    assert get(place, "audit")["audit"][0]["who"] is None


def test_the_chain_is_verified_once_at_a_time_over_http(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks while another check is under way gets 409, and later an answer."""
    caller, real, met = Api(place).caller("ola", "operate"), verifying.verify, list[int]()

    def nested(*its: Any) -> chain.Checked:
        met.append(caller.post("/v1/audit/verify").status_code)
        return real(*its)

    monkeypatch.setattr(verifying, "verify", nested)
    assert caller.post("/v1/audit/verify").status_code == 200
    monkeypatch.setattr(verifying, "verify", real)
    assert met == [409]
    assert caller.post("/v1/audit/verify").status_code == 200
