"""Routes without a token: whether the process lives, and whether it is ready to serve."""

from typing import Any

from engine.service.http.access import PURGING, Serving
from engine.service.http.described.health import ALIVE, READY
from engine.service.http.described.shapes import told
from engine.service.http.problems import HttpProblem
from engine.service.http.served import routes

ROUTES = routes("")
Json = dict[str, Any]


@ROUTES.get("/healthz", **told(ALIVE))
def healthz() -> Json:
    """Answer as long as the process lives."""
    return {"status": "alive"}


@ROUTES.get("/readyz", **told(READY))
def readyz(serving: Serving) -> Json:
    """Tell whether the last pass came to its end, and which rulebook holds; a broken newer one is named by place."""
    if serving.purging:
        raise HttpProblem(503, "purging", PURGING)
    if serving.unwell:
        raise HttpProblem(503, "not-ready", serving.unwell)
    rulebook = serving.scene.rulebook.digest if serving.has_rulebook else None
    trouble = serving.scene.decider.trouble
    told = {"third_opinion": not trouble, "detail": trouble or None}
    return {"status": "ready", "rulebook": rulebook, "broken": serving.broken or None} | told
