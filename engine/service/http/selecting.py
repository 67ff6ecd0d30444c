"""Routes about selections: how large they are, who is in them, and who came and went."""

from typing import Annotated, Any

from fastapi import Query

from engine.service.http.access import CRM_OR_READ, Serving
from engine.service.http.described.selections import CHANGES, MEMBERS, SELECTIONS
from engine.service.http.described.shapes import told
from engine.service.http.paging import AfterKey, Limit
from engine.service.http.problems import HttpProblem
from engine.service.http.served import routes
from engine.store import selection_feed, selections

ROUTES = routes("/v1/selections")
MOST_MEMBERS = 100_000
NO_SUCH = "no rule keeps such a selection"
Json = dict[str, Any]
AfterId = Annotated[str, Query(max_length=200, description="The `next` of the page before.")]
MemberLimit = Annotated[int, Query(ge=1, le=MOST_MEMBERS, description="The most members of a page.")]


@ROUTES.get("", dependencies=CRM_OR_READ, **told(SELECTIONS))
def list_selections(serving: Serving) -> Json:
    """List selections with their sizes."""
    with serving.store.database.reading() as connection:
        return {"selections": selections.listing(connection), "next": None}


@ROUTES.get("/{name}/members", dependencies=CRM_OR_READ, **told(MEMBERS))
def list_members(name: str, serving: Serving, after: AfterId = "", limit: MemberLimit = MOST_MEMBERS) -> Json:
    """List the members of a selection by id; `cursor` is where its feed goes on from, that of the first page."""
    with serving.store.database.reading() as connection:
        found = selections.members(connection, serving.store.tables, name, after, limit + 1)
        as_of = {str(row["selection"]): row["as_of"] for row in selections.listing(connection)}
        rule = selection_feed.rule_of(connection, name)
        cursor = selection_feed.newest(connection, rule) if rule is not None else 0
    if found is None:
        raise HttpProblem(404, "unknown", NO_SUCH)
    goes_on = found[limit - 1] if len(found) > limit else None
    return {"selection": name, "members": found[:limit], "as_of": as_of.get(name), "cursor": cursor, "next": goes_on}


@ROUTES.get("/{name}/changes", dependencies=CRM_OR_READ, **told(CHANGES))
def list_changes(name: str, serving: Serving, after: AfterKey = 0, limit: Limit = 200) -> Json:
    """Tell who came and went behind the cursor `after`, in order; `next` is the cursor to go on from.

    410 where moves from behind it were erased with somebody, or where another rule keeps the selection now: read the
    members anew, and go on from their cursor.
    """
    with serving.store.database.reading() as connection:
        feed = selection_feed.read(connection, serving.store.tables, name, after, limit)
    if feed is None:
        raise HttpProblem(404, "unknown", NO_SUCH)
    if feed.is_stale:
        advice = "read the members of this selection, and go on from the cursor that comes with them"
        raise HttpProblem(
            410, "read-anew", f"somebody was erased since, or another rule keeps it now: {advice}", cursor=feed.cursor
        )
    found = [
        {"cursor": one["seq"], "contact": one["contact"], "joined": one["joined"], "at": one["moved_at"]}
        for one in feed.moves
    ]
    return {"selection": name, "changes": found, "next": feed.cursor}
