"""Fixtures of the acceptance tests: those outside, who keep count of what they are told."""

from collections.abc import Iterator

import pytest

from tests.acceptance.server import Ledger
from tests.receivers import Receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Give a receiver that counts calls by their keys."""
    with Receiver() as running:
        yield running


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    """Give a mail server that counts letters by their message ids."""
    with Ledger() as running:
        yield running
