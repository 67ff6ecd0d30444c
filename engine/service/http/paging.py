"""Paging: lists are read in pages, each told where the one before it ended; `next` is null behind the last."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Path, Query

from engine.model.snapshot import Refusal, Refused
from engine.model.values import is_storable

LARGEST = 2**62
Limit = Annotated[int, Query(ge=1, le=1_000, description="The most entries of a page.")]
AfterKey = Annotated[int, Query(ge=0, le=LARGEST, description="The `next` of the page before.")]
AfterCursor = Annotated[str, Query(max_length=2_000, description="The `next` of the page before.")]
Key = Annotated[int, Path(ge=0, le=LARGEST, description="The id of one of ours.")]
Position = tuple[str | int, ...]
Entry = dict[str, Any]


def cursor(position: Sequence[object]) -> str:
    """Return where a page has ended, as its reader sends it back."""
    return urlsafe_b64encode(json.dumps(list(position)).encode()).decode().rstrip("=")


def position_of(sent: str, *kinds: type) -> Position | None:
    """Return the position that a cursor stands for, None for the begin; raises Refused where it is none of ours."""
    if not sent:
        return None
    try:
        found = json.loads(urlsafe_b64decode(sent + "=" * (-len(sent) % 4)))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or [type(one) for one in found] != list(kinds) or not all(map(_is_fit, found)):
        raise Refused([Refusal("/after", "this is not the `next` of a page before")])
    return tuple(found)


def _is_fit(part: object) -> bool:
    return is_storable(part) if isinstance(part, str) else isinstance(part, int) and abs(part) < LARGEST


def page(found: list[Entry], after: int, limit: int) -> tuple[list[Entry], int | None]:
    """Return the entries with the lowest ids behind one, and that of the last where there are more."""
    behind = sorted((one for one in found if one["id"] > after), key=lambda one: int(one["id"]))
    return behind[:limit], behind[limit - 1]["id"] if len(behind) > limit else None
