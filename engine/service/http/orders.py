"""Results of orders: the CRM reports what came of a deletion, a task, a field change or a call that it accepted."""

from typing import Any

from engine.model.snapshot import read_json
from engine.service import results
from engine.service.http.access import Serving
from engine.service.http.described.orders import RESULTS
from engine.service.http.described.shapes import told
from engine.service.http.problems import HttpProblem
from engine.service.http.served import routes
from engine.service.http.signed import IsSigned, SignedBody

ROUTES = routes("/v1/orders")
NOT_FOUND, CONFLICT = 404, 409


@ROUTES.post("/{order}/result", **told(RESULTS))
def post_result(order: str, raw: SignedBody, serving: Serving, *, is_signed: IsSigned) -> dict[str, Any]:
    """Take the result of an order, once; the same again is answered as it was, another is refused.

    A signature does not cover the address: the body of a signed call names its `order`, so that it is of no other.
    """
    reported = results.read_report(read_json(raw), order, must_name=is_signed)
    try:
        results.take_result(serving.scene, order, reported, serving.installation.moment())
    except results.NotTaken as error:
        raise HttpProblem(NOT_FOUND if error.code == results.UNKNOWN else CONFLICT, error.code, str(error)) from None
    serving.wake()
    return {"order": order, "result": reported.result}
