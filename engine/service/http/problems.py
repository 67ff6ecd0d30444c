"""Problems: every failure as `application/problem+json` (RFC 9457), with a stable type and no personal value."""

from http import HTTPStatus

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from engine.model.snapshot import Refused
from engine.service.naming import CHANGED_SINCE, NOT_THERE, REFUSED, UNFIT, Declined
from engine.service.returning import ENDED, ERASED, IN_BIN
from engine.store.deletions import IllegalMove

TYPE = "https://ansgar.invalid/problems/"  # names a kind of problem; nothing is served there
AWAY = {ERASED: "erased", IN_BIN: "in-recycle-bin", ENDED: "merged"}  # what stands against a contact's return: 409

DECLINED = {  # others: 409, by code
    NOT_THERE: (404, "unknown"),
    UNFIT: (422, "refused"),
    REFUSED: (409, "declined"),
    CHANGED_SINCE: (412, "changed-since"),
}
MOST_TOLD = 100  # refusals of one request


class HttpProblem(Exception):
    """A failure with its status, kind and sentence."""

    def __init__(self, status: int, kind: str, detail: str, *, retry_after: int | None = None, **more: object) -> None:
        super().__init__(detail)
        self.status, self.kind, self.detail, self.more = status, kind, detail, more
        self.headers = {} if retry_after is None else {"retry-after": str(retry_after)}  # seconds
        if status == HTTPStatus.UNAUTHORIZED:
            self.headers["www-authenticate"] = "Bearer"  # RFC 9110, 11.6.1


def not_held(entity: str = "contact") -> HttpProblem:
    """Return the problem that a record is not held here; it repeats no id."""
    return HttpProblem(404, "unknown", f"no such {entity} is held here")


def answer(problem: HttpProblem) -> JSONResponse:
    """Return the response that tells a problem."""
    content = {
        "type": TYPE + problem.kind,
        "title": problem.kind.replace("-", " "),
        "status": problem.status,
        "detail": problem.detail,
    }
    return JSONResponse(content | problem.more, problem.status, problem.headers, "application/problem+json")


def on_framework(_request: Request, error: Exception) -> JSONResponse:
    """Answer what the framework found before any route of ours: no such address, method or parameter."""
    if isinstance(error, RequestValidationError):
        found = [
            {"pointer": "/" + "/".join(map(str, one["loc"])), "reason": one["msg"]}
            for one in error.errors()[:MOST_TOLD]
        ]
        return answer(HttpProblem(422, "refused", str(found[0]["reason"]), refusals=found))
    status = error.status_code if isinstance(error, HTTPException) else 500
    said = HTTPStatus(status).phrase
    response = answer(HttpProblem(status, said.lower().replace(" ", "-"), said))
    response.headers.update((error.headers if isinstance(error, HTTPException) else None) or {})
    return response


def on_problem(_request: Request, error: Exception) -> JSONResponse:
    """Answer a problem that was raised."""
    if isinstance(error, HttpProblem):
        return answer(error)
    if isinstance(error, Declined):
        status, kind = DECLINED.get(error.code, (409, error.code.lower().replace("_", "-")))
        return answer(HttpProblem(status, kind, str(error)))
    if isinstance(error, IllegalMove):
        return answer(HttpProblem(409, "illegal-move", str(error)))
    if isinstance(error, Refused):
        found = [{"pointer": one.pointer, "reason": one.reason} for one in error.refusals[:MOST_TOLD]]
        kind = next(
            (AWAY[why] for why in AWAY if any(one.reason.startswith(f"{why}:") for one in error.refusals)), "refused"
        )
        status = 422 if kind == "refused" else 409
        return answer(HttpProblem(status, kind, str(found[0]["reason"]), refusals=found))
    return answer(HttpProblem(503, "unavailable", "the store cannot be used now; nothing was taken", retry_after=5))
