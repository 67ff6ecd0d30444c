"""Judging: few records are judged one by one and many by SQL; what comes of it is the same."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from engine.evaluate.decision import Decider
from engine.service import judging
from engine.service.events import read_events, take_events
from engine.service.tick import follow_changes
from tests.installations import Place
from tests.strategies import contacts

RULES = """\
rules:
  - {rule: lead, stage: live, if: [{field: category, is: lead}], then: [{keep_in_selection: {name: lead, purpose: marketing}}]}
  - {rule: not-lead, stage: live, if: [{selection: lead, is_member: false}], then: [{raise_alert: Not a lead}]}
  - {rule: old, stage: live, if: {all: [{field: created_on, older_than: 1 year}], for_at_least: 1 day}, then: [{keep_in_selection: old}]}
  - {rule: selling, if: [{count: sales, at_least: 1}, {selection: lead, is_member: true}], then: [{keep_in_selection: selling}]}
  - rule: hurried
    stage: live
    if: [{field: created_on, is_missing: false}]
    deadline: {within: 30 days, of: created_on, remind_before: 3 days, if_late: [{raise_alert: Late}]}
    then: [{create_task: {for: contact owner, title: Look}}]
  - rule: bounced
    stage: live
    check: {when_event: {event: mailing.bounced, times: 2, within: 30 days}}
    if: [{field: email, is_missing: true}, {selection: lead, is_member: true}]
    then: [{keep_in_selection: bounced}]
  - rule: going
    stage: live
    owner: dpo
    legal_basis: GDPR Art. 5(1)(e)
    if: [{field: email_bounces, more_than: 1}]
    then: [{schedule_deletion: {grace: 14 days}}]
    stop_if_more_than: {contacts: 2}
"""


def bounce(place: Place, contact: str, number: int) -> None:
    """Let a mailing to somebody bounce."""
    event = {"specversion": "1.0", "id": f"{contact}-{number}", "source": "/crm", "type": "crm.mailing.bounced"}
    take_events(place.scene(), read_events(event | {"subject": contact, "data": {}}), place.installation.moment())


def stands(place: Place) -> tuple[Any, ...]:
    """Return how things stand."""
    selections = {name: place.members(name) for name in ("lead", "old", "selling", "bounced")}
    return sorted(place.cases()), selections, sorted(place.alerts()), place.deletions()


@settings(max_examples=15, deadline=None, phases=[Phase.generate])  # each of them is slow to shrink
@given(people=st.lists(contacts, min_size=1, max_size=6), changed=st.lists(contacts, max_size=6))
def test_records_are_judged_alike_one_by_one_and_all_at_once(
    tmp_path_factory: pytest.TempPathFactory, people: list[Any], changed: list[Any]
) -> None:
    """Whatever is written, events included, cases, members, alerts and deletions are the same by SQL and by decision."""
    found = []
    for few in (0, 1_000):
        place = Place(tmp_path_factory.mktemp("place"), RULES)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(judging, "FEW", few)
            for step, wave in enumerate((people, changed)):
                place.take(*({"id": str(number), **one} for number, one in enumerate(wave)))
                for number in range(0, len(people), 2):
                    bounce(place, str(number), step)
                follow_changes(place.scene(), place.installation.moment())
        found.append(stands(place))
    assert found[0] == found[1]


def test_many_records_are_judged_without_asking_of_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond a few, no record is decided by itself."""
    place = Place(tmp_path, RULES)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a record was decided by itself")

    monkeypatch.setattr(Decider, "decide", refuse)
    place.take(*({"id": str(number), "category": "Lead"} for number in range(judging.FEW + 1)))
    follow_changes(place.scene(), place.installation.moment())

    assert len(place.members("lead") or ()) == judging.FEW + 1
    place.take({"id": "1", "category": "Customer"})
    with pytest.raises(AssertionError, match="by itself"):
        follow_changes(place.scene(), place.installation.moment())
