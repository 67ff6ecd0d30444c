"""The OpenAPI document: what the routes say of themselves, with all that follows from how they are called."""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

from fastapi import APIRouter
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from engine.service.http.access import BodyFor, Needs
from engine.service.http.described.headers import answered_headers, asked_headers, failed_headers
from engine.service.http.described.problems import PROBLEM, PROBLEM_JSON
from engine.service.http.described.shapes import Schema
from engine.service.http.importing import parts_of
from engine.service.http.signed import signed_body

OPENAPI = "3.1.0"
ABOUT = """\
A rules engine beside a CRM: the CRM tells it of contacts, asks it whom it may use for what, and is told whom to delete.

Every failure is `application/problem+json` (RFC 9457) with a stable `type`. A 2xx answer to a write comes after its
commit. Lists come in pages: send `next` back as `after`. Reading answers carry an entity tag; ask again with
`If-None-Match`. A POST that is sent with an `Idempotency-Key` is carried out once.
"""
LICENCE = {"name": "Apache-2.0", "identifier": "Apache-2.0"}
TOKEN, SIGNATURE = "token", "signature"
SCHEMES: dict[str, Schema] = {
    TOKEN: {
        "type": "http",
        "scheme": "bearer",
        "description": "Made with `ansgar token create`; scopes in `x-scopes`.",
    },
    SIGNATURE: {
        "type": "apiKey",
        "in": "header",
        "name": "webhook-signature",
        "description": "Standard Webhooks, also `webhook-id` and `webhook-timestamp`, by `server.signed_by`.",
    },
}
FROM_ACCESS = (401, 403, 429, 503)
FROM_BODY = (408, 413, 415, 422)
UNSCHEMED = frozenset({"examples", "example", "const", "enum", "default"})  # what they hold is no schema
METHODS = ("get", "put", "post", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Called:
    """How a route is called: with which scopes, whether a body is read, and whether it may be signed, or sent once."""

    scopes: tuple[str, ...] = ()
    has_body: bool = False
    may_be_signed: bool = False
    may_be_once: bool = False

    @classmethod
    def of(cls, route: APIRoute) -> "Called":
        """Return how a route is called, as what it depends on has it."""
        calls = list(_calls(route.dependant))
        asked = [one for one in calls if isinstance(one, Needs | BodyFor)]
        scopes = asked[0].scopes if asked else ()
        is_signed, is_read = signed_body in calls, any(isinstance(one, BodyFor) for one in calls)
        has_body = is_signed or is_read or parts_of in calls
        is_once = "POST" in _methods(route) and (is_signed or is_read)
        return cls(("crm",) if is_signed else scopes, has_body, is_signed, is_once)

    @property
    def problems(self) -> tuple[int, ...]:
        """The statuses of what can be wrong with a call."""
        kinds = ((FROM_ACCESS, bool(self.scopes)), (FROM_BODY, self.has_body), ((409,), self.may_be_once))
        return tuple(status for statuses, applies in kinds if applies for status in statuses)


def document_of(routers: Sequence[APIRouter]) -> Schema:
    """Return the OpenAPI document of all routes of some routers."""
    routes = [one for router in routers for one in router.routes if isinstance(one, APIRoute)]
    found = get_openapi(
        title="Ansgar",
        version=version("ansgar"),
        openapi_version=OPENAPI,
        description=ABOUT,
        license_info=dict(LICENCE),
        routes=routes,
        tags=[{"name": name} for name in dict.fromkeys(map(_tag, routes))],
    )
    for route in routes:
        for method in _methods(route):
            _complete(found["paths"][route.path_format][method.lower()], route)
    named: dict[str, Schema] = {}
    problems = sorted({status for *_, one in operations(found) for status in one["responses"] if status >= "400"})
    responses = {f"Problem{status}": _problem(int(status)) for status in problems}
    found["paths"], responses = _hoisted(found["paths"], named), _hoisted(responses, named)
    schemas = dict(sorted(named.items()))
    found["components"] = {"schemas": schemas, "responses": responses, "securitySchemes": SCHEMES}
    return found


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Schema]]:
    """Give path, method and operation of everything that a document describes."""
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods:
                yield path, method, methods[method]


def _complete(operation: Schema, route: APIRoute) -> None:
    """Say of an operation what follows from how it is called."""
    called, is_get = Called.of(route), "GET" in _methods(route)
    operation |= deepcopy(route.openapi_extra or {})
    operation |= {"operationId": route.operation_id or route.name, "tags": [_tag(route)]}
    operation["summary"] = (route.description or route.name).partition("\n")[0].strip()
    operation["security"] = [{TOKEN: []}, *([{SIGNATURE: []}] if called.may_be_signed else [])] if called.scopes else []
    operation["x-scopes"] = list(called.scopes)
    known = operation.get("parameters", [])
    given = {one["name"].lower() for one in known}
    operation["parameters"] = known + [
        one for one in asked_headers(is_get=is_get, may_be_once=called.may_be_once) if one["name"].lower() not in given
    ]
    operation["responses"] = dict(sorted(_responses(route, called, is_read=_is_read(known)).items()))


def _responses(route: APIRoute, called: Called, *, is_read: bool) -> Schema:
    """Return all that a route can answer, by status."""
    is_get = "GET" in _methods(route)
    found: Schema = {}
    for status, told in route.responses.items():
        if int(status) < HTTPStatus.BAD_REQUEST:
            headers = answered_headers(is_get=is_get, may_be_once=called.may_be_once)
            found[str(status)] = {"description": _phrase(int(status)), "headers": headers, **deepcopy(told)}
    if is_get:
        headers = answered_headers(is_get=True, may_be_once=False)
        found["304"] = {"description": "It is what `If-None-Match` names.", "headers": headers}
    failing = {int(status) for status in route.responses if int(status) >= HTTPStatus.BAD_REQUEST} | {*called.problems}
    for status in failing | ({422} if is_read else set()):
        found[str(status)] = {"$ref": f"#/components/responses/Problem{status}"}
    return found


def _problem(status: int) -> Schema:
    content = {PROBLEM_JSON: {"schema": PROBLEM}}
    return {"description": _phrase(status), "headers": failed_headers(status), "content": content}


def _methods(route: APIRoute) -> set[str]:
    return route.methods or set()


def _is_read(parameters: Sequence[Mapping[str, Any]]) -> bool:
    """True where an address can be written so that it is refused: by its query, or by what is no number."""
    return any(one["in"] == "query" or one["schema"].get("type") == "integer" for one in parameters)


def _calls(dependant: Dependant) -> Iterator[object]:
    yield dependant.call
    for one in dependant.dependencies:
        yield from _calls(one)


def _tag(route: APIRoute) -> str:
    """Return the group of a route: the first word of its address."""
    words = [one for one in route.path.split("/") if one and one != "v1"]
    return words[0] if route.path.startswith("/v1/") else "operation"


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase


def _hoisted(part: Any, named: dict[str, Schema]) -> Any:
    """Return a part of a document in which schemas that have a name are references, and note these schemas."""
    if isinstance(part, list):
        return [_hoisted(one, named) for one in part]
    if not isinstance(part, dict):
        return part
    found = {key: one if key in UNSCHEMED else _hoisted(one, named) for key, one in part.items()}
    title = found.get("title")
    if not isinstance(title, str) or "examples" not in found:
        return found
    if named.setdefault(title, found) != found:
        raise AssertionError(f"two schemas are called {title}")
    return {"$ref": f"#/components/schemas/{title}"}
