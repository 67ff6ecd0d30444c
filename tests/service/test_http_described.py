"""The OpenAPI document: every route says what it takes and answers, with examples, and who may call it."""

import re
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute
from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for

from engine.model.entity import Collection, Entity, Field, FieldType, Model, by_name
from engine.model.shipped import SHIPPED_MODEL
from engine.service.http.access import READ
from engine.service.http.app import PARTS
from engine.service.http.described.document import document_of, operations
from engine.service.http.records import routes_of
from engine.service.http.served import routes
from tests.doors import Api
from tests.installations import Place

ROUTERS = [*(part.ROUTES for part in PARTS), *map(routes_of, SHIPPED_MODEL.entities.values())]
DOCUMENT = document_of(ROUTERS)
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
OPERATIONS = {one["operationId"]: (path, method, one) for path, method, one in operations(DOCUMENT)}
WITHOUT_TOKEN = {"healthz", "readyz"}
SENDING = {"post", "put", "patch"}
SCOPES = {
    "list_holds": ["read"],
    "place_hold": ["operate"],
    "approve_deletions": ["approve"],
    "make_token": ["admin"],
    "list_tokens": ["admin"],
    "contact_status": ["crm", "read"],
    "report_contact": ["read"],
    "put_contact": ["crm"],
    "import_contacts": ["crm"],
    "post_events": ["crm"],
    "post_result": ["crm"],
    "metrics": ["read"],
    "healthz": [],
}
every_operation = pytest.mark.parametrize("name", sorted(OPERATIONS))


def named(content: dict[str, Any]) -> dict[str, Any]:
    """Return the schema that the content of a body or an answer refers to by its name."""
    found: dict[str, Any] = SCHEMAS[content["schema"]["$ref"].rpartition("/")[2]]
    return found


@every_operation
def test_every_route_says_what_it_takes_and_answers_with_examples(name: str) -> None:
    """In a sentence, under a readable name, with a schema that has a name and an example for each body and answer."""
    _, method, one = OPERATIONS[name]

    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", name)
    assert one["summary"].endswith((".", ":", "?")) or one["description"].endswith(".")
    answers = [each for status, each in one["responses"].items() if status.startswith("2")]
    assert [bool(named(content)["examples"]) for each in answers for content in each["content"].values()] == [True]
    bodies = one.get("requestBody", {}).get("content", {})
    assert bool(bodies) == (method in SENDING)
    assert all(named(content)["examples"] for content in bodies.values())


@every_operation
def test_every_route_says_who_may_call_it_and_how_that_fails(name: str) -> None:
    """Without a token 401, without the scope 403; only whether the process lives and is ready needs none."""
    _, method, one = OPERATIONS[name]

    if name in WITHOUT_TOKEN:
        assert (one["security"], one["x-scopes"], "401" in one["responses"]) == ([], [], False)
        return
    assert one["security"][0] == {"token": []}
    assert one["x-scopes"]
    assert {"401", "403", "429", "503"} <= one["responses"].keys()
    assert ({"408", "413", "415", "422"} <= one["responses"].keys()) == (method in SENDING)


def test_scopes_are_those_that_are_asked_for() -> None:
    """They are read off what lets a request pass; and events and results alone may be signed instead."""
    assert {name: OPERATIONS[name][2]["x-scopes"] for name in SCOPES} == SCOPES
    signed = {name for name, (*_, one) in OPERATIONS.items() if {"signature": []} in one["security"]}
    assert signed == {"post_events", "post_result"}
    assert DOCUMENT["components"]["securitySchemes"]["signature"]["name"] == "webhook-signature"


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_every_example_is_what_its_schema_says(name: str) -> None:
    """Who copies an example sends what fits, and reads what comes."""
    schema = SCHEMAS[name] | {"components": DOCUMENT["components"]}
    Draft202012Validator.check_schema(SCHEMAS[name])
    checker = Draft202012Validator(schema, format_checker=validator_for(schema).FORMAT_CHECKER)

    assert [error.message for example in schema["examples"] for error in checker.iter_errors(example)] == []


def test_an_example_has_nothing_that_its_schema_does_not_name() -> None:
    """Also where a schema lets other fields pass."""
    open_ones = {name for name, one in SCHEMAS.items() if isinstance(one.get("additionalProperties"), dict)}
    found = {
        name: set(example) - schema["properties"].keys()
        for name, schema in SCHEMAS.items()
        if name not in open_ones and "properties" in schema
        for example in schema["examples"]
    }

    assert {name: odd for name, odd in found.items() if odd} == {}
    assert open_ones == {"ContactReport"}


