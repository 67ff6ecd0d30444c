"""Templates: only names and listed filters; nothing escapes, nothing explodes (S2)."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from engine.language.template import LONGEST_VALUE, Setting, Template, TemplateError, check_template
from engine.vocabulary.wording import Wording
from tests.rulebooks import codes

NAMES = {
    "contact": frozenset({"name", "company"}),
    "contact.company": frozenset({"name"}),
    "case": frozenset({"opened_at"}),
}
SETTING = Setting(ZoneInfo("Europe/Stockholm"), "en")


def rendered(text: str, **values: object) -> str:
    """Return a text filled in."""
    check_template(text, NAMES)
    return Template(Wording({"": text})).render(values, SETTING)


def test_names_fields_and_filters_are_filled_in() -> None:
    """Paths follow references, dates are local, missing values leave nothing or their default."""
    values = {
        "contact": {"name": "Åsa", "company": {"name": "Berg"}},
        "case": {"opened_at": datetime(2026, 3, 1, 23, 30, tzinfo=UTC)},
    }

    assert (
        rendered("{{ contact.name }} of {{ contact.company.name }} since {{ case.opened_at | date }}", **values)
        == "Åsa of Berg since 2026-03-02"
    )
    assert rendered("{{ contact.name | default('them') }}", contact={}) == "them"


@pytest.mark.parametrize(
    "text",
    [
        "{{ contact.__class__ }}",
        "{{ contact.name.__class__.__mro__ }}",
        "{{ ''.__class__ }}",
        "{{ contact['name'] }}",
        "{{ contact.name() }}",
        "{{ contact.name | attr('x') }}",
        "{{ contact.name | safe }}",
        "{{ 'x' * 1000000000 }}",
        "{{ range(999999999) }}",
        "{% for x in contact %}{% endfor %}",
        "{% include '/etc/passwd' %}",
        "{% set x = 1 %}",
        "{{ self }}",
        "{{ config }}",
        "{{ contact.emial }}",
        "{{ contact.name | default(contact.name) }}",
        "{{ contact.name",
        "x" * 20_001,
    ],
)
def test_s2_everything_else_does_not_load(text: str) -> None:
    """Attributes, calls, loops, includes, arithmetic and unknown names are refused when rules are loaded."""
    with pytest.raises(TemplateError):
        check_template(text, NAMES)


def test_s2_a_value_is_inert_and_capped() -> None:
    """What a contact is called is never read as a template, and a huge value is cut."""
    assert rendered("{{ contact.name }}", contact={"name": "{{ case.opened_at }}"}) == "{{ case.opened_at }}"
    assert len(rendered("{{ contact.name }}", contact={"name": "x" * 10**6})) == LONGEST_VALUE


def test_a_message_can_speak_of_a_record_of_any_entity() -> None:
    """Rules on projects and companies share the messages of the rulebook."""
    text = 'messages: {m: {subject: "{{ project.name }}", body: "{{ company.category }} {{ contact.name }}"}}'

    assert codes(text) == []
    assert codes(text.replace("project.name", "project.email")) == ["R116"]
