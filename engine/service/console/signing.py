"""The page where people sign in by a token, and the ways out: signing out, another language, other colours."""

from typing import Annotated

from fastapi import Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from engine.service.console.pages import moved, pages
from engine.service.console.rendering import shown
from engine.service.console.sessions import (
    LANGUAGE,
    THEME,
    THEMES,
    Form,
    check_origin,
    form_of,
    local,
    remember,
    sent_by,
    sign_in,
    sign_out,
)
from engine.service.http.access import Serving
from engine.service.logs import logger
from engine.service.serving import Service
from engine.store import tokens
from engine.store.tokens import SCOPES, Holder
from engine.vocabulary.tongue import LANGUAGES

LOG = logger("console")
ROUTES = pages()
ANY_SCOPE = Annotated[Form, Depends(sent_by(*SCOPES))]


@ROUTES.get("/sign-in")
async def ask(request: Request) -> Response:
    """Show where to sign in."""
    return shown(request, "sign_in.html", wanted=local(request.query_params.get("next", "")), is_wrong=False)


@ROUTES.post("/sign-in")
async def enter(request: Request, serving: Serving) -> Response:
    """Sign somebody in by a token."""
    check_origin(request)
    form = await form_of(request)
    wanted = local(form.text("next"))
    held = await run_in_threadpool(_holder, serving, form.text("token"))
    if held is None:
        return shown(request, "sign_in.html", 401, wanted=wanted, is_wrong=True)
    response = moved(wanted)
    await run_in_threadpool(sign_in, serving, held, response, is_secure=request.url.scheme == "https")
    LOG.info("signed in", token=held.token)
    return response


@ROUTES.post("/sign-out")
def leave(request: Request, serving: Serving, _form: ANY_SCOPE) -> Response:
    """End the session."""
    response = moved("/console/sign-in", "signed_out")
    sign_out(serving, request, response)
    return response


@ROUTES.post("/preferences")
async def prefer(request: Request) -> Response:
    """Keep a choice of language or colours, also of who is not signed in: it is theirs alone."""
    check_origin(request)
    form = await form_of(request)
    response = moved(local(form.text("next")))
    for name, choice, known in ((LANGUAGE, form.text("language"), LANGUAGES), (THEME, form.text("theme"), THEMES)):
        if choice in known:
            remember(response, name, choice)
    return response


def _holder(service: Service, token: str) -> Holder | None:
    with service.store.database.reading() as connection:
        return tokens.holder(connection, token, service.installation.clock.now())
