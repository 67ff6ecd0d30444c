"""Audit: who did what, entry by entry; whether the chain is as it was written; and what nightly audits found."""

from datetime import datetime
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query, Request, Response

from engine.service import chain_file
from engine.service.console.chain_words import ACTS
from engine.service.console.choices import chosen
from engine.service.console.downloads import downloaded
from engine.service.console.pages import moved, pages
from engine.service.console.rendering import shown, to
from engine.service.console.sessions import Administering, Operating, Seen
from engine.service.http.access import Serving
from engine.service.http.paging import LARGEST, AfterKey
from engine.service.serving import Service
from engine.store import audits, chain, chain_list, registry

ROUTES = pages()
A_PAGE, NIGHTS = 50, 7
PATIENCE = 3.0  # seconds that somebody waits for a verification; a longer one goes on by itself
Word = Annotated[str, Query(max_length=200)]


@ROUTES.get("/audit")
def audit(
    request: Request, serving: Serving, _visitor: Seen, what: Word = "", rule: Word = "", after: AfterKey = LARGEST
) -> Response:
    """List the entries of the chain, the newest first."""
    with serving.store.database.reading() as connection:
        rules = sorted(registry.registered(connection))
        what, rule = chosen("act", what, ACTS), chosen("rule", rule, rules)
        found = chain_list.listing(connection, what=what, rule=rule, before=after, limit=A_PAGE + 1)
        newest = chain.newest(connection)
        nights = audits.listing(connection, NIGHTS)
    narrowed = urlencode({name: word for name, word in (("what", what), ("rule", rule)) if word})
    return shown(
        request,
        "audit.html",
        places=found[:A_PAGE],
        next=found[A_PAGE - 1].seq if len(found) > A_PAGE else None,
        is_first=after == LARGEST,
        address=to("audit") + (f"?{narrowed}" if narrowed else ""),
        what=what,
        acts=ACTS,
        rule=rule,
        rules=rules,
        newest=newest,
        verifying=serving.verifying,
        nights=nights,
        instant=datetime.fromisoformat,
    )


@ROUTES.post("/audit/verify")
def verify(serving: Serving, _form: Operating) -> Response:
    """Check the chain in a thread of its own; the page says what came of it once it has ended."""
    serving.verifying.begin(serving.installation, serving.store, PATIENCE)
    return moved(to("audit") + "#verification")


@ROUTES.post("/audit/export")
def export(serving: Serving, _form: Administering) -> Response:
    """Hand the chain out as a file, as `ansgar audit export` writes it."""
    return downloaded("audit-chain.ndjson", lambda file: _write(serving, file))


def _write(serving: Service, file: Path) -> None:
    with serving.store.database.reading() as connection, file.open("wb") as stream:
        chain_file.write(connection, stream)
