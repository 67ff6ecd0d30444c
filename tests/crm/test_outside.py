"""The outside: who is down is left alone for a while, and nobody else waits for it."""

from datetime import UTC, datetime, timedelta

import pytest

from engine.crm.letter import Letter
from engine.crm.outside import REST, Outside
from engine.vocabulary.outcome import TemporaryFailure

NOW = datetime(2026, 3, 1, tzinfo=UTC)


class Provider:
    """A provider that fails as told, and counts how often it is asked."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure, self.asked = failure, 0

    def deliver(self, _letter: Letter) -> None:
        """Fail, or take the letter."""
        self.asked += 1
        if self.failure is not None:
            raise self.failure


def attempt(outside: Outside, by: str, after: timedelta = timedelta()) -> TemporaryFailure | None:
    """Return what came of delivering a letter some time after the beginning."""
    try:
        outside.deliver(by, Letter("intent-1", "", "a", "b", NOW + after))
    except TemporaryFailure as failure:
        return failure
    return None


def test_r10_who_is_down_is_not_asked_again_until_its_rest_is_over() -> None:
    """A letter that was not tried says so, and how long there is to wait; another provider is not concerned."""
    down, well = Provider(TemporaryFailure("away", is_down=True)), Provider()
    outside = Outside({"ops": well}).with_mail(down)
    first, second = attempt(outside, "email"), attempt(outside, "email", timedelta(seconds=10))

    assert first is not None
    assert second is not None
    assert (first.was_tried, second.was_tried) == (True, False)
    assert REST - timedelta(seconds=10) == second.after
    assert attempt(outside, "ops") is None
    attempt(outside, "email", REST)
    assert (down.asked, well.asked) == (2, 1)


@pytest.mark.parametrize(
    ("failure", "later", "asked"),
    [
        (TemporaryFailure("busy", timedelta(minutes=5), is_down=True), timedelta(minutes=4), 1),
        (TemporaryFailure("busy", timedelta(minutes=5), is_down=True), timedelta(minutes=5), 2),
        (TemporaryFailure("one mailbox is full"), timedelta(seconds=1), 2),
        (TemporaryFailure("away", is_down=True), timedelta(days=-30), 2),
    ],
)
def test_r10_the_rest_is_what_was_asked_for(failure: TemporaryFailure, later: timedelta, asked: int) -> None:
    """Retry-After counts for all letters; a fault of one letter for none; a clock that went back is no reason to wait."""
    provider = Provider(failure)
    outside = Outside().with_mail(provider)
    attempt(outside, "email")
    attempt(outside, "email", later)

    assert asked == provider.asked
