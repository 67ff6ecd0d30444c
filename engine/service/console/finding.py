"""Finding somebody: by id, or by what is typed of a name or an e-mail address, which no log and no address has (S9)."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Query, Request, Response

from engine.service.console.pages import moved, pages
from engine.service.console.rendering import shown, to
from engine.service.console.sessions import Form, Seen, sent_by
from engine.service.http.access import Serving
from engine.service.scene import Scene
from engine.store import dossier, erasure, finding
from engine.store.database import Connection

ROUTES = pages()
MOST = 50
LONGEST = 300  # characters that are looked for
PLURALS = {"contact": "contacts", "company": "companies", "project": "projects"}
Looking = Annotated[Form, Depends(sent_by("read"))]
Id = Annotated[str, Query(alias="id")]


@dataclass(frozen=True, slots=True)
class Gone:
    """That an id was erased here: its receipt; `is_partial` where only what was held for some purposes went."""

    receipt: dict[str, Any]

    @property
    def is_partial(self) -> bool:
        """True where the record stayed."""
        return bool(self.receipt["purposes"])


def gone(scene: Scene, connection: Connection, entity: str, record_id: str) -> Gone | None:
    """Return the newest receipt of an id; None where it was never erased here."""
    hashes = sorted(scene.tombstones.id_hashes(entity, record_id))
    found = (erasure.receipt_of(connection, one) for one in hashes)
    receipt = next(filter(None, found), None)
    return None if receipt is None else Gone(receipt)


@ROUTES.get("/contacts")
def ask(request: Request, _visitor: Seen, named: Id = "", entity: str = "contact") -> Response:
    """Show where to look for somebody; an id leads to its page."""
    if named.strip():
        return moved(to(PLURALS.get(entity, "contacts"), named.strip()))
    return _asking(request, entity)


@ROUTES.post("/contacts")
def find(request: Request, serving: Serving, form: Looking) -> Response:
    """Show who was found; an id that is held leads to its page."""
    words, entity, scene = form.text("words")[:LONGEST], form.text("entity"), serving.scene
    if not words or entity not in PLURALS:
        return _asking(request, entity)
    with serving.store.database.reading() as connection:
        if _is_known(scene, connection, entity, words):
            return moved(to(PLURALS[entity], words))
        found = finding.contacts(connection, serving.store.tables, words, MOST + 1) if entity == "contact" else []
        lost = None if found else gone(scene, connection, entity, words)
    was_erased = not found and bool(scene.tombstones.among(scene.tombstones.email_hashes(words)))
    return shown(
        request,
        "finding.html",
        words=words,
        found=found[:MOST],
        more=len(found) > MOST,
        gone=lost,
        was_erased=was_erased,
        entity=entity,
    )


def _is_known(scene: Scene, connection: Connection, entity: str, record_id: str) -> bool:
    """True where an id has a page: it is held, lies in the recycle bin, or something is left that speaks of it."""
    if scene.records.key_of(connection, entity, record_id) is not None:
        return True
    left = dossier.read(connection, dossier.Whose(entity, record_id, None))
    return not dossier.is_empty(left) or dossier.in_bin(connection, entity, record_id) is not None


def _asking(request: Request, entity: str) -> Response:
    return shown(request, "finding.html", words="", found=None, more=False, gone=None, was_erased=False, entity=entity)