def test_headers_are_told_where_they_apply() -> None:
    """Keys at POSTs that act, conditions at records and reading answers, and the request's id everywhere."""

    def asked(name: str) -> set[str]:
        return {one["name"].lower() for one in OPERATIONS[name][2]["parameters"] if one["in"] == "header"}

    assert asked("place_hold") == {"idempotency-key"}
    assert asked("put_contact") == {"if-match", "if-none-match"}
    assert asked("patch_contact") == asked("delete_contact") == {"if-match"}
    assert asked("list_holds") == {"if-none-match"}
    assert asked("import_contacts") == set()
    responses = OPERATIONS["list_holds"][2]["responses"]
    assert {"304", "200"} <= responses.keys()
    assert responses["200"]["headers"].keys() == {"X-Request-Id", "ETag"}
    assert "Retry-After" in DOCUMENT["components"]["responses"]["Problem429"]["headers"]


def test_a_field_that_the_installation_adds_is_described(tmp_path: Path) -> None:
    """The schema of a record is made of the model in force: additions, entities and choices too."""
    fields = by_name(
        (
            Field("name", FieldType.TEXT),
            Field("colour", FieldType.TEXT, choices=("red", "blue")),
            Field("blocked", FieldType.FLAG, guards=True),
            Field("price", FieldType.MONEY),
        )
    )
    notes = Collection("notes", by_name((Field("at", FieldType.DATETIME, required=True),)))
    ship = Entity("ship", "ships", fields, {"notes": notes})
    case = Entity("case", "law_cases", by_name((Field("court", FieldType.TEXT),)))  # we have cases of our own
    added = [routes_of(one) for one in Model({"ship": ship, "case": case}).entities.values()]
    document = document_of([*(part.ROUTES for part in PARTS), *added])

    sent, held = (document["components"]["schemas"][name]["properties"] for name in ("ship-sent", "ship"))
    assert set(sent) == {"id", "version", "name", "colour", "blocked", "price", "notes"}
    assert "red, blue" in sent["colour"]["description"]
    assert Draft202012Validator(sent["blocked"]).is_valid("odd values are taken, and count as set")
    assert held["blocked"]["type"] == ["boolean", "null"]
    assert document["components"]["schemas"]["ship.notes-sent"]["required"] == ["at"]
    assert {"/v1/ships/{record}", "/v1/law_cases/{record}"} <= document["paths"].keys()
    assert {"case", "Case"} <= document["components"]["schemas"].keys()


def test_a_route_that_says_nothing_is_noticed() -> None:
    """The tests above are red for a route without an entry: it has no named answer."""
    made = routes("/v1/silent")

    @made.get("", dependencies=READ)
    def silent() -> dict[str, Any]:
        return {}

    (_, _, one), *_ = operations(document_of([made]))
    assert [status for status in one["responses"] if status.startswith("2")] == []


def test_every_route_of_the_service_is_in_the_document(tmp_path: Path) -> None:
    """It is served to anybody, with the version of the package, and lists every route that there is."""
    found = Api(Place(tmp_path)).anybody().get("/openapi.json").json()

    assert (found["openapi"], found["info"]["title"], found["info"]["license"]["name"]) == (
        "3.1.0",
        "Ansgar",
        "Apache-2.0",
    )
    routed = {
        (one.path_format, method.lower())
        for router in ROUTERS
        for one in router.routes
        if isinstance(one, APIRoute)
        for method in one.methods or ()
    }
    assert {(path, method) for path, method, _ in operations(found)} == routed
    assert found == DOCUMENT


def test_s5_the_page_of_the_api_loads_nothing_from_anywhere(tmp_path: Path) -> None:
    """No script and no foreign host; each operation and each shape is on it."""
    found = Api(Place(tmp_path)).anybody().get("/docs")

    assert found.status_code == 200
    assert "<script" not in found.text
    assert re.findall(r'(?:src|href)="(?!#|openapi\.json")', found.text) == []
    assert found.headers["content-security-policy"].startswith("default-src 'none'")
    assert all(f"{method.upper()} {path}" in found.text for path, method, _ in OPERATIONS.values())
