"""Odd words and numbers over HTTP (S5): what no store can keep or count is refused in a sentence, and breaks nothing."""

import json
from pathlib import Path
from typing import Any

import pytest

from engine.model.shipped import SHIPPED_MODEL
from engine.service.http.app import PARTS
from engine.service.http.described.document import document_of, operations
from engine.service.http.records import routes_of
from tests.doors import Api, Caller
from tests.service.test_reviewing import waiting

DOCUMENT = document_of([*(part.ROUTES for part in PARTS), routes_of(SHIPPED_MODEL.entity("contact"))])
HUGE = (str(2**62), str(2**63), "9" * 5000, str(-(2**63) - 1))
ODD = ("a%00b", "%1F", "%2F", "a" * 300, "%ED%A0%80")
TEXTS = ("\0", "a\0b", "\ud800", "\udfff and more", "\x1f", "\U0001f600", "x" * 30_000)
REASON = "looked"
BODIES: dict[str, dict[str, Any]] = {
    "/v1/decisions": {"use": "email", "purpose": "marketing", "contacts": ["ghost"]},
    "/v1/deletions/approve": {"ids": [1], "digest": "d", "reason": REASON},
    "/v1/deletions/keep": {"ids": [1], "reason": REASON},
    "/v1/deletions/restore": {"ids": [1], "reason": REASON},
    "/v1/holds": {
        "contact": "ghost",
        "reason": REASON,
        "name": "n",
        "owner": "eva",
        "review": "2030-01-01",
        "entity": "contact",
    },
    "/v1/restrictions/ghost/lift": {"told": "2026-03-16", "entity": "contact"},
    "/v1/restrictions/ghost/permit": {"use": "deletion", "ground": "consent", "said": "2026-03-16"},
    "/v1/reviews/1/answer": {"answer": "keep", "reason": REASON},
    "/v1/rules/check": {"files": {"a.yaml": "rules: []"}},
    "/v1/plan": {"files": {"a.yaml": "rules: []"}},
    "/v1/rules/erase/runs": {"inputs": {"a": "b"}},
    "/v1/orders/deletion-1/result": {"result": "deleted", "reason": REASON, "order": "deletion-1"},
    "/v1/orders/intent-1/result": {"result": "done", "reason": REASON},
    "/v1/tokens": {"name": "x", "scopes": ["read"], "expires": "90 days"},
    "/v1/events": {"specversion": "1.0", "source": "s", "id": "1", "type": "t", "subject": "ghost", "data": {"a": "b"}},
}
INTEGERS = {
    "/v1/deletions/approve": ("batch", "ids"),
    "/v1/deletions/keep": ("ids",),
    "/v1/deletions/restore": ("ids",),
}


@pytest.fixture
def admin(tmp_path: Path) -> Caller:
    """Give somebody who may do everything, where a deletion waits for a person."""
    place = waiting(tmp_path)
    place.take({"id": "ghost", "restrict_processing": True})
    return Api(place).caller("eva", "admin")


def test_s5_no_address_breaks_the_service(admin: Caller) -> None:
    """Numbers beyond what is counted, NUL, and what is no text: each part of each address, and each query."""
    found = []
    for path, method, one in operations(DOCUMENT):
        parts = [each for each in one["parameters"] if each["in"] in {"path", "query"}]
        for part in parts:
            for word in (*HUGE, *ODD):
                sent = path.replace(f"{{{part['name']}}}", word)
                for other in parts:
                    number = other["schema"].get("type") == "integer"
                    sent = sent.replace(f"{{{other['name']}}}", "1" if number else "ghost")
                query = "" if part["in"] == "path" else f"?{part['name']}={word}"
                needed = "&rule=erase" if path.endswith("explain") and part["name"] != "rule" else ""
                answer = admin.call(
                    method.upper(), sent + (query or "?") + needed, content=b"{}" if method != "get" else b""
                )
                if answer.status_code >= 500:
                    found.append((method, path, part["name"], word[:20], answer.status_code))

    assert found == []


@pytest.mark.parametrize("path", BODIES)
def test_s5_no_text_of_a_body_breaks_the_service(path: str, admin: Caller) -> None:
    """NUL and lone surrogates are refused wherever they stand, and so are keys that hold them."""
    found = []
    for odd in TEXTS:
        for body in oddly(BODIES[path], odd):
            answer = admin.call("POST", path, content=json.dumps(body).encode())
            if answer.status_code >= 500:
                found.append((json.dumps(body)[:150], answer.status_code))

    assert found == []


@pytest.mark.parametrize("path", INTEGERS)
def test_s5_no_number_of_a_body_breaks_the_service(path: str, admin: Caller) -> None:
    """An id that is larger than any is of nothing that is there."""
    for name in INTEGERS[path]:
        for number in (2**62, 2**63, 2**64, 10**40, -(2**63) - 1, -1):
            body: dict[str, Any] = {name: number, "digest": "d"} if name == "batch" else {name: [number]}
            assert admin.post(path, body).status_code in {404, 422}


def oddly(body: Any, odd: str) -> list[Any]:
    """Return a body with an odd text in each place in turn, keys too."""
    if isinstance(body, str):
        return [odd]
    if isinstance(body, list):
        return [[one] for each in body for one in oddly(each, odd)]
    if not isinstance(body, dict):
        return []
    changed = [body | {key: one} for key in body for one in oddly(body[key], odd)]
    return [*changed, body | {odd[:40]: "x"}]
