"""Pages of lists: read to the end, each entry comes once and in order, however long the pages are."""

from pathlib import Path
from typing import Any

import pytest

from tests.doors import Api, Caller
from tests.installations import Place

RULES = """\
rules:
  - rule: stop
    title: Stop
    stage: live
    if: [{field: country, is: "NO"}]
    then: [{keep_in_selection: stopped}, {raise_alert: {severity: blocking, message: Stop, blocks: [email]}}]
  - rule: look
    title: Look
    stage: live
    if: [{field: country, is: "NO"}]
    then: [{raise_alert: {severity: info, message: Look}}]
  - rule: erase
    title: Erase
    owner: dpo
    legal_basis: x
    stage: live
    if: [{field: country, is: "NO"}]
    then: [{schedule_deletion: {grace: 30 days}}]
    stop_if_more_than: {contacts: 50}
"""
IDS = [f"c-{number}" for number in range(7)]


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Caller:
    """Give somebody who may read, in a place with seven of everything."""
    place = Place(tmp_path_factory.mktemp("pages"), RULES)
    place.take(*({"id": one, "country": "NO", "restrict_processing": one == "c-3"} for one in IDS))
    for _ in range(3):
        place.run()
    api = Api(place)
    operator = api.caller("eva", "operate")
    for one in IDS:
        operator.post("/v1/holds", {"contact": one, "reason": "x"})
    return api.caller("rita", "read")


def pages(reader: Caller, path: str, key: str, limit: int) -> list[list[Any]]:
    """Return all pages of a list."""
    found, after = [], ""
    while True:
        answer = reader.get(f"/v1/{path}?limit={limit}" + (f"&after={after}" if after else "")).json()
        found.append(answer[key])
        if answer["next"] is None:
            return found
        after = str(answer["next"])


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("cases", "cases"),
        ("alerts", "alerts"),
        ("deletions", "deletions"),
        ("holds", "holds"),
        ("runs", "runs"),
        ("selections/stopped/members", "members"),
    ],
)
def test_pages_put_together_are_the_whole_list(reader: Caller, path: str, key: str, limit: int) -> None:
    """Each but the last is full, none is empty, and together they are what one long page has."""
    whole = reader.get(f"/v1/{path}").json()
    found = pages(reader, path, key, limit)

    assert whole["next"] is None
    assert [one for page in found for one in page] == whole[key]
    assert len(whole[key]) >= 3
    assert {len(page) for page in found[:-1]} <= {limit}
    assert found[-1]


@pytest.mark.parametrize(
    "query",
    ["cases?after=x", "cases?after=WzEsIDJd", "alerts?after=WyJhIl0", "runs?after=-1", "holds?after=x",
     "deletions?limit=0", "cases?limit=1001", "alerts?after=" + "A" * 3_000, "cases?after=WyJcdWQ4MDAiLCAiIl0"],
)  # fmt: skip
def test_what_is_no_cursor_of_ours_is_refused(reader: Caller, query: str) -> None:
    """422, and never a fault."""
    assert reader.get(f"/v1/{query}").status_code == 422


def test_alerts_come_in_the_order_of_their_urgency(reader: Caller) -> None:
    """Over pages as in one."""
    found = [one["priority"] for page in pages(reader, "alerts", "alerts", 2) for one in page]

    assert found == sorted(found)


def test_a_path_is_needed_for_nothing_else(tmp_path: Path) -> None:
    """An empty list has no next page."""
    reader = Api(Place(tmp_path)).caller("rita", "read")

    assert reader.get("/v1/cases").json() == {"cases": [], "next": None}
