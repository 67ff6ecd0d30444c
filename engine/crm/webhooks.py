"""Webhooks: one signed call by Standard Webhooks, never redirected, its answer capped; and what an answer means."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from ssl import SSLContext
from time import monotonic
from typing import Any

import httpx
from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook, WebhookVerificationError

from engine.crm import hosts
from engine.crm.event import Event
from engine.crm.hosts import Resolve
from engine.vocabulary.clock import Clock, SystemClock
from engine.vocabulary.outcome import GoneForGood, PermanentFailure, TemporaryFailure

TIMEOUT = 10  # seconds, for connecting and for each part of an answer
LONGEST_WAIT = 30.0  # seconds, for the answer as a whole
LONGEST_ANSWER = 64 << 10  # bytes
LONGEST_REASON = 200
LONGEST_RETRY_AFTER = timedelta(days=1)
LONGEST_NUMBER = 10  # digits
GONE = 410
TRY_LATER = frozenset({408, 425, 429})  # of those that blame the caller, the ones that only ask for time
BUSY = frozenset({429, 502, 503, 504})  # the receiver as a whole, not this one call

# It logs every address that is called, and that of a question about a contact holds its id.
logging.getLogger("httpx").disabled = True


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: its status, its content where that is a JSON object, and how long it asks to be left alone."""

    status: int
    content: Mapping[str, Any]
    after: timedelta | None

    @property
    def reason(self) -> str:
        """The receiver's own words of why, in one line."""
        return in_one_line(str(self.content.get("reason", "")))


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A configured receiver of signed calls. `name` is what sentences call it; the address never stands in one.

    `former` is the secret before `secret`, while it is being changed; empty otherwise.
    """

    name: str
    url: str
    secret: str
    is_internal: bool = False
    clock: Clock = field(default_factory=SystemClock)
    resolve: Resolve = hosts.resolve
    former: str = ""

    def tell(self, event: Event) -> None:
        """Deliver an event that asks for nothing but to be taken; raises TemporaryFailure or PermanentFailure."""
        reply = self.post(event)
        status = reply.status
        if httpx.codes.is_success(status):
            return
        if status == GONE:
            raise GoneForGood(f"{self.name} takes no more calls at this address ({status})")
        if httpx.codes.is_client_error(status) and status not in TRY_LATER:
            raise PermanentFailure(f"{self.name} refused the call ({status})", reply.reason)
        raise self.not_now(reply)

    def not_now(self, reply: Reply) -> TemporaryFailure:
        """Return the failure of an answer that leaves open what happened: it is to be asked again, not assumed."""
        return TemporaryFailure(f"{self.name} answered {reply.status}", reply.after, is_down=reply.status in BUSY)

    def post(self, event: Event) -> Reply:
        """Send an event and return what was answered; raises TemporaryFailure where nothing was."""
        body = json.dumps({"type": event.type, "timestamp": event.at.isoformat(), "data": dict(event.data)})
        return self._called("POST", self.url, event.key, body)

    def get(self, key: str, url: str) -> Reply:
        """Ask at an address, signed over an empty body; raises TemporaryFailure where nothing was answered."""
        return self._called("GET", url, key, "")

    def _called(self, method: str, address: str, key: str, body: str) -> Reply:
        url = httpx.URL(address)
        try:
            for one in hosts.addresses(_name(url), is_internal=self.is_internal, resolve=self.resolve):
                headers = self._signed(key, body) | {"host": url.netloc.decode("ascii")}
                # The certificate is that of the name, not of the address.
                options: dict[str, Any] = {"headers": headers, "extensions": {"sni_hostname": _name(url)}}
                reply = self._exchange(method, url.copy_with(host=one), options | {"content": body or None})
                if reply is not None:
                    return reply
        except TemporaryFailure as failure:
            raise TemporaryFailure(f"{self.name}: {failure}", is_down=failure.is_down) from None
        raise TemporaryFailure(f"{self.name} cannot be reached", is_down=True)

    def _signed(self, key: str, body: str) -> dict[str, str]:
        """Return the headers of an attempt. Its time is the machine's: receivers refuse what seems old.

        While the secret is being changed there are two signatures, the new one first: a receiver knows either.
        """
        now = self.clock.now().astimezone(UTC)
        secrets = (self.secret, self.former) if self.former else (self.secret,)
        return {
            "content-type": "application/json",
            "accept-encoding": "identity",
            "webhook-id": key,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(Webhook(one).sign(key, now, body) for one in secrets),
        }

    def _exchange(self, method: str, url: httpx.URL, options: dict[str, Any]) -> Reply | None:
        """Return the answer of one address, or None where nobody takes the call there."""
        try:
            # No proxy of the environment: calls go to the configured host alone.
            with (
                httpx.Client(timeout=TIMEOUT, verify=_trusted(), follow_redirects=False, trust_env=False) as client,
                client.stream(method, url, **options) as response,
            ):
                return Reply(response.status_code, _read(response), _retry_after(response, self.clock.now()))
        except (httpx.ConnectError, httpx.ConnectTimeout):
            return None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise TemporaryFailure(f"no answer ({type(error).__name__})", is_down=True) from None


def in_one_line(text: str) -> str:
    """Return somebody's own words of why in one line, so many of them as are shown."""
    return "".join(c if c.isprintable() else " " for c in text)[:LONGEST_REASON]


def is_signed(secret: str, headers: Mapping[str, str], body: str) -> bool:
    """True when a call bears a fresh signature by a secret over exactly its body."""
    try:
        Webhook(secret).verify(body, dict(headers), json_parse=False)
    except (WebhookVerificationError, ValueError):
        return False
    return True


def is_secret(text: str) -> bool:
    """True when a text can sign: base64, with `whsec_` before it or not, as Standard Webhooks writes secrets."""
    try:
        Webhook(text)
    except (ValueError, EmptyWebhookSecretError):
        return False
    return True


def _name(url: httpx.URL) -> str:
    return url.raw_host.decode("ascii")


@lru_cache(maxsize=1)
def _trusted() -> SSLContext:
    return httpx.create_ssl_context()


def _read(response: httpx.Response) -> dict[str, Any]:
    """Return the JSON object of an answer; what is longer, slower or something else is no answer at all."""
    until, raw = monotonic() + LONGEST_WAIT, b""
    for part in response.iter_raw():
        raw += part
        if len(raw) > LONGEST_ANSWER:
            return {}
        if monotonic() > until:
            raise TemporaryFailure("its answer takes too long", is_down=True)
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _retry_after(response: httpx.Response, now: datetime) -> timedelta | None:
    """Return how long an answer asks to be waited for, as seconds or as a date (RFC 9110, 10.2.3); a day at most."""
    text = response.headers.get("retry-after", "")
    if text.isdecimal() and len(text) < LONGEST_NUMBER:
        return min(timedelta(seconds=int(text)), LONGEST_RETRY_AFTER)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max(aware - now, timedelta()), LONGEST_RETRY_AFTER)
