"""The route that imports: NDJSON as a stream. A small one is taken at once, a large one in a process beside."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from engine.service.http.access import Serving, needs
from engine.service.http.limits import body_within
from engine.service.http.problems import HttpProblem
from engine.service.importing import Importer
from engine.service.importing_beside import ImportEnded, ImportJob, import_beside
from engine.service.serving import Service

SMALL = 256 << 10  # bytes; so many are read, checked and stored while nobody else waits for long
ENDED = "the import ended early; what was stored is kept, and to send all of it again does no harm"
Json = dict[str, Any]


async def parts_of(request: Request, serving: Serving) -> AsyncIterator[bytes]:
    """Give the body of a request, of which there may be much."""
    server = serving.installation.settings.server
    return body_within(request, server.largest_import, server.patience)


Parts = Annotated[AsyncIterator[bytes], Depends(parts_of)]
IMPORT = [Depends(needs("crm"))]


async def take_import(serving: Service, entity: str, parts: AsyncIterator[bytes]) -> Json:
    """Take the lines that come; refused ones are listed and lose nothing else."""
    begun = b""
    async for part in parts:
        begun += part
        if len(begun) > SMALL and not serving.store.database.is_in_memory:
            break
    else:
        return await run_in_threadpool(_take, serving, entity, begun)
    job = ImportJob(serving.installation, entity, serving.installation.clock.now())
    try:
        report = await import_beside(job, _all(begun, parts))
    except ImportEnded:
        raise HttpProblem(503, "import-ended", ENDED, retry_after=5) from None
    finally:
        serving.wake()
    return report


def _take(serving: Service, entity: str, raw: bytes) -> Json:
    ignores = serving.installation.settings.unknown_fields == "ignore"
    now, erased = serving.installation.clock.now(), serving.scene.tombstones
    report = Importer(serving.store, entity, now, ignores, tombstones=erased).take(raw.splitlines())
    serving.wake()
    return report.as_json()


async def _all(begun: bytes, parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield begun
    async for part in parts:
        yield part
