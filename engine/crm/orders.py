"""Orders to the CRM: signed calls by Standard Webhooks, and what each kind of answer means."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, Protocol

import httpx
from standardwebhooks.webhooks import Webhook

from engine.vocabulary.outcome import PermanentFailure, TemporaryFailure

TIMEOUT = 10  # seconds
LONGEST_ANSWER = 64 << 10  # bytes


@dataclass(frozen=True, slots=True)
class Order:
    """A deletion that the CRM is asked for. `key` is its idempotency key, the same at every attempt."""

    key: str
    contact: str
    rule: str
    version: str
    digest: str
    legal_basis: str


Answer = Literal["deleted", "accepted", "refused"]


@dataclass(frozen=True, slots=True)
class Answered:
    """What the CRM said of an order, and its reason where it refused."""

    answer: Answer
    reason: str = ""


class Crm(Protocol):
    """Takes orders; raises TemporaryFailure where the outcome is unknown and must be asked for again."""

    def order(self, order: Order, now: datetime) -> Answered:
        """Hand an order over and return what was said."""
        ...


@dataclass(frozen=True, slots=True)
class WebhookCrm:
    """A CRM that takes orders at a URL. Redirects are never followed: they could lead anywhere."""

    url: str
    secret: str

    def order(self, order: Order, now: datetime) -> Answered:
        """Send the signed order. The same key asks again, so an unknown outcome is never assumed."""
        body = json.dumps(
            {
                "type": "deletion.ordered",
                "timestamp": now.isoformat(),
                "data": {
                    "order": order.key,
                    "contact": order.contact,
                    "rule": order.rule,
                    "version": order.version,
                    "digest": order.digest,
                    "legal_basis": order.legal_basis,
                },
            }
        )
        return self._answer(self._post(order.key, body, now))

    def _post(self, key: str, body: str, now: datetime) -> httpx.Response:
        signature = Webhook(self.secret).sign(key, now.astimezone(UTC), body)
        headers = {
            "content-type": "application/json",
            "webhook-id": key,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signature,
        }
        try:
            return httpx.post(self.url, content=body, headers=headers, timeout=TIMEOUT, follow_redirects=False)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise TemporaryFailure(f"the CRM did not answer ({type(error).__name__})") from None

    def _answer(self, response: httpx.Response) -> Answered:
        match response.status_code:
            case 200:
                if _content(response).get("result") == "deleted":
                    return Answered("deleted")
                raise TemporaryFailure("the CRM's answer does not say what happened")
            case 202:
                return Answered("accepted")
            case 409:
                return Answered("refused", str(_content(response).get("reason", ""))[:200])
            case 410:
                raise PermanentFailure("the CRM takes no more orders at this address (410)")
            case 429 | 503:
                raise TemporaryFailure(f"the CRM asks to wait ({response.status_code})", _retry_after(response))
        raise TemporaryFailure(f"the CRM answered {response.status_code}")


def _content(response: httpx.Response) -> dict[str, object]:
    try:
        found = json.loads(response.content[:LONGEST_ANSWER])
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _retry_after(response: httpx.Response) -> timedelta | None:
    text = response.headers.get("retry-after", "")
    return timedelta(seconds=int(text)) if text.isdigit() and int(text) <= 86_400 else None  # noqa: PLR2004 - a day at most
