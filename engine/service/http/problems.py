"""Problems: every failure as `application/problem+json` (RFC 9457), with a stable type and no personal value."""

from http import HTTPStatus

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from engine.model.snapshot import Refused
from engine.service.naming import ALREADY, CHANGED_SINCE, NOT_THERE, REFUSED, UNFIT, Declined
from engine.service.returning import ENDED, ERASED, IN_BIN
from engine.store.deletions import IllegalMove

TYPE = "https://ansgar.invalid/problems/"  # names a kind of problem; nothing is served there
AWAY = {ERASED: "erased", IN_BIN: "in-recycle-bin", ENDED: "merged"}  # what stands against a contact's return: 409

DECLINED = {  # others: 409, by code
    NOT_THERE: (404, "unknown"),
    UNFIT: (422, "refused"),
    REFUSED: (409, "declined"),
    ALREADY: (409, "declined"),
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
    response = answer(problem_of(error))
    response.headers.update((error.headers if isinstance(error, HTTPException) else None) or {})
    return response


def on_problem(_request: Request, error: Exception) -> JSONResponse:
    """Answer a problem that was raised."""
    return answer(problem_of(error))


def problem_of(error: Exception) -> HttpProblem:
    """Return the problem that something raised stands for."""
    match error:
        case HttpProblem():
            return error
        case Declined():
            status, kind = DECLINED.get(error.code, (409, error.code.lower().replace("_", "-")))
            return HttpProblem(status, kind, str(error))
        case IllegalMove():
            return HttpProblem(409, "illegal-move", str(error))
        case Refused():
            return _refused(error)
        case RequestValidationError():
            return _invalid(error)
        case HTTPException():
            phrase = HTTPStatus(error.status_code).phrase
            return HttpProblem(error.status_code, phrase.lower().replace(" ", "-"), phrase)
    return HttpProblem(503, "unavailable", "the store cannot be used now; nothing was taken", retry_after=5)


def _invalid(error: RequestValidationError) -> HttpProblem:
    found = [
        {"pointer": "/" + "/".join(map(str, one["loc"])), "reason": one["msg"]} for one in error.errors()[:MOST_TOLD]
    ]
    return HttpProblem(422, "refused", str(found[0]["reason"]), refusals=found)


def _refused(error: Refused) -> HttpProblem:
    found = [{"pointer": one.pointer, "reason": one.reason} for one in error.refusals[:MOST_TOLD]]
    kind = next(
        (AWAY[why] for why in AWAY if any(one.reason.startswith(f"{why}:") for one in error.refusals)), "refused"
    )
    return HttpProblem(422 if kind == "refused" else 409, kind, str(found[0]["reason"]), refusals=found)
