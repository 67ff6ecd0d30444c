"""Call_webhook: a named receiver is told which case opened, and nothing else about the person."""

from pathlib import Path

from tests.actions.outward import acted, told
from tests.receivers import Receiver


def test_s9_a_webhook_is_told_of_the_case_and_not_of_the_person(tmp_path: Path) -> None:
    """Signed; with contact id, rule and instant, and no value of the contact."""
    with Receiver() as receiver:
        place = acted(tmp_path, None, "call_webhook: bridge", bridge=receiver)
        event = receiver.verified()[0]

        assert told(place) == {"done": 1}
        assert event["type"] == "case.reported"
        assert {"order", "entity", "contact", "rule", "version", "case"} == set(event["data"])
        assert (event["data"]["contact"], event["data"]["rule"]) == ("4711", "outward")
        assert "Canary" not in receiver.calls[0][1]


def test_a_webhook_that_the_configuration_no_longer_names_is_withheld(tmp_path: Path) -> None:
    """It is withheld, and says why."""
    assert told(acted(tmp_path, None, "call_webhook: bridge"), reasons=True) == {"NO_WEBHOOK": 1}


def test_r9_a_webhook_that_refuses_stops_no_other(tmp_path: Path) -> None:
    """One of two actions is parked, the other done."""
    with Receiver(400) as refusing, Receiver() as taking:
        action = "call_webhook: bridge\n      - call_webhook: other"
        place = acted(tmp_path, None, action, bridge=refusing, other=taking)

        assert (told(place), len(taking.calls)) == ({"parked": 1, "done": 1}, 1)
