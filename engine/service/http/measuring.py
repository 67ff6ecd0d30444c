"""The route that a Prometheus server asks: what is measured of the service, and how it stands now."""

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from engine.service.http.access import Serving, needs
from engine.service.metrics import CONTENT_TYPE

ROUTES = APIRouter()


@ROUTES.get("/metrics", dependencies=[Depends(needs("read"))], response_class=Response)
def metrics(serving: Serving) -> Response:
    """Show all metrics in the text format of Prometheus."""
    return Response(serving.metrics.text(), media_type=CONTENT_TYPE)
