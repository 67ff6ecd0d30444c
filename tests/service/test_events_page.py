"""The page on events is true: its examples are taken by the route, and it has one of every type."""

import json
from pathlib import Path

from engine.service.event_types import KNOWN
from tests.doors import Api
from tests.installations import Place
from tests.test_docs import ROOT, blocks

PAGE = ROOT / "docs" / "events.md"
EXAMPLES = [json.loads(text) for kind, text in blocks(PAGE) if kind == "json"]


def test_every_example_is_taken(tmp_path: Path) -> None:
    """As it stands there, in the order of the page, single and batch."""
    caller = Api(Place(tmp_path)).caller("crm", "crm")
    for example in EXAMPLES:
        found = caller.call("POST", "/v1/events", json=example)
        count = len(example) if isinstance(example, list) else 1

        assert (found.status_code, found.json()) == (202, {"accepted": count, "repeated": 0, "refused": []})


def test_every_type_has_an_example() -> None:
    """None that is known is left out."""
    assert {event["type"] for example in EXAMPLES if isinstance(example, list) for event in example} == set(KNOWN)
