"""Routes of records: the state of one contact, company or project, and the import of many. The model says which."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Header, Response

from engine.model.entity import Entity
from engine.model.snapshot import read_json
from engine.service import keeping
from engine.service.http.access import CRM, CRM_OR_READ, Body, Serving
from engine.service.http.described import records as shapes
from engine.service.http.described.shapes import told
from engine.service.http.importing import IMPORT, Parts, take_import
from engine.service.http.problems import not_held
from engine.service.http.served import matches, routes
from engine.service.keeping import Addressed
from engine.service.serving import Service

Json = dict[str, Any]
IfMatch = Annotated[str | None, Header()]
IfNoneMatch = Annotated[str | None, Header()]


def routes_of(entity: Entity) -> APIRouter:
    """Return the routes of the records of one entity."""
    made = routes(f"/v1/{entity.plural}")
    name, one = entity.name, "/{record:id}"
    made.post("/import", dependencies=IMPORT, operation_id=f"import_{entity.plural}", **told(shapes.IMPORTS))(
        _importing(name)
    )
    made.put(one, operation_id=f"put_{name}", **told(shapes.put(entity)))(_putting(name))
    made.patch(one, operation_id=f"patch_{name}", **told(shapes.patched(entity)))(_patching(name))
    made.get(one, dependencies=CRM_OR_READ, operation_id=f"get_{name}", **told(shapes.got(entity)))(_getting(name))
    made.delete(one, dependencies=CRM, operation_id=f"delete_{name}", **told(shapes.REMOVED))(_deleting(name))
    return made


def _importing(entity: str) -> Callable[..., Any]:
    async def import_records(serving: Serving, parts: Parts) -> Json:
        """Take snapshots as NDJSON, one a line; refused lines are listed and lose nothing else."""
        return await take_import(serving, entity, parts)

    return import_records


def _putting(entity: str) -> Callable[..., Any]:
    def put_record(
        record: str, raw: Body, serving: Serving, if_match: IfMatch = None, if_none_match: IfNoneMatch = None
    ) -> Json:
        """Take the state of one record: what is named is replaced, what is absent stays."""
        return _kept(serving, _whose(entity, record, if_match, if_none_match), raw, joins=False)

    return put_record


def _patching(entity: str) -> Callable[..., Any]:
    def patch_record(record: str, raw: Body, serving: Serving, if_match: IfMatch = None) -> Json:
        """Merge fields and items into a record that is held: items join those with other ids."""
        return _kept(serving, _whose(entity, record, if_match, None), raw, joins=True)

    return patch_record


def _getting(entity: str) -> Callable[..., Any]:
    def get_record(record: str, serving: Serving) -> Response:
        """Show what is held about one record, as a PUT takes it."""
        with serving.store.database.reading() as connection:
            content = keeping.held(serving.scene, connection, entity, record)
        if content is None:
            raise not_held(entity)
        return Response(content, media_type="application/json")

    return get_record


def _deleting(entity: str) -> Callable[..., Any]:
    def delete_record(record: str, serving: Serving, if_match: IfMatch = None) -> Json:
        """Remove the copy of a record that the CRM has deleted."""
        keeping.remove(serving.scene, _whose(entity, record, if_match, None), serving.installation.moment())
        serving.wake()
        return {"id": record, "deleted": True}

    return delete_record


def _kept(serving: Service, whose: Addressed, raw: bytes, *, joins: bool) -> Json:
    taken = keeping.keep(serving.scene, whose, read_json(raw), serving.installation.moment(), joins=joins)
    serving.wake()
    counts = ("created", "changed", "outdated")
    return {"id": whose.id} | {name: bool(getattr(taken, name)) for name in counts}


def _whose(entity: str, record: str, if_match: str | None, if_none_match: str | None) -> Addressed:
    def is_expected(tag: str | None) -> bool:
        has_it = if_match is None or matches(if_match, tag)
        return has_it and (if_none_match is None or not matches(if_none_match, tag))

    return Addressed(entity, record, is_expected)
