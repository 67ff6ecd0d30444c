"""The route that a Prometheus server asks: what is measured of the service, and how it stands now."""

from fastapi import Response

from engine.service.http.access import READ, Serving
from engine.service.http.described.health import METRICS
from engine.service.http.described.shapes import told
from engine.service.http.served import routes
from engine.service.metrics import CONTENT_TYPE

ROUTES = routes("")


@ROUTES.get("/metrics", dependencies=READ, **told(METRICS))
def metrics(serving: Serving) -> Response:
    """Show all metrics in the text format of Prometheus."""
    return Response(serving.metrics.text(), media_type=CONTENT_TYPE)
