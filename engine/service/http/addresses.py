"""Addresses: an id of a record may hold slashes; sent as `%2F` they are a part of it."""

import re
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import unquote

from starlette.convertors import Convertor

SLASH = "\x1f"  # stands for a slash within an id while addresses are matched; no id can hold it
_ENCODED = re.compile(r"%2f", re.IGNORECASE)


class IdConvertor(Convertor[str]):
    """The id of a record as a part of an address."""

    regex = "[^/]+"

    def convert(self, value: str) -> str:
        """Return the id that is meant."""
        return value.replace(SLASH, "/")

    def to_string(self, value: str) -> str:
        """Return the part of an address."""
        return value.replace("/", "%2F")


def path_of(scope: MutableMapping[str, Any]) -> str:
    """Return the path of a request with slashes within an id told apart from those between its parts."""
    raw = (scope.get("raw_path") or b"").decode("latin-1").partition("?")[0]
    return unquote(_ENCODED.sub(SLASH, raw)) if _ENCODED.search(raw) else str(scope["path"])
