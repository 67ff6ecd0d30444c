"""Assets: the style sheet, the script and the sign of the console, shipped with it and named by what is in them."""

import hashlib
from functools import cache
from pathlib import Path

from fastapi import APIRouter, Response

from engine.service.http.problems import HttpProblem

FOLDER = Path(__file__).with_name("static")
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
FOR_EVER = "public, max-age=31536000, immutable"
ROUTES = APIRouter(prefix="/console", include_in_schema=False)


@ROUTES.get("/assets/{digest}/{name}")
def asset(digest: str, name: str) -> Response:
    """Give an asset, which under this address never becomes another; anybody may have it, for all of it is public."""
    if name not in names() or digest != digest_of(name):
        raise HttpProblem(404, "unknown", "there is no such asset")
    headers = {"cache-control": FOR_EVER, "x-content-type-options": "nosniff"}
    return Response(_content(name), media_type=KINDS[Path(name).suffix], headers=headers)


def address_of(name: str) -> str:
    """Return the address of an asset as it is now."""
    return f"/console/assets/{digest_of(name)}/{name}"


@cache
def names() -> frozenset[str]:
    """Return what there is."""
    return frozenset(file.name for file in FOLDER.iterdir() if file.suffix in KINDS)


@cache
def digest_of(name: str) -> str:
    """Return what stands for the content of an asset."""
    return hashlib.sha256(_content(name)).hexdigest()[:16]


@cache
def _content(name: str) -> bytes:
    return (FOLDER / name).read_bytes()
