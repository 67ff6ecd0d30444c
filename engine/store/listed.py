"""Listed: thousands of texts to search for, in one parameter: one for each would cost more than the search."""

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import JSON, Connection, Select, cast, func, literal, select

from engine.model.values import is_storable


def listed(connection: Connection, texts: Collection[str]) -> Select[Any]:
    """Return a selection of texts for `in_`; those that no store keeps are left out, for they are nowhere."""
    content = literal(json.dumps([one for one in texts if is_storable(one) and "\0" not in one], ensure_ascii=False))
    if connection.dialect.name == "sqlite":
        return select(func.json_each(content).table_valued("value").c.value)
    return select(func.json_array_elements_text(cast(content, JSON)).table_valued("value").c.value)
