"""Deletions over HTTP: seen by who may read, approved in the caller's own name, kept and restored by operators."""

from pathlib import Path

import pytest

from tests.doors import Api
from tests.installations import Place
from tests.service.test_approving import place_asking
from tests.service.test_destroying import GHOST, crowd, pass_days


def due(folder: Path, people: int = 1) -> tuple[Place, Api]:
    """Return a place with two deletions that wait for an approval, and its API."""
    place = place_asking(folder, f"from: dpo, people: {people}", *crowd(2))
    return place, Api(place)


def test_a_batch_is_seen_and_approved_with_its_digest_in_the_name_of_the_caller(tmp_path: Path) -> None:
    """The digest of the list is what an approval names; the history tells who it was."""
    place, api = due(tmp_path)
    batch = api.caller("monitor", "read").get("/v1/deletions/batches").json()["batches"][0]
    answer = api.caller("eva", "approve").post(
        "/v1/deletions/approve", {"batch": batch["batch"], "digest": batch["digest"], "reason": "looked"}
    )
    assert answer.json() == {
        "deletions": [{"id": 1, "state": "approved"}, {"id": 2, "state": "approved"}],
        "missing_words": 0,
    }
    place.act()
    told = api.caller("monitor", "read").get("/v1/deletions/1").json()
    assert told["state"] == "in_recycle_bin"
    assert [one["by"] for one in told["history"] if one["state"] == "approved"] == ["eva"]


def test_two_words_are_two_callers(tmp_path: Path) -> None:
    """What is still missing is told."""
    _, api = due(tmp_path, people=2)
    eva, dag = api.caller("eva", "approve"), api.caller("dag", "approve")

    assert eva.post("/v1/deletions/approve", {"ids": [1, 2]}).json()["missing_words"] == 1
    assert eva.post("/v1/deletions/approve", {"ids": [1, 2]}).json()["missing_words"] == 1
    assert dag.post("/v1/deletions/approve", {"ids": [1, 2]}).json()["missing_words"] == 0


@pytest.mark.parametrize(
    ("scope", "path", "body", "status", "kind"),
    [
        ("approve", "approve", {"ids": [1]}, 409, "set-changed"),
        ("approve", "approve", {"batch": 1, "digest": "0000"}, 409, "set-changed"),
        ("approve", "approve", {"batch": 99, "digest": "0000"}, 404, "unknown"),
        ("approve", "approve", {"ids": [77]}, 404, "unknown"),
        ("approve", "approve", {}, 422, "refused"),
        ("approve", "approve", {"batch": 1}, 422, "refused"),
        ("approve", "approve", {"ids": "1"}, 422, "refused"),
        ("approve", "approve", {"ids": [True]}, 422, "refused"),
        ("approve", "approve", {"idz": [1]}, 422, "refused"),
        ("operate", "approve", {"ids": [1, 2]}, 403, "forbidden"),
        ("approve", "keep", {"ids": [1]}, 403, "forbidden"),
        ("operate", "restore", {"ids": [1]}, 409, "illegal-move"),
        ("operate", "keep", {}, 404, "unknown"),
    ],
)
def test_what_cannot_be_decided_is_a_problem_and_changes_nothing(
    tmp_path: Path, scope: str, path: str, body: dict[str, object], status: int, kind: str
) -> None:
    """Each with its status and its kind."""
    place, api = due(tmp_path)
    answer = api.caller("eva", scope).post(f"/v1/deletions/{path}", body)

    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (status, kind)
    assert set(place.deletions().values()) == {("due", "AWAITS_APPROVAL")}


def test_s3_a_caller_whom_the_rule_does_not_ask_is_refused(tmp_path: Path) -> None:
    """The scope lets somebody approve; the rule says whose word counts."""
    _, api = due(tmp_path)
    answer = api.caller("ida", "approve").post("/v1/deletions/approve", {"ids": [1, 2]})

    assert (answer.status_code, answer.json()["title"]) == (409, "not approved")


def test_operators_keep_and_restore(tmp_path: Path) -> None:
    """Kept ones are cancelled; what lies in the bin comes back."""
    place, api = due(tmp_path)
    operator = api.caller("ida", "operate")
    assert operator.post("/v1/deletions/keep", {"ids": [2]}).json() == {"deletions": [{"id": 2, "state": "cancelled"}]}
    api.caller("eva", "approve").post("/v1/deletions/approve", {"ids": [1]})
    place.act()
    assert place.key_of("g0") == 0
    assert operator.post("/v1/deletions/restore", {"ids": [1]}).json() == {
        "deletions": [{"id": 1, "state": "restored"}]
    }
    assert place.key_of("g0") > 0


def test_deletions_are_listed_page_by_page(tmp_path: Path) -> None:
    """By id, with where to continue; or those in one state."""
    place, api = due(tmp_path)
    place.take(GHOST)
    pass_days(place, 1)
    reader = api.caller("monitor", "read")
    first = reader.get("/v1/deletions?limit=2").json()
    rest = reader.get(f"/v1/deletions?after={first['next']}").json()

    assert [one["contact"] for one in first["deletions"]] == ["g0", "g1"]
    assert ([one["contact"] for one in rest["deletions"]], rest["next"]) == (["ghost"], None)
    assert [one["id"] for one in reader.get("/v1/deletions?state=warned").json()["deletions"]] == [3]
