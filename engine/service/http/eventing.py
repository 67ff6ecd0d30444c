"""Routes about events: CloudEvents 1.0 as JSON, single or in a batch, are taken; what else is sent names what is."""

from typing import Annotated, Any

from fastapi import Depends, Request

from engine.model.snapshot import Refusal, Refused, read_json
from engine.service import events
from engine.service.http.access import Serving
from engine.service.http.described.events import BATCH, EITHER, SINGLE, TAKEN
from engine.service.http.described.shapes import told
from engine.service.http.problems import HttpProblem
from engine.service.http.served import routes
from engine.service.http.signed import SignedBody

ROUTES = routes("/v1/events")
KINDS = (SINGLE, BATCH, EITHER)
BINARY = "ce-specversion"  # a header of CloudEvents whose attributes are headers, and whose body is their data alone


async def kind_of(request: Request) -> str:
    """Return the content type of a request, parameters aside; raises HttpProblem where it is none of events.

    What does not say is taken for JSON.
    """
    kind = request.headers.get("content-type", EITHER).partition(";")[0].strip().lower()
    if kind not in KINDS:
        raise _unsupported(f"send {SINGLE} for one event, {BATCH} for a list of them, or {EITHER} for either")
    if BINARY in request.headers:
        raise _unsupported(f"send the whole event in the body, as {SINGLE}: attributes in headers are not read")
    return kind


Kind = Annotated[str, Depends(kind_of)]


@ROUTES.post("", **told(TAKEN))
def post_events(raw: SignedBody, kind: Kind, serving: Serving) -> dict[str, Any]:
    """Take CloudEvents; answered once they are stored, and taken once by source and id.

    Of a batch, an event that does not fit, or is about somebody who is away, is refused alone, and listed.
    """
    said = read_json(raw)
    is_batch = isinstance(said, list)
    if kind != EITHER and is_batch != (kind == BATCH):
        right = BATCH if is_batch else SINGLE
        raise Refused([Refusal("", f"this is {'a list of events' if is_batch else 'one event'}: send it as {right}")])
    read = events.read_by_model(serving.scene, events.read_events(said))
    taken = serving.taking.bring(read, len(read))
    serving.wake()
    return (taken if is_batch else events.unless_refused(taken)).as_json()


def _unsupported(detail: str) -> HttpProblem:
    return HttpProblem(415, "unsupported-media-type", detail, accepted=list(KINDS))
