"""`schedule_deletion`: what a rule may ask for, before anything is scheduled."""

import pytest

from tests.rulebooks import codes

RULE = """\
rules:
  - rule: erase
    owner: dpo
    legal_basis: GDPR Art. 17
    if: [{{field: category, is: Prospect}}]
    then: [{{schedule_deletion: {{grace: "{grace}"}}}}]
    stop_if_more_than: {{contacts: 25}}
"""


@pytest.mark.parametrize("grace", ["0 days", "00 days", " 0 days", "0  weeks", "0 days 0 minutes", "000 working days"])
def test_a_grace_of_nothing_does_not_load(grace: str) -> None:
    """However nothing is written, it would need an approval."""
    assert codes(RULE.format(grace=grace)) == ["R118"]


@pytest.mark.parametrize("grace", ["1 day", "0 days 1 hour"])
def test_a_grace_of_something_loads(grace: str) -> None:
    """A part of nothing takes nothing from the rest."""
    assert not [code for code in codes(RULE.format(grace=grace)) if code.startswith("R")]  # warnings (W205) are allowed
