"""The route of events."""

from typing import Any

from engine.model.snapshot import read_json
from engine.service import events
from engine.service.http.access import Serving
from engine.service.http.served import routes
from engine.service.http.signed import SignedBody

ROUTES = routes("/v1/events")


@ROUTES.post("", status_code=202)
def post_events(raw: SignedBody, serving: Serving) -> dict[str, Any]:
    """Take CloudEvents, single or batch; answered once they are stored, and taken once by source and id.

    Of a batch, an event about somebody erased is refused alone, and listed.
    """
    said, moment = read_json(raw), serving.installation.moment()
    found = events.read_events(said)
    alone = None if isinstance(said, list) else found[0]
    scene = serving.scene
    taken = events.take_one(scene, alone, moment) if alone else events.take_events(scene, found, moment)
    serving.wake()
    return taken.as_json()
