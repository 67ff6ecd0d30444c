"""Routes about feeds: how fresh and how much what deletion rules read is, and a person's word that it is right."""

from typing import Any

from engine.service import feeding
from engine.service.http.access import READ, ApproverBody, Caller, Serving
from engine.service.http.described.feeds import ACCEPTED, FEEDS
from engine.service.http.described.shapes import told
from engine.service.http.said import said
from engine.service.http.served import routes

ROUTES = routes("/v1/feeds")


@ROUTES.get("", dependencies=READ, **told(FEEDS))
def list_feeds(serving: Serving) -> dict[str, Any]:
    """List what deletion rules read: how much there is, how much there was, and what is doubtful about it."""
    return {"feeds": feeding.listed(serving.scene, serving.scene.rulebook), "next": None}


@ROUTES.post("/{feed}/accept", **told(ACCEPTED))
def accept_feed(feed: str, raw: ApproverBody, serving: Serving, caller: Caller) -> dict[str, Any]:
    """Take a feed, or the clock, as it is now; deletions that were held for it wait for an approval."""
    said(raw)
    feeding.accept_feed(serving.scene, serving.scene.rulebook, feed, caller)
    serving.wake()
    return {"feed": feed, "accepted": True}
