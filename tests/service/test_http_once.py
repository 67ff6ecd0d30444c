"""Requests with an idempotency key: carried out once, answered as before, and never mistaken for others."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from engine.store import answers
from engine.store.access_tables import ANSWER
from tests.doors import Api, Caller
from tests.installations import Place

HOLD = {"contact": "anna", "reason": "a lawsuit"}


@pytest.fixture
def api(tmp_path: Path) -> Api:
    """Give the API of a place with somebody in it."""
    place = Place(tmp_path)
    place.take({"id": "anna", "name": "Anna Quill"}, {"id": "bo"})
    return Api(place)


def with_key(caller: Caller, key: str) -> Caller:
    """Return the same caller with an idempotency key."""
    return Caller(caller.app, caller.headers | {"idempotency-key": key})


def holds(api: Api) -> int:
    """Return how many holds there are."""
    return len(api.caller("rita", "read").get("/v1/holds").json()["holds"])


def test_the_same_again_is_answered_as_it_was_and_done_once(api: Api) -> None:
    """Status and body are those of the first time, and a header says so."""
    eva = with_key(api.caller("eva", "operate"), "k1")
    first, again = eva.post("/v1/holds", HOLD), eva.post("/v1/holds", HOLD)

    assert (
        (first.status_code, first.json()) == (again.status_code, again.json()) == (201, {"hold": 1, "contact": "anna"})
    )
    assert [one.headers.get("idempotency-replayed") for one in (first, again)] == [None, "true"]
    assert holds(api) == 1


@pytest.mark.parametrize(("path", "body"), [("/v1/holds", HOLD | {"reason": "another"}), ("/v1/holds/1/lift", {})])
def test_a_key_with_another_request_is_refused(api: Api, path: str, body: dict[str, Any]) -> None:
    """409, whether the body or the address is another; nothing is done."""
    eva = with_key(api.caller("eva", "operate"), "k1")
    eva.post("/v1/holds", HOLD)
    found = eva.post(path, body)

    assert (found.status_code, found.json()["type"].rpartition("/")[2]) == (409, "key-reused")
    assert holds(api) == 1


def test_keys_of_different_callers_are_different_keys(api: Api) -> None:
    """What somebody else asked under the same key is not told."""
    for name in ("eva", "dag"):
        assert with_key(api.caller(name, "operate"), "k1").post("/v1/holds", HOLD).status_code == 201
    assert holds(api) == 2


def test_what_was_refused_can_be_asked_again_under_its_key(api: Api) -> None:
    """A refusal has changed nothing, so that nothing stands against carrying it out later."""
    eva = with_key(api.caller("eva", "operate"), "k1")
    assert eva.post("/v1/holds", HOLD | {"contact": "carl"}).status_code == 404
    api.place.take({"id": "carl"})
    assert eva.post("/v1/holds", HOLD | {"contact": "carl"}).status_code == 201


def test_who_may_not_is_not_told_what_was_answered(api: Api) -> None:
    """A token that has lost its scope, or another one: 403 and 401 come first."""
    eva = with_key(api.caller("eva", "operate"), "k1")
    eva.post("/v1/holds", HOLD)
    reader = with_key(api.caller("rita", "read"), "k1")
    nobody = with_key(api.anybody(), "k1")

    assert [one.post("/v1/holds", HOLD).status_code for one in (reader, nobody)] == [403, 401]


def test_what_is_being_carried_out_is_not_begun_twice_and_a_crash_frees_it(api: Api) -> None:
    """409 while there is no answer yet; after minutes there will be none, and the request is carried out."""
    eva = with_key(api.caller("eva", "operate"), "k1")
    eva.post("/v1/holds", HOLD)
    with api.place.store.database.writing() as connection:
        connection.execute(update(ANSWER).values(status=None, body=None))
    found = eva.post("/v1/holds", HOLD)
    assert (found.status_code, found.json()["type"].rpartition("/")[2]) == (409, "in-progress")
    api.place.clock.move(answers.PATIENCE + timedelta(seconds=1))
    assert eva.post("/v1/holds", HOLD).status_code == 201


def test_answers_are_forgotten_after_a_day(api: Api) -> None:
    """The key is free then; what nobody asks for again goes with the service's other records."""
    eva = with_key(api.caller("eva", "operate"), "k1")
    eva.post("/v1/holds", HOLD)
    api.place.clock.move(answers.KEPT + timedelta(seconds=1))
    with api.place.store.database.writing() as connection:
        assert answers.prune(connection, api.place.clock.now()) == 1
    assert eva.post("/v1/holds", HOLD).json()["hold"] == 2


def test_a_token_is_made_anew_each_time_for_it_is_kept_nowhere(api: Api) -> None:
    """No stored answer has one in it, whatever key it was asked with."""
    admin = with_key(api.caller("ada", "admin"), "k1")
    made = [admin.post("/v1/tokens", {"name": "x", "scopes": ["read"]}).json()["token"] for _ in range(2)]

    assert made[0] != made[1]
    with api.place.store.database.reading() as connection:
        assert connection.execute(select(ANSWER.c.body)).all() == []


@pytest.mark.parametrize("key", ["", "x" * 201])
def test_a_key_that_is_none_is_refused(api: Api, key: str) -> None:
    """Empty, or longer than anybody needs."""
    assert with_key(api.caller("eva", "operate"), key).post("/v1/holds", HOLD).status_code == 422


def test_whoever_reads_or_puts_may_send_a_key_all_the_same(api: Api) -> None:
    """GET and PUT are the same however often; the key does nothing."""
    crm = with_key(api.caller("crm", "crm"), "k1")

    assert [crm.get("/v1/selections").status_code for _ in range(2)] == [200, 200]
    assert [crm.call("PUT", f"/v1/contacts/{one}", json={"name": one}).status_code for one in "xy"] == [200, 200]
