"""Minimisation: what is held although no rule, alert or template reads it; a person decides whether it is needed."""

from collections.abc import Iterator, Mapping
from typing import Any

from engine.language.rule import Rulebook
from engine.language.unread import Reading, unread
from engine.store.schema import Store
from engine.store.vacancy import held


def unread_in(store: Store, rulebook: Rulebook, declared: Mapping[str, Any]) -> str:
    """Return in words what is read by nobody: of the fields that hold something, and of those that were declared."""
    found = sorted(_named(store, unread(store.tables.model, rulebook), declared))
    if not found:
        return "every field that holds something is read"
    return f"no rule, alert or template reads {', '.join(found)}: is it needed? (GDPR Art. 5(1)(c))"


def _named(store: Store, readings: list[Reading], declared: Mapping[str, Any]) -> Iterator[str]:
    with store.database.reading() as connection:
        for entity, part, field in readings:
            if _is_declared(declared, (entity, part, field)) or held(connection, store.tables, entity, part, field):
                yield ".".join(filter(None, (entity, part, field)))


def _is_declared(declared: Mapping[str, Any], reading: Reading) -> bool:
    """True where the configuration itself asks for a field or collection."""
    entity, part, field = reading
    section = declared.get(entity) or {}
    if not part:
        return field in (section.get("fields") or {})
    fields = (section.get("collections") or {}).get(part)
    return fields is not None and (not field or field in fields)
