"""The scene: what the configuration says of the outside is checked before anything goes out, and never repeats a secret."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.crm.mail import Outbox, SmtpPost
from engine.evaluate.decision import Decider
from engine.evaluate.matcher import AVAILABLE
from engine.evaluate.matcher_worker import Matcher
from engine.language.rule import Rulebook
from engine.service.config import Settings, load_settings
from engine.service.config_keys import ConfigError
from engine.service.installation import Installation
from engine.service.scene import open_outside, open_scene
from engine.service.watching import look_at_changes
from tests.installations import DECIDER, Place
from tests.receivers import SECRET

FORMER = "whsec_c2VjcmV0IG9mIGxhc3QgeWVhcg=="
RECEIVER = {"url": "https://crm.example/ansgar", "secret": {"file": "secret"}}


def installation(folder: Path, secret: str = SECRET, **settings: Any) -> Installation:
    """Return an installation with settings and a file that holds a secret."""
    (folder / "secret").write_text(secret)
    (folder / "secret").chmod(0o600)
    return replace(Place(folder).installation, settings=Settings.of(settings))


def test_crm_webhooks_and_channels_are_found_by_name(tmp_path: Path) -> None:
    """Each with its address, its secret, and whether it may stand in an inner network."""
    (tmp_path / "room").write_text("json://chat.example/room")
    (tmp_path / "room").chmod(0o600)
    found = open_outside(
        installation(
            tmp_path,
            crm=RECEIVER,
            webhooks={"bridge": RECEIVER | {"internal": True}},
            channels={"ops": {"apprise": {"file": "room"}}},
        )
    )

    assert found.crm is not None
    assert (found.crm.url, found.crm.secret, found.crm.is_internal) == ("https://crm.example/ansgar", SECRET, False)
    assert (
        list(found.webhooks),
        found.webhooks["bridge"].is_internal,
        list(found.posts),
    ) == (["bridge"], True, ["ops"])


@pytest.mark.parametrize(
    ("secret", "settings", "said"),
    [
        ("not base64", {"crm": RECEIVER}, "`crm.secret` cannot sign"),
        ("canar", {"webhooks": {"bridge": RECEIVER}}, "`webhooks.bridge.secret` cannot sign"),
        ("canary://hunter2@x", {"channels": {"ops": {"apprise": {"file": "secret"}}}}, "`channels.ops.apprise`"),
        ("", {"channels": {"ops": {"apprise": {"env": "ANSGAR_TEST_NOWHERE"}}}}, "ANSGAR_TEST_NOWHERE is empty"),
    ],
)
def test_s12_what_could_never_go_out_does_not_open(
    tmp_path: Path, secret: str, settings: dict[str, Any], said: str
) -> None:
    """A sentence names the key, and holds nothing of the secret."""
    with pytest.raises(ConfigError) as caught:
        open_outside(installation(tmp_path, secret, **settings))

    assert said in str(caught.value)
    assert not [word for word in ("not base64", "canar", "hunter2") if word in str(caught.value)]


def test_s4_every_receiver_can_have_its_secret_changed(tmp_path: Path) -> None:
    """The CRM, a webhook, a recipient: each with the former secret for as long as it stands there."""
    (tmp_path / "former").write_text(FORMER)
    (tmp_path / "former").chmod(0o600)
    changing = RECEIVER | {"former_secret": {"file": "former"}}
    made = installation(
        tmp_path, crm=changing, webhooks={"bridge": changing, "other": RECEIVER}, recipients={"n": changing}
    )
    found = open_outside(made)
    endpoints = [found.crm, *found.webhooks.values(), *found.recipients.values()]

    assert [(one.secret, one.former) for one in endpoints if one] == [
        (SECRET, FORMER), (SECRET, FORMER), (SECRET, ""), (SECRET, FORMER),
    ]  # fmt: skip
    assert made.settings.rotating == ("crm", "webhooks.bridge", "recipients.n")


@pytest.mark.parametrize(
    ("former", "said"),
    [
        (SECRET, "`crm.former_secret` is the same as `secret`"),
        ("not base64", "`crm.former_secret` cannot sign"),
        ("", "`crm.former_secret` cannot sign"),
    ],
)
def test_s12_a_former_secret_that_is_none_does_not_open(tmp_path: Path, former: str, said: str) -> None:
    """A sentence names the key, and holds nothing of the secret."""
    (tmp_path / "former").write_text(former)
    (tmp_path / "former").chmod(0o600)
    with pytest.raises(ConfigError) as caught:
        open_outside(installation(tmp_path, crm=RECEIVER | {"former_secret": {"file": "former"}}))

    assert said in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("webhooks: {bridge: {url: 'ftp://x', secret: {env: A}}}", "`webhooks.bridge.url`: no web address"),
        ("webhooks: {bridge: {url: 'http://', secret: {env: A}}}", "`webhooks.bridge.url`: no web address"),
        ("crm: {url: 'http://a:b/c', secret: {env: A}}", "`crm.url`: no web address"),
        ("webhooks: {bridge: {url: 'http://x'}}", "`webhooks.bridge.secret`"),
        ("channels: {ops: {apprize: {env: A}}}", "unknown key `channels.ops.apprize`; did you mean `apprise`?"),
        ("webhooks: {bridge: {urll: x}}", "unknown key `webhooks.bridge.urll`; did you mean `url`?"),
        ("crm: {internl: true}", "unknown key `crm.internl`; did you mean `internal`?"),
        ("people: {eva: {emial: x}}", "unknown key `people.eva.emial`; did you mean `email`?"),
        ("webhook: {}", "unknown key `webhook`; did you mean `webhooks`?"),
        ("channels: {ops: {apprise: 'json://x'}}", "`channels.ops.apprise`"),
        ("channels: {dpo: {apprise: {env: A}}}", "`channels.dpo`: the name is taken"),
        ("channels: {email: {apprise: {env: A}}}", "`channels.email`: the name is taken"),
        ("people: {eva: {email: x}}\nchannels: {eva: {apprise: {env: A}}}", "`channels.eva`: the name is taken"),
        ("mail: {digest_at: '25:00'}", "`mail.digest_at`"),
        ("mail: {digest_at: soon}", "`mail.digest_at`"),
        ("mail: {digest_at: 'Sunday 07:00'}", "`mail.digest_at`"),
    ],
)
def test_a_mistake_in_the_configuration_is_told_by_its_key(tmp_path: Path, text: str, said: str) -> None:
    """Nothing opens, and the sentence says which key is at fault."""
    file = tmp_path / "config.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_settings(file, {})

    assert said in str(caught.value)


def test_the_audience_is_what_the_configuration_names() -> None:
    """Rules may name its people, their roles, its channels and its webhooks."""
    found = Settings.of(
        {
            "people": {"eva": {"email": "x", "roles": ["legal"]}},
            "webhooks": {"bridge": RECEIVER},
            "channels": {"ops": {"apprise": {"env": "A"}}},
        }
    ).audience

    assert {"eva", "legal", "dpo", "management", "sales-ops", "support", "admin"} == found.colleagues
    assert (list(found.channels), list(found.webhooks)) == (["ops"], ["bridge"])


@pytest.mark.skipif(not AVAILABLE, reason="durable-rules does not run on this Python")
def test_c13_a_worker_that_cannot_start_leaves_all_to_python(tmp_path: Path) -> None:
    """The installation opens and acts as ever, and says why there is no third opinion."""
    rules = "rules: [{rule: a, stage: live, if: [{field: country, is: NO}], then: [{keep_in_selection: a}]}]"
    place = Place(tmp_path, rules)
    place.decider = Decider(Matcher(command=["/nowhere"]))
    place.take({"id": "1", "country": "NO"})
    scene = place.scene()
    look_at_changes(scene, place.installation.moment())

    assert place.members("a") == ["1"]
    assert "durable-rules cannot be used" in scene.decider.trouble


def test_letters_go_where_the_configuration_says_and_receipts_tell_who_erased(tmp_path: Path) -> None:
    """By SMTP or into a folder; by the word of the CRM, or just the copy here."""
    mail, crm = {"url": "smtp://127.0.0.1:2525", "from": "a@example.se"}, RECEIVER
    by_mail, alone = installation(tmp_path, mail=mail, crm=crm), installation(tmp_path)
    store, rules = Place(tmp_path).store, Rulebook({})
    first, second = (open_scene(one, store, rules, DECIDER) for one in (by_mail, alone))

    assert (type(first.post), first.erased_by) == (SmtpPost, "crm")
    assert (type(second.post), second.erased_by) == (Outbox, "own copy")


@pytest.mark.parametrize(
    ("section", "address"),
    [
        ({}, "https://crm.example/ansgar/contacts/{id}"),
        ({"url": "https://crm.example/ansgar/?tenant=1"}, "https://crm.example/ansgar/contacts/{id}?tenant=1"),
        ({"contact_url": "https://api.crm.example/people?id={id}"}, "https://api.crm.example/people?id={id}"),
        ({"contact_url": "none"}, None),
    ],
)
def test_where_the_crm_is_asked_for_a_contact(tmp_path: Path, section: dict[str, Any], address: str | None) -> None:
    """Below its own address, elsewhere, or nowhere."""
    made = installation(tmp_path, crm=RECEIVER | section)
    with made.open_store().database.reading():
        crm = open_scene(made, made.open_store(), Rulebook({}), DECIDER).crm

    assert getattr(crm, "address", None) == address
