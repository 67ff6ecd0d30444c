"""A scripted CRM for tests: the demo CRM, listening, with every signature checked by the official library."""

from collections import deque
from collections.abc import Iterable

from standardwebhooks.webhooks import Webhook

from engine.crm.orders import ID, InquiringCrm, WebhookCrm
from engine.crm.webhooks import Endpoint
from engine.service.demo_crm import DemoCrm, Script
from engine.vocabulary.clock import Clock
from tests.receivers import SECRET


class ScriptedCrm(DemoCrm):
    """A CRM that answers as told: orders by `orders`, questions by `questions`, then honestly."""

    def __init__(
        self,
        *orders: str,
        questions: Iterable[str] = (),
        clock: Clock | None = None,
        contacts: Iterable[str] | None = None,
    ) -> None:
        super().__init__(SECRET, contacts, Script(deque(orders), deque(questions)), clock=clock)

    @property
    def asked(self) -> InquiringCrm:
        """The CRM as the service sees it that may ask for contacts."""
        return InquiringCrm(self.endpoint, f"{self.url}/contacts/{ID}")

    @property
    def unasked(self) -> WebhookCrm:
        """The CRM as the service sees it where `contact_url` is none."""
        return WebhookCrm(self.endpoint)

    @property
    def endpoint(self) -> Endpoint:
        """The endpoint that calls it."""
        return Endpoint("the CRM", self.url, SECRET)

    def verify(self) -> None:
        """Check the signature of everything that came in by the official library."""
        for call in self.calls:
            Webhook(SECRET).verify(call.body, dict(call.headers), json_parse=False)

    def count(self, method: str) -> int:
        """Return how many calls of a method came in."""
        return sum(call.method == method for call in self.calls)
