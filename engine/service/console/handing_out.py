"""Handing out: the report about a record (GDPR Art. 15 and 20) as a file, for people or for machines."""

from collections.abc import Callable

from fastapi import Request, Response

from engine.service.console.finding import gone
from engine.service.console.pages import pages
from engine.service.console.portrait import Whom
from engine.service.console.record import KINDS, absent
from engine.service.console.rendering import HEADERS
from engine.service.console.sessions import Seen
from engine.service.http.access import Serving
from engine.service.report.files import attached
from engine.service.reporting import Reporter

ROUTES = pages()


def _handing(entity: str, plural: str) -> Callable[..., Response]:
    def hand_out(
        request: Request, record: str, serving: Serving, _visitor: Seen, lang: str = "", form: str = "html"
    ) -> Response:
        """Give the report as a file, whose name names nobody; in the record's own language where none is asked for."""
        moment = serving.installation.moment()
        with serving.store.database.reading() as connection:
            found = Reporter.of(serving.scene).report(connection, entity, record, moment, lang)
            lost = gone(serving.scene, connection, entity, record) if found is None else None
        if found is None:
            return absent(request, Whom(entity, plural, record), lost)
        file = attached(found, form, serving.installation.settings.zone)
        named = {"content-disposition": f'attachment; filename="{file.name}"'}
        return Response(file.content, 200, HEADERS | named, file.media_type)

    return hand_out


for _entity, _plural in KINDS.items():
    ROUTES.add_api_route(f"/{_plural}/{{record:id}}/report", _handing(_entity, _plural), methods=["GET"])
