"""Deletions over HTTP: how each stands, what waits for an approval, and what people decide about them."""

from typing import Any, TypeGuard

from engine.service import deciding, erasing
from engine.service.approving import Word
from engine.service.deciding import Desk
from engine.service.deletion_shapes import batch, shown
from engine.service.http.access import READ, ApproverBody, Caller, OperatorBody, Serving
from engine.service.http.described.deletions import APPROVED, BATCHES, DELETIONS, KEPT, WITH_HISTORY
from engine.service.http.described.shapes import told
from engine.service.http.paging import LARGEST, AfterKey, Key, Limit
from engine.service.http.problems import HttpProblem
from engine.service.http.said import ids, said, text
from engine.service.http.served import routes
from engine.service.serving import Service
from engine.store import approvals, deletion_queue, deletions
from engine.store.database import Connection
from engine.store.deletions import Deletion

ROUTES = routes("/v1/deletions")
Json = dict[str, Any]


@ROUTES.get("", dependencies=READ, **told(DELETIONS))
def list_deletions(serving: Serving, after: AfterKey = 0, limit: Limit = 200, state: str = "") -> Json:
    """List deletions by id, ended ones included, of one state or all."""
    with serving.store.database.reading() as connection:
        found = deletion_queue.after(connection, serving.store.tables, after, limit + 1, state or None)
    goes_on = found[limit - 1].key if len(found) > limit else None
    return {"deletions": [shown(one) for one in found[:limit]], "next": goes_on}


@ROUTES.get("/batches", dependencies=READ, **told(BATCHES))
def list_batches(serving: Serving) -> Json:
    """List what waits for an approval, with the digest of exactly this set."""
    with serving.store.database.reading() as connection:
        return {"batches": [batch(one) for one in approvals.listing(connection)], "next": None}


@ROUTES.get("/{deletion}", dependencies=READ, **told(WITH_HISTORY))
def get_deletion(deletion: Key, serving: Serving) -> Json:
    """Show a deletion with every state that it came to."""
    with serving.store.database.reading() as connection:
        one = _named(connection, serving, [deletion])[0]
        return shown(one) | {"history": deletions.history(connection, deletion)}


@ROUTES.post("/approve", **told(APPROVED))
def approve_deletions(raw: ApproverBody, serving: Serving, caller: Caller) -> Json:
    """Let deletions go on, in the name that the token was made for: by `ids`, or a `batch` with its `digest`."""
    found = said(raw, "ids", "batch", "digest", "reason")
    wanted, chosen_batch = ids(found), found.get("batch")
    digest = text(found, "digest", needed=chosen_batch is not None)
    if bool(wanted) == (chosen_batch is not None):
        raise HttpProblem(422, "refused", "name deletions by `ids`, or a `batch` with its `digest`")
    word = Word(caller, text(found, "reason"), digest)
    with serving.store.database.writing() as connection:
        if chosen_batch is not None:
            request = approvals.requested(connection, chosen_batch) if _is_key(chosen_batch) else None
            wanted = list(request.deletions) if request is not None else []
        if not wanted:
            raise HttpProblem(404, "unknown", "nothing waits in such a batch")
        desk = Desk(serving.installation, connection, serving.store.tables, serving.scene.rulebook)
        missing = deciding.approve(desk, _named(connection, serving, wanted), word, serving.installation.moment())
        done = _states(connection, serving, wanted)
    serving.wake()
    return done | {"missing_words": missing}


@ROUTES.post("/keep", **told(KEPT))
def keep_deletions(raw: OperatorBody, serving: Serving, caller: Caller) -> Json:
    """Cancel deletions that are not ordered yet: a person wants to keep these contacts."""
    found = said(raw, "ids", "reason")
    wanted, reason, now = ids(found), text(found, "reason"), serving.installation.clock.now()
    with serving.store.database.writing() as connection:
        for one in _named(connection, serving, wanted):
            deciding.keep(serving.installation, connection, one, now, caller, reason)
        return _states(connection, serving, wanted)


@ROUTES.post("/restore", **told(KEPT))
def restore_deletions(raw: OperatorBody, serving: Serving, caller: Caller) -> Json:
    """Bring contacts back from the recycle bin."""
    found = said(raw, "ids", "reason")
    wanted, reason = ids(found), text(found, "reason")
    with serving.store.database.reading() as connection:
        chosen = _named(connection, serving, wanted)
    for one in chosen:
        erasing.restore(serving.scene, one, serving.installation.moment(), caller, reason)
    serving.wake()
    with serving.store.database.reading() as connection:
        return _states(connection, serving, wanted)


def _is_key(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and 0 <= value <= LARGEST


def _named(connection: Connection, serving: Service, wanted: list[int]) -> list[Deletion]:
    by_id = deletion_queue.named(connection, serving.store.tables, [one for one in wanted if 0 <= one <= LARGEST])
    missing = [one for one in wanted if one not in by_id]
    if missing or not wanted:
        raise HttpProblem(404, "unknown", f"there is no deletion {missing[0]}" if missing else "name `ids`")
    return [by_id[one] for one in wanted]


def _states(connection: Connection, serving: Service, wanted: list[int]) -> Json:
    found = _named(connection, serving, wanted)
    return {"deletions": [{"id": one.key, "state": one.state} for one in found]}
