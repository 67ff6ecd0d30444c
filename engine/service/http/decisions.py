"""The route that is asked before any mailing or export: who of these may be used for that."""

from fastapi import Response

from engine.model.snapshot import Refusal, Refused
from engine.service.allowing import USES, allowed
from engine.service.http.access import Body, Serving
from engine.service.http.described.decisions import DECISIONS
from engine.service.http.described.shapes import told
from engine.service.http.said import MOST_IDS, is_text, said, text
from engine.service.http.served import json_of, routes
from engine.vocabulary.problem import nearest_or_all

ROUTES = routes("/v1/decisions")


@ROUTES.post("", **told(DECISIONS))
def decide(raw: Body, serving: Serving) -> Response:
    """Tell for a `use` and a `purpose` which of up to 10,000 `contacts` are allowed, and why the others are not."""
    found = said(raw, "use", "purpose", "contacts")
    use, purpose = text(found, "use", needed=True), text(found, "purpose", needed=True)
    if use not in USES:
        raise Refused([Refusal("/use", f"`{use}` is no use; {nearest_or_all(use, USES)}")])
    asked = _contacts(found.get("contacts"))
    return json_of(allowed(serving.scene, use, purpose, asked, serving.installation.moment()))


def _contacts(value: object) -> list[str]:
    if not isinstance(value, list) or len(value) > MOST_IDS:
        raise Refused([Refusal("/contacts", f"a list of {MOST_IDS:,} ids at most was expected")])
    for number, one in enumerate(value):
        if not is_text(one):
            raise Refused([Refusal(f"/contacts/{number}", "an id is a text without NUL and lone surrogates")])
    return value
