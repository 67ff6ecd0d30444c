"""Publishing: the OpenAPI document as JSON, and as a page for people that loads nothing from anywhere."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from html import escape
from http import HTTPStatus
from json import dumps
from typing import Any

from fastapi import APIRouter, Response
from starlette.responses import HTMLResponse

from engine.service.http.described.document import document_of, operations
from engine.service.http.described.shapes import Schema
from engine.service.http.served import json_of

POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"  # no script, and nothing from anywhere
STYLE = """\
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222 }
pre { background: #f4f4f4; padding: .75rem; overflow: auto } code { font-size: .9rem } summary { cursor: pointer }
"""


def published(routers: Sequence[APIRouter]) -> APIRouter:
    """Return the routes that show what some routers describe; they need no token."""
    made = APIRouter(include_in_schema=False)

    @lru_cache(maxsize=1)
    def document() -> Schema:
        return document_of(routers)

    @made.get("/openapi.json")
    def openapi() -> Response:
        """Show the document."""
        return json_of(document())

    @made.get("/docs")
    def docs() -> Response:
        """Show the page."""
        return HTMLResponse("\n".join(_page(document())), headers={"content-security-policy": POLICY})

    return made


def _page(document: Schema) -> Iterator[str]:
    about = document["info"]
    yield '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Ansgar: API</title>'
    yield f"<style>{STYLE}</style></head><body><h1>{escape(about['title'])} {escape(about['version'])}</h1>"
    yield from (f"<p>{escape(one)}</p>" for one in about["description"].split("\n\n"))
    yield '<p>The same for programs: <a href="openapi.json">openapi.json</a></p>'
    for tag in document["tags"]:
        yield f"<h2>{escape(tag['name'])}</h2>"
        for path, method, one in operations(document):
            if tag["name"] in one["tags"]:
                yield from _operation(document, f"{method.upper()} {path}", one)
    yield "<h2>Shapes</h2>"
    for name, shape in document["components"]["schemas"].items():
        yield f'<details id="{escape(name)}"><summary><code>{escape(name)}</code></summary>{_shown(shape)}</details>'
    yield "</body></html>"


def _operation(document: Schema, head: str, one: Schema) -> Iterator[str]:
    scopes = f" <small>{escape(' or '.join(one['x-scopes']))}</small>" if one["x-scopes"] else ""
    yield f"<details><summary><code>{escape(head)}</code>{scopes} {escape(one['summary'])}</summary>"
    yield f"<p>{escape(one.get('description', ''))}</p>"
    yield f"<ul>{''.join(map(_parameter, one['parameters']))}</ul>"
    for kind, content in one.get("requestBody", {}).get("content", {}).items():
        yield f"<p>Body: {_named(document, kind, content)}"
    for status, said in one["responses"].items():
        if not _fails(status) and "content" in said:
            yield "".join(f"<p>{escape(status)}: {_named(document, *each)}" for each in said["content"].items())
    problems = [f"{status} {HTTPStatus(int(status)).phrase}" for status in one["responses"] if _fails(status)]
    yield f"<p>Problems: {', '.join(problems) or 'none'}</p></details>"


def _fails(status: str) -> bool:
    return int(status) >= HTTPStatus.BAD_REQUEST


def _parameter(one: Schema) -> str:
    return f"<li><code>{escape(one['name'])}</code> in {one['in']}. {escape(one.get('description', ''))}</li>"


def _named(document: Schema, kind: str, content: Schema) -> str:
    name = content["schema"]["$ref"].rpartition("/")[2]
    example = document["components"]["schemas"][name]["examples"][0]
    return f'<code>{escape(kind)}</code> <a href="#{escape(name)}">{escape(name)}</a></p>{_shown(example)}'


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else dumps(value, indent=2, ensure_ascii=False)
    return f"<pre>{escape(text)}</pre>"
