"""Records over HTTP: what is sent replaces or joins what is held, if it is still what the caller saw."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.doors import Api, Caller
from tests.installations import Place

ANNA: dict[str, Any] = {"name": "Anna", "country": "NO", "tags": ["a"], "sales": [{"id": "s1", "status": "open"}]}


@pytest.fixture
def crm(tmp_path: Path) -> Caller:
    """Give a CRM that calls an empty place."""
    return Api(Place(tmp_path)).caller("crm", "crm")


def put(crm: Caller, path: str, record: dict[str, Any], **headers: str) -> Any:
    """Send a record; return status and answer."""
    return changed(crm, "PUT", path, record, headers)


def changed(crm: Caller, method: str, path: str, record: dict[str, Any], headers: dict[str, str]) -> Any:
    """Send a change; return status and answer."""
    with_headers = Caller(crm.app, crm.headers | {name.replace("_", "-"): text for name, text in headers.items()})
    found = with_headers.call(method, f"/v1/{path}", json=record)
    return found.status_code, found.json()


def held(crm: Caller, path: str) -> Any:
    """Return what is held."""
    return crm.get(f"/v1/{path}").json()


def test_put_replaces_what_it_names_and_patch_joins_it(crm: Caller) -> None:
    """A named collection is replaced whole by PUT; PATCH adds items to it, and changes those with the same id."""
    put(crm, "contacts/anna", ANNA)
    put(crm, "contacts/anna", {"country": "SE", "sales": [{"id": "s2", "status": "open"}]})
    assert held(crm, "contacts/anna") == {
        "id": "anna",
        "name": "Anna",
        "country": "SE",
        "tags": ["a"],
        "sales": [{"id": "s2", "status": "open"}],
    } | {key: [] for key in ("activities", "requests", "consents")}
    status, answer = changed(
        crm, "PATCH", "contacts/anna", {"name": None, "sales": [{"id": "s2", "status": "sold"}, {"id": "s3"}]}, {}
    )

    assert (status, answer) == (200, {"id": "anna", "created": False, "changed": True, "outdated": False})
    found = held(crm, "contacts/anna")
    assert ("name" in found, found["sales"]) == (False, [{"id": "s2", "status": "sold"}, {"id": "s3"}])


def test_what_is_not_held_can_be_put_and_not_patched(crm: Caller) -> None:
    """A PATCH of nobody is 404 and makes nobody; what is unknown to the model is named."""
    assert changed(crm, "PATCH", "contacts/bo", {"name": "Bo"}, {})[0] == 404
    assert crm.get("/v1/contacts/bo").status_code == 404
    status, answer = put(crm, "contacts/bo", {"nam": "Bo"})
    assert (status, answer["refusals"][0]["pointer"]) == (422, "/nam")
    assert put(crm, "contacts/bo", {"id": "other"})[0] == 422
    assert put(crm, "contacts/bo", {"name": "Bo"})[1]["created"] is True


def test_an_older_version_is_told_apart(crm: Caller) -> None:
    """It changes nothing, and the answer says why."""
    put(crm, "contacts/anna", ANNA | {"version": 7})

    assert put(crm, "contacts/anna", {"country": "DK", "version": 6})[1]["outdated"] is True
    assert held(crm, "contacts/anna")["country"] == "NO"


@pytest.mark.parametrize(("plural", "record"), [("companies", {"name": "Q"}), ("projects", {"status": "open"})])
def test_companies_and_projects_are_kept_as_contacts_are(crm: Caller, plural: str, record: dict[str, Any]) -> None:
    """The same routes, the fields of their own."""
    assert put(crm, f"{plural}/x", record)[1]["created"] is True
    assert held(crm, f"{plural}/x").items() >= record.items()
    line = json.dumps({"id": "y", **record}).encode()
    assert crm.call("POST", f"/v1/{plural}/import", content=line + b"\n{}\n").json()["created"] == 1
    assert crm.call("DELETE", f"/v1/{plural}/x").json() == {"id": "x", "deleted": True}
    assert crm.call("DELETE", f"/v1/{plural}/x").status_code == 404


@pytest.mark.parametrize("record", ["a/b", "a/b/status", "å ä?#%", "..", "a%2Fb", "import"])
def test_any_id_can_be_addressed(crm: Caller, record: str) -> None:
    """Slashes, signs of addresses, and words of our own: percent-encoded, as every part of an address."""
    encoded = "".join(f"%{byte:02X}" for byte in record.encode())
    assert put(crm, f"contacts/{encoded}", {"name": "X"})[0] == 200

    assert held(crm, f"contacts/{encoded}")["id"] == record
    assert held(crm, f"contacts/{encoded}/status")["contact"] == record


def test_a_change_is_taken_only_where_it_was_made_from_what_is_held(crm: Caller) -> None:
    """`If-Match` with the tag of a GET; after somebody else's change it is 412, and nothing is changed."""
    put(crm, "contacts/anna", ANNA)
    tag = crm.get("/v1/contacts/anna").headers["etag"]
    assert put(crm, "contacts/anna", {"country": "SE"}, if_match=tag)[0] == 200
    for method in ("PUT", "PATCH", "DELETE"):
        status, answer = changed(crm, method, "contacts/anna", {"country": "DK"}, {"if_match": tag})
        assert (status, answer["type"].rpartition("/")[2]) == (412, "changed-since")

    assert held(crm, "contacts/anna")["country"] == "SE"
    assert put(crm, "contacts/anna", {"country": "DK"}, if_match="*")[0] == 200
    assert put(crm, "contacts/bo", {"country": "DK"}, if_match="*")[0] == 412


def test_only_who_is_not_held_yet_is_made(crm: Caller) -> None:
    """`If-None-Match: *` with PUT."""
    assert put(crm, "contacts/anna", ANNA, if_none_match="*")[0] == 200
    assert put(crm, "contacts/anna", {"country": "DK"}, if_none_match="*")[0] == 412
    assert held(crm, "contacts/anna")["country"] == "NO"


@pytest.mark.parametrize("path", ["contacts/anna", "contacts/anna/status", "selections"])
def test_what_has_not_changed_is_not_sent_again(crm: Caller, path: str) -> None:
    """304 without a body for the tag that was seen; the whole answer after a change, or for another tag."""
    put(crm, "contacts/anna", ANNA | {"restrict_processing": False})
    first = crm.get(f"/v1/{path}")
    headers = crm.headers | {"if-none-match": f'"x", W/{first.headers["etag"]}'}
    again = Caller(crm.app, headers).get(f"/v1/{path}")

    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert Caller(crm.app, crm.headers | {"if-none-match": '"x"'}).get(f"/v1/{path}").status_code == 200
    put(crm, "contacts/anna", {"restrict_processing": True})
    if path != "selections":
        assert Caller(crm.app, headers).get(f"/v1/{path}").status_code == 200


def test_every_answer_has_the_id_of_its_request(crm: Caller) -> None:
    """That which it came with, if it can be repeated; else one of our own."""
    named = Caller(crm.app, crm.headers | {"x-request-id": "ab-1"}).get("/v1/selections")
    odd = Caller(crm.app, crm.headers | {"x-request-id": "a b" * 40}).get("/v1/nothing")

    assert named.headers["x-request-id"] == "ab-1"
    assert len(odd.headers["x-request-id"]) == 32
