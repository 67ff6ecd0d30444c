"""Holds, restrictions and reviews over HTTP: seen by who may read, decided by operators, told in problems."""

from pathlib import Path
from typing import Any

import pytest

from tests.doors import Api
from tests.installations import Place
from tests.service.test_reviewing import waiting

PEOPLE = ("dag", "mallory", "eva")  # the editor, a stranger, and somebody else of `people`
GETS = ("/v1/holds", "/v1/restrictions", "/v1/reviews", "/v1/reviews/1")
HOLD = {"contact": "ghost", "reason": "lawsuit"}
PERMIT = {"use": "deletion", "ground": "consent", "said": "2026-03-16"}
POSTS: dict[str, dict[str, Any]] = {
    "/v1/holds": HOLD,
    "/v1/holds/1/lift": {},
    "/v1/restrictions/ghost/permit": PERMIT,
    "/v1/restrictions/permissions/1/withdraw": {},
    "/v1/restrictions/ghost/lift": {"told": "2026-03-16"},
    "/v1/reviews/1/answer": {"answer": "carry_out", "reason": "looked"},
}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Give a place in which a deletion waits for a person, and the contact is restricted besides."""
    made = waiting(tmp_path)
    made.take({"id": "ghost", "restrict_processing": True})
    return made


def test_what_waits_is_decided_step_by_step(place: Place) -> None:
    """Each route does what its command does, and says so in the same shape."""
    operator, reader = (Api(place).caller(*one) for one in (("eva", "operate"), ("rita", "read")))
    found = [operator.post(path, body) for path, body in POSTS.items()]

    assert [one.status_code for one in found] == [201, 200, 201, 200, 200, 200]
    assert [one.json() for one in found] == [
        {"hold": 1, "contact": "ghost"},
        {"hold": 1, "lifted": True},
        {"permission": 1, "contact": "ghost", "use": "deletion"},
        {"permission": 1, "withdrawn": True},
        {"contact": "ghost", "told": "2026-03-16", "lifted": False},
        {"review": 1, "answer": "carry_out"},
    ]
    listed = reader.get("/v1/restrictions").json()["restrictions"]
    assert [(one["contact"], one["flag"], one["told"]) for one in listed] == [("ghost", True, "2026-03-16")]
    assert (reader.get("/v1/reviews").json()["reviews"], reader.get("/v1/holds").json()["holds"]) == ([], [])
    assert [one["answer"] for one in reader.get("/v1/reviews?every=true").json()["reviews"]] == ["carry_out"]
    assert reader.get("/v1/reviews/1?lang=sv").json()["state"] == "answered"
    place.act()
    assert place.deletions()["ghost"] == ("kept", "RESTRICTED")


@pytest.mark.parametrize("scope", ["crm", "read", "approve", "operate"])
def test_s3_who_may_not_sees_and_does_nothing(place: Place, scope: str) -> None:
    """Reading takes `read`, deciding `operate`; nothing else is looked at before."""
    caller, nobody = Api(place).caller("somebody", scope), Api(place).caller("nobody")

    reads = {caller.get(path).status_code for path in GETS}
    writes = {caller.post(path, {"what": "ever"}).status_code for path in POSTS}
    assert (reads == {200}, 403 in reads) == (scope == "read", scope != "read")
    assert (403 in writes) == (scope != "operate")
    assert {nobody.get(path).status_code for path in GETS} == {403}


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/holds", {"contact": "ghost"}, 422),
        ("/v1/holds", HOLD | {"wner": "eva"}, 422),
        ("/v1/holds", HOLD | {"reason": 7}, 422),
        ("/v1/holds", HOLD | {"contact": "nobody"}, 404),
        ("/v1/holds", HOLD | {"review": "2020-01-01"}, 409),
        ("/v1/holds/9/lift", {}, 404),
        ("/v1/restrictions/nobody/lift", {"told": "2026-03-16"}, 404),
        ("/v1/restrictions/ghost/lift", {"told": "2026-03-17"}, 409),
        ("/v1/restrictions/ghost/lift", {"told": "2026-03-16", "by": "dag"}, 422),
        ("/v1/restrictions/ghost/permit", PERMIT | {"ground": "legal_claims"}, 409),
        ("/v1/restrictions/ghost/permit", PERMIT | {"use": "mail"}, 422),
        ("/v1/reviews/9/answer", {"answer": "keep", "reason": "x"}, 404),
        ("/v1/reviews/1/answer", {"answer": "keep", "reason": "x", "by": "dag"}, 422),
        ("/v1/reviews/1/answer", {"answer": "keep", "reason": " "}, 409),
        ("/v1/reviews/1/answer", {"answer": "maybe", "reason": "x"}, 422),
    ],
)
def test_what_does_not_fit_is_a_problem(place: Place, path: str, body: dict[str, Any], status: int) -> None:
    """With its status, its kind and a sentence; and nothing is done."""
    found = Api(place).caller("eva", "operate").post(path, body)

    assert (found.status_code, found.headers["content-type"]) == (status, "application/problem+json")
    assert found.json()["detail"]
    assert place.deletions()["ghost"] == ("kept", "HUMAN_REVIEW")


def test_l5_the_caller_is_who_answers(place: Place) -> None:
    """Nobody answers in another's name: the token of the rule's last editor is declined, and that of a stranger."""
    said = POSTS["/v1/reviews/1/answer"]

    statuses = [Api(place).caller(name, "operate").post("/v1/reviews/1/answer", said).status_code for name in PEOPLE]
    assert statuses == [409, 409, 200]
