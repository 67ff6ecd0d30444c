"""Doors for tests: the API over a place, and callers with tokens of given scopes."""

import asyncio
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import FastAPI

from engine.service.http.app import create_app
from engine.service.serving import Service
from engine.store import tokens
from tests.installations import Place


class Api:
    """The API of a place, without loop and tick: what a request wakes is done by hand."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.service = Service(place.installation, place.store, place.scene())
        self.app = create_app(self.service)

    def caller(self, name: str, *scopes: str) -> "Caller":
        """Return somebody with a token of these scopes."""
        with self.place.store.database.writing() as connection:
            token = tokens.create(connection, name, scopes, self.place.clock.now())
        return Caller(self.app, {"authorization": f"Bearer {token}"})

    def anybody(self) -> "Caller":
        """Return somebody without a token."""
        return Caller(self.app, {})


@dataclass(frozen=True)
class Caller:
    """Somebody who calls the API."""

    app: FastAPI
    headers: dict[str, str]

    def get(self, path: str) -> httpx.Response:
        """Ask."""
        return self.call("GET", path)

    def post(self, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        """Act."""
        return self.call("POST", path, json=body or {})

    def call(self, method: str, path: str, **keywords: Any) -> httpx.Response:
        """Send a request and return the answer."""

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://ansgar") as client:
                return await client.request(method, path, headers=self.headers, **keywords)

        return asyncio.run(ask())
