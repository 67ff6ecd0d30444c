"""Events over HTTP: CloudEvents as the official SDK writes them, in one or in a batch; what is refused, and how."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from cloudevents.core.bindings.http import HTTPMessage, to_binary, to_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from sqlalchemy import select

from engine.service.config import Settings
from engine.store.tables import INBOX
from tests.doors import Api
from tests.installations import Place

BATCH = "application/cloudevents-batch+json"
EVENT: dict[str, Any] = {
    "specversion": "1.0", "source": "/crm", "id": "1", "type": "crm.contact.changed", "subject": "4711",
    "data": {"country": "NO"},
}  # fmt: skip
ACCEPTED = {"accepted": 1, "repeated": 0, "refused": []}


def made(number: int = 1, data: Any = None, **more: Any) -> CloudEvent:
    """Return an event as a developer makes it with the SDK, extension and time included."""
    attributes = {
        "source": "/crm", "id": str(number), "type": "crm.contact.changed", "subject": f"c{number}",
        "time": datetime(2026, 3, 1, 11, tzinfo=UTC), "traceparent": "00-abc-def-01",
    }  # fmt: skip
    return CloudEvent(attributes | more, {"country": "NO"} if data is None else data)


def post(place: Place, content: bytes, kind: str | None, **headers: str) -> httpx.Response:
    """Post a body of a content type."""
    caller = Api(place).caller("crm", "crm")
    caller.headers.update(headers | ({} if kind is None else {"content-type": kind}))
    return caller.call("POST", "/v1/events", content=content)


def sent(place: Place, message: HTTPMessage) -> httpx.Response:
    """Post what the SDK has written."""
    headers = {name.lower(): str(value) for name, value in message.headers.items()}
    return post(place, message.body, headers.pop("content-type", None), **headers)


def kept(place: Place) -> list[tuple[str, str]]:
    """Return id and body of the events that are kept."""
    with place.store.database.reading() as connection:
        return [(row.event, row.body) for row in connection.execute(select(INBOX).order_by(INBOX.c.seq))]


def test_what_the_sdk_writes_is_taken(tmp_path: Path) -> None:
    """Structured, and a batch of what it writes; extensions are let be and kept nowhere."""
    place, form = Place(tmp_path), JSONFormat()
    single = sent(place, to_structured(made(), form))
    several = b"[" + b",".join(form.write(made(number)) for number in (1, 2, 3)) + b"]"
    batch = post(place, several, BATCH)
    declared = sent(place, to_structured(made(4, datacontenttype="application/json; charset=utf-8"), form))

    assert (single.status_code, single.json()) == (202, ACCEPTED)
    assert (batch.status_code, batch.json()) == (202, {"accepted": 2, "repeated": 1, "refused": []})
    assert (declared.status_code, declared.json()) == (202, ACCEPTED)
    assert kept(place) == [(str(number), '{"country": "NO"}') for number in (1, 2, 3, 4)]


@pytest.mark.parametrize("body", [EVENT, [EVENT]])
@pytest.mark.parametrize("kind", ["application/json", "Application/JSON; charset=utf-8"])
def test_plain_json_is_taken_too(tmp_path: Path, body: Any, kind: str) -> None:
    """An object or a list, as developers send it."""
    found = post(Place(tmp_path), json.dumps(body).encode(), kind)

    assert (found.status_code, found.json()) == (202, ACCEPTED)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/cloudevents+xml"])
def test_another_content_type_is_told_the_right_ones(tmp_path: Path, kind: str | None) -> None:
    """415, before anything of the body is looked at."""
    found = post(Place(tmp_path), b"{", kind)

    assert (found.status_code, found.headers["content-type"]) == (415, "application/problem+json")
    assert found.json()["accepted"] == ["application/cloudevents+json", BATCH, "application/json"]
    assert BATCH in found.json()["detail"]


def test_attributes_in_headers_are_not_read(tmp_path: Path) -> None:
    """What the SDK calls binary mode is refused with the way that is taken, and never mistaken for something else."""
    found = sent(Place(tmp_path), to_binary(made(datacontenttype="application/json"), JSONFormat()))

    assert (found.status_code, "attributes in headers" in found.json()["detail"]) == (415, True)


def test_s3_who_may_not_is_told_so_before_the_content_type(tmp_path: Path) -> None:
    """401 and 403 come first."""
    api = Api(Place(tmp_path))

    assert api.anybody().call("POST", "/v1/events", content=b"{").status_code == 401
    assert api.caller("reader", "read").call("POST", "/v1/events", content=b"{").status_code == 403


@pytest.mark.parametrize(
    ("body", "kind"), [([EVENT], "application/cloudevents+json"), (EVENT, "application/cloudevents-batch+json")]
)
def test_a_list_is_a_batch_and_an_object_is_none(tmp_path: Path, body: Any, kind: str) -> None:
    """What is sent as the other is refused with its right name; nothing is taken."""
    place = Place(tmp_path)
    found = post(place, json.dumps(body).encode(), kind)

    assert (found.status_code, "send it as" in found.json()["detail"], kept(place)) == (422, True, [])


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"specversion": "0.3"}, "/specversion"),
        ({"subject": None}, "/subject"),
        ({"source": ""}, "/source"),
        ({"datacontenttype": "text/xml"}, "/datacontenttype"),
        ({"datacontenttype": 5}, "/datacontenttype"),
        ({"data_base64": "e30="}, "/data_base64"),
        ({"data": "text"}, "/data"),
        ({"time": "yesterday"}, "/time"),
        ({"data": {"emial": "x"}}, "/data/emial"),
        ({"type": "crm.sale.logged", "data": {"amount": "x"}}, "/data/amount"),
        ({"type": "crm.consent.given", "data": {"purpose": None}}, "/data/purpose"),
        ({"type": "crm.contact.merged", "data": {}}, "/data/into"),
        ({"type": "crm.contact.merged", "data": {"into": "4711"}}, "/data/into"),
        ({"type": "crm.contact.merged", "data": {"into": "nobody"}}, "/data/into"),
        ({"type": "crm.contact.merged", "data": {"into": "1", "name": "x"}}, "/data/name"),
    ],
)
def test_a_single_event_that_does_not_fit_is_a_failure_with_a_pointer(
    tmp_path: Path, change: dict[str, Any], pointer: str
) -> None:
    """422, and nothing is taken; in a batch it is refused alone, and its pointer has its index."""
    place = Place(tmp_path)
    alone = post(place, json.dumps(EVENT | change).encode(), "application/json")
    batch = post(place, json.dumps([EVENT | {"id": "other", "subject": "5"}, EVENT | change]).encode(), BATCH)

    assert (alone.status_code, alone.headers["content-type"]) == (422, "application/problem+json")
    assert [one["pointer"] for one in alone.json()["refusals"]] == [pointer]
    (listed,) = batch.json()["refused"]
    assert (batch.json()["accepted"], listed["index"], listed["reason"]) == (1, 1, "INVALID")
    assert [one["pointer"] for one in listed["refusals"]] == [f"/1{pointer}"]
    assert [found for found, _ in kept(place)] == ["other"]


def test_binary_data_of_the_sdk_is_refused(tmp_path: Path) -> None:
    """Bytes become `data_base64`, which says nothing here."""
    found = sent(Place(tmp_path), to_structured(made(data=b"{}"), JSONFormat()))

    assert (found.status_code, found.json()["refusals"][0]["pointer"]) == (422, "/data_base64")


@pytest.mark.parametrize("data", [{}, {"data": None}])
def test_an_event_may_come_without_data(tmp_path: Path, data: dict[str, Any]) -> None:
    """Of a deletion there is nothing else to be said."""
    event = {name: value for name, value in EVENT.items() if name != "data"} | {"type": "crm.contact.deleted"}

    assert post(Place(tmp_path), json.dumps(event | data).encode(), "application/json").status_code == 202


def test_a_type_that_is_not_known_is_kept_or_refused(tmp_path: Path) -> None:
    """Patterns may wait for it; who wants slips to be found has them refused, with the likest type."""
    place = Place(tmp_path)
    slip = json.dumps(EVENT | {"type": "crm.mailing.bounce"}).encode()
    assert post(place, slip, "application/json").json() == ACCEPTED
    place.installation = replace(place.installation, settings=Settings.of({"events": {"unknown_types": "refuse"}}))
    found = post(place, slip.replace(b'"id": "1"', b'"id": "2"'), "application/json")

    assert (found.status_code, found.json()["refusals"][0]["pointer"]) == (422, "/type")
    assert found.json()["detail"] == "no such type; did you mean `crm.mailing.bounced`?"
    assert post(place, json.dumps(EVENT | {"id": "3"}).encode(), "application/json").json() == ACCEPTED


def test_l9_what_else_was_said_of_somebody_who_is_deleted_is_kept_nowhere(tmp_path: Path) -> None:
    """The event is known, so that it is taken once; its data is not."""
    place = Place(tmp_path)
    event = EVENT | {"type": "crm.contact.deleted", "data": {"name": "Canary"}}
    post(place, json.dumps(event).encode(), "application/json")

    assert kept(place) == [("1", "{}")]
