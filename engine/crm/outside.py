"""The outside: everybody who takes messages or calls. Who is down is left alone for a while, and nobody else waits."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from engine.crm.event import Event
from engine.crm.letter import Letter, Post
from engine.language.audience import EMAIL
from engine.vocabulary.outcome import TemporaryFailure

if TYPE_CHECKING:
    from engine.crm.webhooks import Endpoint  # brings HTTP along, which actions do without while rules are read

THE_CRM = "the CRM"  # what sentences call it
REST = timedelta(seconds=30)

Found = TypeVar("Found")


def _call(endpoint: "Endpoint", event: Event) -> None:
    endpoint.tell(event)


@dataclass(frozen=True, slots=True)
class Outside:
    """The ways out by name: `posts` are mail and the channels; `crm` takes tasks and field changes.

    `recipients` are those to whom data was disclosed, and who are told of its erasure and the like.

    `hand_over` is how an event is given to an endpoint: by calling it, unless nothing is to leave the house.
    """

    posts: Mapping[str, Post] = field(default_factory=dict)
    crm: "Endpoint | None" = None
    webhooks: "Mapping[str, Endpoint]" = field(default_factory=dict)
    recipients: "Mapping[str, Endpoint]" = field(default_factory=dict)
    hand_over: "Callable[[Endpoint, Event], None]" = _call
    _resting: dict[str, tuple[datetime, datetime]] = field(default_factory=dict)

    def with_mail(self, post: Post) -> "Outside":
        """Return the same ways out, mail by the given post."""
        return replace(self, posts={**self.posts, EMAIL: post})

    def deliver(self, by: str, letter: Letter) -> None:
        """Hand a letter to a way by its name; raises TemporaryFailure or PermanentFailure."""
        self.spared(by, letter.written_at, lambda: self.posts[by].deliver(letter))

    def tell(self, endpoint: "Endpoint", event: Event) -> None:
        """Deliver an event to an endpoint; raises TemporaryFailure or PermanentFailure."""
        self.spared(endpoint.name, event.at, lambda: self.hand_over(endpoint, event))

    def spared(self, provider: str, now: datetime, attempt: Callable[[], Found]) -> Found:
        """Attempt, unless the provider was down a moment ago or asked for time: then it is not even asked."""
        since, until = self._resting.get(provider, (now, now))
        if since <= now < until:
            raise TemporaryFailure(f"{provider} is given a rest", until - now, was_tried=False)
        try:
            return attempt()
        except TemporaryFailure as failure:
            if failure.is_down:
                self._resting[provider] = (now, now + max(failure.after or timedelta(), REST))
            raise
