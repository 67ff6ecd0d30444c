"""The configuration: how keys are read, what is refused, and what the environment says over the file."""

from decimal import Decimal
from pathlib import Path

import pytest

from engine.service.config import Settings, load_settings
from engine.service.config_keys import ConfigError


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[a, b]", "a configuration is a mapping of keys"),
        ("store: sqlite", "`store`: a mapping of keys was expected"),
        ("store:", "`store`: a mapping of keys was expected"),
        ("store: {url: 5}", "`store.url`: text was expected"),
        ("server: {port: 0}", "`server.port`: a number from 1 to 65,535 was expected"),
        ("server: {port: 65536}", "`server.port`: a number from 1 to 65,535 was expected"),
        ("server: {port: http}", "`server.port`: a whole number was expected"),
        ("server: {port: 80.5}", "`server.port`: a whole number was expected"),
        ("server: {port: true}", "`server.port`: a whole number was expected"),
        ("limits: {deletions_per_day: -1}", "`limits.deletions_per_day`: a number from 0 was expected"),
        ("limits: {percent_per_day: 101}", "`limits.percent_per_day`: a number from 0 to 100 was expected"),
        ("limits: {percent_per_day: .inf}", "`limits.percent_per_day`: a number was expected"),
        ("limits: {percent_per_day: many}", "`limits.percent_per_day`: a number was expected"),
        ("limits: {percent_per_day: true}", "`limits.percent_per_day`: a number was expected"),
        ("retention: {runs: long}", "`retention.runs`: "),
        ("rules: {reload: perhaps}", "`rules.reload`: true or false was expected"),
        ("languages: en", "`languages`: a list was expected"),
        ("languages: []", "`languages`: a list of one or more languages was expected"),
        ("languages: [English]", "`languages`: a list of one or more languages was expected"),
        ("unknown_fields: perhaps", "`unknown_fields`: it is one of: reject, ignore"),
        ("mail: {url: 'http://x'}", "`mail.url`: write for example smtp://"),
        ("mail: {sender: x}", "unknown key `mail.sender`"),
        (
            "crm: {url: 'https://a.se', secret: {env: A}, contact_url: 'https://a.se/x'}",
            "`crm.contact_url`: it has `{id}`",
        ),
        (
            "crm: {url: 'https://a.se', secret: {env: A}, contact_url: 'https://{id}/x'}",
            "`crm.contact_url`: it has `{id}`",
        ),
        ("crm: {url: 'https://a.se', secret: {env: A}, contact_url: '/x/{id}'}", "`crm.contact_url`: no web address"),
        (
            "crm: {url: 'https://a.se', secret: {env: A}, contact_url: none, verify: true}",
            "`crm.verify`: with `contact_url: none`",
        ),
        ("crm: {url: 'https://a.se', secret: {env: A}, order_valid: 0 days}", "`crm.order_valid`: more than nothing"),
        ("crm: {url: 'https://a.se', secret: {env: A}, order_patience: long}", "`crm.order_patience`: "),
        ("crm: {url: 'https://eva:hunter2@a.se/x', secret: {env: A}}", "`crm.url`: a user or password stands in the"),
        (
            "crm: {url: 'https://a.se@169.254.169.254/x', secret: {env: A}}",
            "`crm.url`: a user or password stands in the",
        ),
        ("webhooks: {b: {url: 'http://eva@a.se', secret: {env: A}}}", "`webhooks.b.url`: a user or password stands in"),
        (
            "crm: {url: 'https://a.se', secret: {env: A}, contact_url: 'https://e:x@a.se/{id}'}",
            "`crm.contact_url`: a user or password stands in",
        ),
        ("crm: {url: 'https://a.se', secret: {env: A}, tell: [selektions]}", "`crm.tell`: `selektions`: did you mean"),
        ("crm: {url: 'https://a.se', secret: {env: A}, tell: alerts}", "`crm.tell`: a list was expected"),
        ("crm: {url: 'https://a.se', secret: {env: A}, former_secret: x}", "`crm.former_secret`: a mapping"),
        ("recipients: {n: {url: 'https://a.se', secret: {env: A}, told_of: []}}", "`recipients.n.told_of`: some of"),
        ("crm: {url: 'http://0177.0.0.1/x', secret: {env: A}}", "`crm.url`: no web address"),
        ("people: [eva]", "`people`: a mapping of keys was expected"),
        ("people: {eva: {roles: [dpo]}}", "`people.eva.email`: this key is needed here"),
        ("people: {eva: {email: x, roles: [1]}}", "`people.eva.roles`: text was expected"),
        ("model: [contact]", "`model`: a mapping of keys was expected"),
    ],
)
def test_a_value_that_does_not_fit_is_told_by_its_key(tmp_path: Path, text: str, said: str) -> None:
    """The file, the whole path of the key, and what would be right."""
    file = tmp_path / "config.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_settings(file, {})

    assert f"{file}: {said}" in str(caught.value)


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    """Unknown keys, wrong values and missing ones, each on a line of its own."""
    file = tmp_path / "config.yaml"
    file.write_text("tiem_zone: UTC\nserver: {port: x, hots: y}\npeople: {eva: {}}\n")
    with pytest.raises(ConfigError) as caught:
        load_settings(file, {})

    assert [line.split("`")[1] for line in str(caught.value).split("\n")] == [
        "tiem_zone", "server.hots", "server.port", "people.eva.email",
    ]  # fmt: skip


def test_the_environment_says_numbers_and_flags_as_text() -> None:
    """Numbers, flags, lists and null, as far as a variable can say them."""
    settings, _ = load_settings(
        None,
        {
            "ANSGAR_SERVER__PORT": "9000",
            "ANSGAR_APPROVALS__FOUR_EYES": "1",
            "ANSGAR_RULES__RELOAD": "no",
            "ANSGAR_LIMITS__PERCENT_PER_DAY": "2.50",
            "ANSGAR_LANGUAGES": '["de", "pt-BR"]',
            "ANSGAR_MAIL__FROM": "dpo@firm.example",
        },
    )

    assert (settings.server.port, settings.approvals.four_eyes, settings.rules.reload) == (9000, True, False)
    assert (settings.limits.percent_per_day, settings.languages) == (Decimal("2.5"), ("de", "pt-BR"))
    assert settings.mail.sender == "dpo@firm.example"


def test_the_example_configuration_says_the_defaults() -> None:
    """Every key of the example stands there with its default, so that nothing changes when it is deleted."""
    example = Path(__file__).parents[2] / "config.example.yaml"

    assert load_settings(example, {})[0] == Settings()


def test_a_fraction_in_the_file_stays_what_it_is(tmp_path: Path) -> None:
    """0.1 per cent is a tenth, not the nearest binary number."""
    (tmp_path / "config.yaml").write_text("limits: {percent_per_day: 0.1}\n")

    assert load_settings(tmp_path / "config.yaml", {})[0].limits.percent_per_day == Decimal("0.1")
