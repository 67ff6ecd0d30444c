"""Signed calls over HTTP (S4): the CRM signs events and results instead of carrying a token, and nothing else."""

import json
from base64 import b64encode
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks.webhooks import Webhook

from engine.crm.orders import Answered
from engine.service.config import Settings
from engine.service.config_keys import ConfigError
from engine.service.installation import Installation
from engine.service.safeguards import incoming_secrets
from tests.doors import Api, Caller
from tests.installations import Place
from tests.receivers import SECRET
from tests.service.test_events import event
from tests.service.test_results import place_of

FORMER = "whsec_" + b64encode(bytes(range(100, 130))).decode()
EVENTS, RESULT = "/v1/events", "/v1/orders/deletion-1/result"


def api_of(place: Place, *secrets: str) -> Api:
    """Return the API of a place where calls are signed by these secrets."""
    api = Api(place)
    api.service.signed_by = secrets or (SECRET,)
    return api


@pytest.fixture
def api(tmp_path: Path) -> Api:
    """Give the API of an empty place where calls are signed."""
    return api_of(Place(tmp_path))


def signed(api: Api, body: bytes, *, by: str = SECRET, key: str = "m1", late: float = 0) -> dict[str, str]:
    """Return the headers that the official library makes of a call that was signed so many seconds before now."""
    at: datetime = api.place.clock.now() - timedelta(seconds=late)
    signature = Webhook(by).sign(key, at, body.decode())
    return {"webhook-id": key, "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}


def post(api: Api, path: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
    """Post a body."""
    return Caller(api.app, headers).call("POST", path, content=body)


def raw(body: Any) -> bytes:
    """Return JSON as it is sent, and signed."""
    return json.dumps(body).encode()


def test_s4_an_event_that_the_crm_signed_is_taken_once(api: Api) -> None:
    """A call that somebody replays within the five minutes, under its id, changes nothing more."""
    body = raw(event())
    headers = signed(api, body)
    first, again = (post(api, EVENTS, body, headers) for _ in range(2))
    api.place.clock.move(timedelta(minutes=5))
    last = post(api, EVENTS, body, headers)
    api.place.clock.move(timedelta(seconds=1))

    assert (first.status_code, first.json()["accepted"]) == (202, 1)
    assert [(one.status_code, one.json()["accepted"], one.json()["repeated"]) for one in (again, last)] == [
        (202, 0, 1)
    ] * 2
    assert post(api, EVENTS, body, headers).status_code == 401


def test_s4_a_result_that_the_crm_signed_moves_its_order_on_once(tmp_path: Path) -> None:
    """Replayed it is answered as it was; and it is of no other order, though the signature does not cover the address."""
    place = place_of(tmp_path, Answered("accepted"))
    api = api_of(place)
    body = raw({"order": "deletion-1", "result": "deleted"})
    headers = signed(api, body)
    elsewhere = post(api, "/v1/orders/deletion-1-2/result", body, headers)
    unnamed = raw({"result": "deleted"})
    without = post(api, RESULT, unnamed, signed(api, unnamed))
    assert place.deletions()["ghost"][0] == "ordered"
    taken = [post(api, RESULT, body, headers).status_code for _ in range(2)]

    for refused in (elsewhere, without):
        assert (refused.status_code, refused.json()["refusals"][0]["pointer"]) == (422, "/order")
    assert (taken, place.deletions()["ghost"][0]) == ([200, 200], "in_recycle_bin")


def test_a_result_with_a_token_need_not_name_its_order(tmp_path: Path) -> None:
    """The token says who calls, and the address which order it is about."""
    place = place_of(tmp_path, Answered("accepted"))

    assert api_of(place).caller("crm", "crm").post(RESULT, {"result": "deleted"}).status_code == 200
    assert place.deletions()["ghost"][0] == "in_recycle_bin"


def test_s4_two_secrets_are_known_while_one_takes_the_place_of_the_other(tmp_path: Path) -> None:
    """By either, or by both at once; once the former is no longer configured, not by that alone."""
    place, body = Place(tmp_path), raw(event())
    both, new = api_of(place, SECRET, FORMER), api_of(place)
    old_headers = signed(both, body, by=FORMER)
    joined = old_headers | {
        "webhook-signature": f"{old_headers['webhook-signature']} {signed(both, body)['webhook-signature']}"
    }
    found = [post(both, EVENTS, body, one).status_code for one in (signed(both, body), old_headers, joined)]

    assert found == [202, 202, 202]
    assert [post(new, EVENTS, body, one).status_code for one in (joined, old_headers)] == [202, 401]


BODY = raw(event())


@pytest.mark.parametrize(
    ("change", "body", "late"),
    [
        ({}, BODY, 301),
        ({}, BODY, -301),
        ({}, BODY[:-1] + bytes([BODY[-1] ^ 1]), 0),
        ({}, raw(event(id="another")), 0),
        ({}, b"", 0),
        ({}, b"\xff", 0),
        ({"webhook-id": "m2"}, BODY, 0),
        ({"webhook-timestamp": "1772366401"}, BODY, 0),
        ({"webhook-timestamp": "soon"}, BODY, 0),
        ({"webhook-signature": "v1,AAAA"}, BODY, 0),
        *(({name: None}, BODY, 0) for name in ("webhook-id", "webhook-timestamp", "webhook-signature")),
    ],
)
def test_s4_what_is_not_signed_as_it_should_be_is_refused_with_the_same_words(
    api: Api, change: dict[str, str | None], body: bytes, late: float
) -> None:
    """Old, to come, changed by a bit, another's signature, a missing header: 401, nothing taken, nothing explained."""
    said: dict[str, str | None] = {**signed(api, BODY, late=late), **change}
    found = post(api, EVENTS, body, {name: text for name, text in said.items() if text is not None})

    assert (found.status_code, found.headers["www-authenticate"]) == (401, "Bearer")
    assert found.json()["detail"].startswith("the signature does not fit, or its timestamp")
    assert post(api, EVENTS, BODY, signed(api, BODY)).json()["accepted"] == 1


@pytest.mark.parametrize(
    "path", ["contacts/import", "decisions", "rules/check", "plan", "holds", "tokens", "deletions/keep"]
)
def test_s4_a_signature_opens_no_other_route(api: Api, path: str) -> None:
    """Where a token is needed, a signature is none."""
    found = post(api, f"/v1/{path}", b"{}", signed(api, b"{}"))

    assert (found.status_code, "Authorization: Bearer" in found.json()["detail"]) == (401, True)


def test_s4_a_token_is_judged_as_a_token_whatever_else_is_sent(api: Api) -> None:
    """A wrong token is not made good by a signature, a right one not spoilt by a wrong signature."""
    wrong = signed(api, BODY) | {"authorization": "Bearer wrong"}
    right = api.caller("crm", "crm").headers | {"webhook-id": "m1", "webhook-signature": "v1,AAAA"}

    assert [post(api, EVENTS, BODY, one).status_code for one in (wrong, right)] == [401, 202]


def test_s4_without_a_secret_nobody_signs(tmp_path: Path) -> None:
    """Where `server.signed_by` is not configured a token is asked for."""
    api = Api(Place(tmp_path))

    assert post(api, EVENTS, BODY, signed(api, BODY)).status_code == 401


def test_a_signed_call_waits_as_others_do_while_a_backup_is_purged(api: Api) -> None:
    """503, and only to who may call."""
    api.service.purging = True

    assert post(api, EVENTS, BODY, signed(api, BODY)).status_code == 503
    assert post(api, EVENTS, BODY, signed(api, BODY, late=301)).status_code == 401


def installation(folder: Path, **section: Any) -> Installation:
    """Return an installation whose calls are signed by secrets in files."""
    for name, text in (("new", SECRET), ("old", FORMER), ("odd", "not base64!")):
        (folder / name).write_text(text)
        (folder / name).chmod(0o600)
    return Place(folder, settings=Settings.of({"server": {"signed_by": section}})).installation


def test_the_secrets_are_read_from_where_the_configuration_says(tmp_path: Path) -> None:
    """One, two, or none; one that could never sign is told by its key."""
    new, old, odd = ({"file": name} for name in ("new", "old", "odd"))
    assert incoming_secrets(installation(tmp_path, secret=new)) == (SECRET,)
    assert incoming_secrets(installation(tmp_path, secret=new, former_secret=old)) == (SECRET, FORMER)
    assert incoming_secrets(Place(tmp_path).installation) == ()
    with pytest.raises(ConfigError, match=r"`server.signed_by.former_secret` cannot sign"):
        incoming_secrets(installation(tmp_path, secret=new, former_secret=odd))
