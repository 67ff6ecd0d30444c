"""Admitting: tokens are made for a while, by whom may give what they give, over HTTP too; and all of it is recorded."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.service import admitting
from engine.service.admitting import TokenWanted, make
from engine.service.naming import REFUSED, UNFIT, Declined
from engine.store import chain, tokens
from engine.store.tokens import Holder
from tests.doors import Api
from tests.installations import NOON, Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Give an empty place."""
    return Place(tmp_path)


def declined(place: Place, name: str = "crm", *scopes: str, expires: str = "", by: Holder | None = None) -> Declined:
    """Return why a token is not made."""
    with pytest.raises(Declined) as caught:
        make(place.installation, place.store, TokenWanted(name, scopes, expires), by)
    return caught.value


def recorded(place: Place) -> list[tuple[str, str, dict[str, str | int]]]:
    """Return what stands in the audit chain: who, what, and its details."""
    with place.store.database.reading() as connection:
        return [(one.who, one.what, dict(one.details)) for one in chain.entries(connection) if one is not None]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("90 days", datetime(2026, 5, 30, 11, tzinfo=UTC)),  # at the same time by the clocks of Stockholm
        ("1 hour", NOON + timedelta(hours=1)),
        ("1 year", datetime(2027, 2, 28, 23, tzinfo=UTC)),
        ("2027-01-01", datetime(2026, 12, 31, 23, tzinfo=UTC)),
        ("2027-01-01T08:00:00Z", datetime(2027, 1, 1, 8, tzinfo=UTC)),
    ],
)
def test_a_token_ends_after_a_while_or_when_a_day_begins(place: Place, written: str, expected: datetime) -> None:
    """As durations and days are read elsewhere; by the zone of the configuration."""
    made = make(place.installation, place.store, TokenWanted("crm", ("crm",), written))
    with place.store.database.reading() as connection:
        assert tokens.listing(connection)[0]["expires_at"] == made.expires_at == expected


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("soon", "expires: a date was expected: 2026-03-01 or 2026-03-01T08:00:00+01:00; or a duration"),
        ("90", "expires: a date was expected"),
        ("2027-02-30", "expires: there is no such day"),
        ("501 years", "expires: a date was expected"),
        ("2026-03-01", "has expired already"),
        ("0 days", "has expired already"),
    ],
)
def test_an_expiry_that_cannot_be_read_or_has_passed_makes_no_token(place: Place, written: str, said: str) -> None:
    """The sentence says what would be right."""
    error = declined(place, "crm", "crm", expires=written)

    assert (error.code, said in str(error)) == (UNFIT, True), str(error)
    assert recorded(place) == []


@pytest.mark.parametrize(
    ("name", "scopes", "said"),
    [
        ("crm", ("crmm",), "did you mean `crm`?"),
        ("crm", (), "one or more scopes, of crm, read, operate, approve, admin"),
        (" ", ("crm",), "a token needs a name"),
        ("a\nb", ("crm",), "a token needs a name"),
        ("\ud800", ("crm",), "a token needs a name"),
        ("x" * 201, ("crm",), "a token needs a name"),
        ("ansgar", ("crm",), "acts without a token"),
        ("the CRM", ("crm",), "acts without a token"),
        ("somebody at the command line", ("crm",), "acts without a token"),
    ],
)
def test_a_token_without_a_name_or_scope_of_its_own_is_not_made(
    place: Place, name: str, scopes: tuple[str, ...], said: str
) -> None:
    """Nor one whose name stands in the audit chain for somebody else."""
    assert said in str(declined(place, name, *scopes))


@pytest.mark.parametrize("scope", ["read", "operate", "approve", "admin"])
def test_s3_nobody_gives_away_a_scope_that_they_lack(place: Place, scope: str) -> None:
    """Who has one gives that one; who administers has all."""
    crm, admin = Holder(1, "eva", frozenset({"crm"})), Holder(2, "dag", frozenset({"admin"}))
    assert declined(place, "x", "crm", scope, by=crm).code == REFUSED
    make(place.installation, place.store, TokenWanted("x", ("crm",)), crm)
    make(place.installation, place.store, TokenWanted("x", (scope,)), admin)

    assert [(who, details["scopes"]) for who, _, details in recorded(place)] == [("eva", "crm"), ("dag", scope)]


