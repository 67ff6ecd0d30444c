"""The API does what it says of itself: Schemathesis sends what fits and what does not, and holds every answer to it."""

import asyncio
import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy
from schemathesis import Case, SerializationContext
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks

from engine.model.shipped import SHIPPED_MODEL
from engine.service.http.app import PARTS
from engine.service.http.described.document import document_of, operations
from engine.service.http.described.records import NDJSON
from engine.service.http.records import routes_of
from engine.store import notices, recipients
from tests.doors import Api, Caller
from tests.service.test_destroying import GHOST, RULE, pass_days
from tests.service.test_reviewing import CAUSES, place_for

CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
MARKING = """\
  - rule: mark
    title: Mark them
    stage: live
    if: [{field: category, is: Prospect}]
    then: [{keep_in_selection: marked}, {raise_alert: {severity: blocking, message: "{{ contact.name }}", blocks: [email]}}]
"""
RULES = RULE.replace("messages:\n", MARKING + "messages:\n")
UNSURE = CAUSES["no_automated_decisions"]
PROSPECTS = [GHOST | {"id": f"g{n}", "email": f"g{n}@example.se"} | UNSURE for n in range(3)]
THERE = {  # what the addresses of the place below can name
    "contact": "ghost",
    "record": "ghost",
    "deletion": 1,
    "hold": 1,
    "alert": 1,
    "run": 1,
    "review": 1,
    "rule": "erase",
    "name": "marked",
    "token": 1,
    "order": "deletion-1",
    "permission": 1,
    "feed": "clock",
}
EACH = settings(max_examples=5, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))


def closed(part: Any) -> Any:
    """Return schemas that let nothing pass which they do not name: an answer has what is described, and no more."""
    if isinstance(part, list):
        return [closed(one) for one in part]
    if not isinstance(part, dict):
        return part
    found = {key: one if key in {"examples", "const", "enum"} else closed(one) for key, one in part.items()}
    is_object = found.get("type") == "object" and isinstance(found.get("properties"), dict)
    return {"additionalProperties": False} | found if is_object else found


DOCUMENT = document_of([*(part.ROUTES for part in PARTS), *map(routes_of, SHIPPED_MODEL.entities.values())])
STRICT = deepcopy(DOCUMENT) | {
    "components": DOCUMENT["components"]
    | {
        "schemas": {
            name: one if name == "Event" else closed(one) for name, one in DOCUMENT["components"]["schemas"].items()
        }
    }
}
SCHEMA = schemathesis.openapi.from_dict(STRICT)
OPERATIONS = [one.ok() for one in SCHEMA.get_all_operations() if isinstance(one, Ok)]
GROUPS = sorted({tag for one in OPERATIONS for tag in one.tags or ()})


@schemathesis.serializer(NDJSON)
def as_lines(_context: SerializationContext, value: Any) -> bytes:
    """Return lines as they are sent."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


@pytest.fixture
def admin(tmp_path: Path) -> Caller:
    """Give somebody who may do everything, in a place with contacts, a deletion, a hold, an alert and what follows."""
    place = place_for(tmp_path, RULES, GHOST | UNSURE)
    pass_days(place, 15)
    place.take({"id": "ghost", "restrict_processing": True, "sales": [{"id": "s", "amount": 12.5}]}, {"id": "bo"})
    caller = Api(place).caller("eva", "admin")
    assert caller.post("/v1/holds", {"contact": "ghost", "reason": "lawsuit"}).status_code == 201
    permit = {"use": "deletion", "ground": "consent", "said": "2026-03-16"}
    assert caller.post("/v1/restrictions/ghost/permit", permit).status_code == 201
    return caller


def sent(admin: Caller, case: Case[Any]) -> httpx.Response:
    """Return the answer to a request that was made up, sent by somebody who may do everything."""
    told = case.as_transport_kwargs(base_url="http://ansgar")
    made = {name.lower(): str(word).encode("utf-8") for name, word in told["headers"].items()}
    made |= {name: word.encode() for name, word in admin.headers.items()}
    content = told.get("data", b"")
    if "json" in told:
        content = json.dumps(told["json"]).encode()
    if isinstance(content, str):
        content = content.encode("utf-8", "surrogatepass")

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(admin.app)
        async with httpx.AsyncClient(transport=transport) as client:
            return await client.request(
                told["method"], told["url"], params=told.get("params"), headers=made, content=content
            )

    return asyncio.run(ask())


@pytest.mark.parametrize("group", GROUPS)
def test_s5_every_answer_is_what_the_route_says_of_itself(group: str, admin: Caller) -> None:
    """Of what fits, about somebody who is there and somebody who is not, and of what does not fit."""
    for operation in OPERATIONS:
        if group in (operation.tags or ()):
            there = {one: THERE[one] for one in THERE if f"{{{one}}}" in operation.path}
            if there:
                hold(admin, operation.as_strategy(GenerationMode.POSITIVE, path_parameters=there))
            hold(admin, operation.as_strategy(GenerationMode.POSITIVE))
            hold(admin, operation.as_strategy(GenerationMode.NEGATIVE))


def hold(admin: Caller, cases: SearchStrategy[Case[Any]]) -> None:
    """Hold the API to what it says of some requests."""

    @EACH
    @given(case=cases)
    def each(case: Case[Any]) -> None:
        case.validate_response(sent(admin, case), checks=CHECKS)

    each()


PAGED = sorted(
    path
    for path, method, one in operations(DOCUMENT)
    if method == "get" and {"after", "limit"} <= {each["name"] for each in one["parameters"]}
)


@pytest.fixture
def crowded(tmp_path: Path) -> Caller:
    """Give a reader of a place in which every list has three entries at least."""
    place = place_for(tmp_path, RULES, *PROSPECTS, *({"id": f"x{n}"} for n in range(4)))
    pass_days(place, 15)
    place.take(*({"id": f"g{n}", "restrict_processing": True} for n in range(3)))
    caller = Api(place).caller("eva", "admin")
    for n in range(3):
        assert caller.post("/v1/holds", {"contact": f"g{n}", "reason": "lawsuit"}).status_code == 201
    with place.store.database.writing() as connection:
        notices.add(connection, ("limit", "mark"), {"rule": "mark"}, ("eva", "dag"), place.clock.now())
        for n in range(3):
            matter = recipients.Matter("erasure", "contact", n, f"e{n}", f"deletion-{n}")
            recipients.add(connection, ("books",), matter, "hash", place.clock.now())
    return caller


@pytest.mark.parametrize("path", PAGED)
def test_next_is_sent_back_as_after_and_leads_through_all(path: str, crowded: Caller) -> None:
    """Page by page comes what comes at once, each entry once, in the same order."""
    address, field = path.replace("{name}", "marked"), path.rpartition("/")[2]
    all_at_once = crowded.get(f"{address}?limit=500").json()[field]
    assert len(all_at_once) >= 3

    found, after, goes_on = list[Any](), "", None
    for _ in range(len(all_at_once) + 1):
        page = crowded.get(f"{address}?limit=1{after}").json()
        found, goes_on = found + page[field], page["next"]
        if goes_on is None or not page[field]:
            break
        after = f"&after={goes_on}"
    assert found == all_at_once
    assert goes_on is None or path.endswith("/changes")  # whose cursor is to be kept
