"""Signed calls: the CRM may sign what it sends (Standard Webhooks) instead of carrying a token."""

from typing import Annotated

from fastapi import Depends, Request

from engine.crm.outside import THE_CRM
from engine.crm.signatures import HEADERS, Signed
from engine.service.http.access import body_for, known, let_in, read_body, service_of
from engine.service.http.problems import HttpProblem
from engine.store.tokens import Holder

CRM = "crm"
SIGNING = Holder(0, THE_CRM, frozenset({CRM}))
WHY = "the signature does not fit, or its timestamp is not within five minutes of the clock here"
_with_token = body_for(CRM)


async def is_signed(request: Request) -> bool:
    """True of a call that is to be judged by its signature: it has one, no token, and somebody may sign."""
    headers = request.headers
    is_meant = "authorization" not in headers and any(name in headers for name in HEADERS)
    return is_meant and bool((await service_of(request)).signed_by)


async def signed_body(request: Request) -> bytes:
    """Return the body of a call that the CRM signed, or whose token has scope `crm`; what else it says is not read."""
    if not await is_signed(request):
        return await _with_token(request)
    service, signed = await service_of(request), Signed.of(request.headers)
    if signed is None or not signed.is_fresh(service.installation.clock.now()):
        raise HttpProblem(401, "unauthorized", WHY)
    body = await read_body(request)
    if not signed.is_by(service.signed_by, body):
        raise HttpProblem(401, "unauthorized", WHY)
    let_in(request, service, SIGNING, CRM)
    return await known(request, body)


SignedBody = Annotated[bytes, Depends(signed_body)]
IsSigned = Annotated[bool, Depends(is_signed)]
