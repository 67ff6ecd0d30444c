"""The demo CRM: an honest one wherever it is not told otherwise, whose ledger shows what must never happen."""

from datetime import timedelta

import httpx
import pytest

from engine.crm.orders import Answered, Order
from engine.service.demo_answers import ANSWERS, DONE, answer_of
from engine.service.demo_ledger import Ledger
from engine.vocabulary.outcome import TemporaryFailure
from tests.installations import NOON
from tests.scripted_crm import ScriptedCrm

ORDER = Order("deletion-1", "4711", "r", "v", "d", "b", expires_at=NOON)


def test_an_order_is_carried_out_once_however_often_it_comes() -> None:
    """Known by its key; a refusal is repeated, and what is done is not refused any more."""
    with ScriptedCrm("delete", "refuse", contacts=["4711"]) as crm:
        order = Order("deletion-1", "4711", "r", "v", "d", "b")
        assert [crm.asked.order(order, NOON).answer for _ in range(3)] == ["deleted"] * 3

        assert (crm.ledger.attempts, crm.ledger.done, crm.ledger.refused) == ([order.key] * 3, {order.key: "4711"}, {})
        assert crm.asked.presence("4711", "k") == "gone"
    with ScriptedCrm("refuse: no") as crm:
        assert [crm.asked.order(order, NOON) for _ in range(2)] == [Answered("refused", "no")] * 2


def test_what_must_never_happen_stands_in_the_ledger() -> None:
    """An order that comes late, and one to delete whom another deleted."""
    ledger = Ledger()
    for key, at in (("a", NOON - timedelta(hours=1)), ("b", NOON - timedelta(hours=1)), ("c", NOON)):
        ledger.take(key, ORDER.content(), at)
        ledger.carry_out(key, at)

    assert (list(ledger.done), ledger.twice, ledger.late) == (["a", "b"], ["b"], ["c"])


def test_s4_a_call_without_a_signature_is_refused() -> None:
    """Neither an order nor a question is answered to anybody else."""
    with ScriptedCrm(contacts=["4711"]) as crm:
        assert httpx.get(f"{crm.url}/contacts/4711").status_code == 401
        assert httpx.post(crm.url, content=b"{}").status_code == 401
        assert crm.ledger.orders == {}


@pytest.mark.parametrize("name", [*ANSWERS, *(f"{one}{DONE}" for one in ANSWERS)])
def test_every_answer_has_a_name_and_one_that_carries_the_order_out(name: str) -> None:
    """`_done` behind a name."""
    assert answer_of(name).does == (name == "delete" or name.endswith(DONE))


def test_words_and_times_can_be_given() -> None:
    """The reason of a refusal, and how long a busy CRM asks to be left alone."""
    assert answer_of("refuse: open: invoice").content == b'{"reason": "open: invoice"}'
    with ScriptedCrm("busy: 60") as crm, pytest.raises(TemporaryFailure) as caught:
        crm.asked.order(Order("deletion-1", "4711", "r", "v", "d", "b"), NOON)
    assert caught.value.after == timedelta(seconds=60)