def test_a_token_is_made_listed_used_and_revoked_over_http(place: Place) -> None:
    """Shown once, and not to be kept by what stands between; who did it is in the audit chain, the token nowhere."""
    api = Api(place)
    admin = api.caller("dag", "admin")
    asked = {"name": "our-crm", "scopes": ["crm", "read", "crm"], "expires": "90 days"}
    made = admin.post("/v1/tokens", asked)
    token = made.json().pop("token")
    assert (made.status_code, made.headers["cache-control"]) == (201, "no-store")
    assert made.json() | {"token": ""} == {
        "id": 2, "token": "", "name": "our-crm", "scopes": "crm read", "expires_at": "2026-05-30T11:00:00Z",
    }  # fmt: skip
    mine = api.anybody()
    mine.headers["authorization"] = f"Bearer {token}"
    assert mine.get("/v1/selections").status_code == 200
    api.service.uses.write(place.store.database)
    listed = admin.get("/v1/tokens")
    assert [(one["id"], one["name"], bool(one["last_used_at"])) for one in listed.json()["tokens"]] == [
        (1, "dag", True), (2, "our-crm", True),
    ]  # fmt: skip
    assert admin.call("DELETE", "/v1/tokens/2").json() == {"token": 2, "revoked": True}
    assert [admin.call("DELETE", f"/v1/tokens/{one}").status_code for one in (2, 99)] == [404, 404]
    assert mine.get("/v1/selections").status_code == 401
    details = {"token": 2, "scopes": "crm read", "expires_at": "2026-05-30T11:00:00+00:00"}
    assert recorded(place) == [("dag", "token.created", details), ("dag", "token.revoked", {"token": 2})]
    assert token not in listed.text + str(recorded(place))


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"scopes": ["crm"]}, "/name"),
        ({"name": 5, "scopes": ["crm"]}, "/name"),
        ({"name": "x"}, "/scopes"),
        ({"name": "x", "scopes": "crm"}, "/scopes"),
        ({"name": "x", "scopes": [5]}, "/scopes"),
        ({"name": "x", "scopes": ["crm"], "expires": 90}, "/expires"),
        ({"name": "x", "scopes": ["crm"], "expire": "90 days"}, "/expire"),
    ],
)
def test_a_token_that_is_asked_for_oddly_is_refused_with_a_pointer(
    place: Place, body: dict[str, Any], pointer: str
) -> None:
    """And none is made."""
    answer = Api(place).caller("dag", "admin").post("/v1/tokens", body)

    assert (answer.status_code, answer.json()["refusals"][0]["pointer"]) == (422, pointer)
    assert recorded(place) == []


def test_what_is_to_be_looked_at_is_told_by_name(place: Place) -> None:
    """Tokens that end within fourteen days, and those that nobody used for ninety; not those that ended already."""
    for name, expires in (
        ("idle", ""),
        ("soon", "104 days"),
        ("sooner", "101 days"),
        ("gone", "1 day"),
        ("later", "1 year"),
    ):
        make(place.installation, place.store, TokenWanted(name, ("read",), expires))
    assert told(place) == "expire within 14 days: gone"
    place.clock.move(timedelta(days=91))
    make(place.installation, place.store, TokenWanted("new", ("read",)))
    with place.store.database.writing() as connection:
        tokens.note_uses(connection, {2: place.clock.now(), 3: place.clock.now(), 5: NOON + timedelta(days=2)})

    assert told(place) == "expire within 14 days: sooner, soon; not used for 90 days: idle"
    place.clock.move(timedelta(days=60))
    with place.store.database.writing() as connection:
        tokens.note_uses(connection, {1: place.clock.now(), 5: place.clock.now()})
    assert told(place) == ""


def told(place: Place) -> str:
    """Return what `doctor` tells of tokens."""
    with place.store.database.reading() as connection:
        return admitting.to_look_at(connection, place.installation.moment())
