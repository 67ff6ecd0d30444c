"""Recipients: where the audience is known, whoever is named must be there; where it is not, nobody is missed."""

import pytest

from actions.catalogue import ACTIONS
from engine.language.audience import Audience
from engine.language.load import Loaded, Loader
from engine.model.shipped import SHIPPED_MODEL
from engine.vocabulary.problem import Problem
from tests.rulebooks import STOCKHOLM, codes

AUDIENCE = Audience(frozenset({"eva"}), frozenset({"legal"}), frozenset({"ops"}), frozenset({"bridge"}))
ALL = "known here: admin, contact owner, dpo, eva, legal, management, sales-ops, support"
RULE = """\
rules:
  - rule: a
    owner: %s
    legal_basis: GDPR Art. 17
    if: [{field: created_on, older_than: 1 year}]
    then:
      - %s
    stop_if_more_than: {contacts: 1}
messages:
  hello: {subject: a, body: b}
"""


def load(action: str, owner: str = "dpo", audience: Audience | None = AUDIENCE) -> Loaded:
    """Return what came of loading a rule with an action."""
    loader = Loader(SHIPPED_MODEL, ACTIONS, STOCKHOLM, ("en",), audience)
    return loader.load_texts({"rules.yaml": RULE % (owner, action)})


def only(action: str, owner: str = "dpo") -> Problem:
    """Return the only problem of a rule with an action."""
    problems = load(action, owner).problems

    assert len(problems) == 1, [problem.render() for problem in problems]
    return problems[0]


KNOWN = (
    "notify: {to: eva, using: hello}",
    "notify: {to: legal, using: hello, pace: 500 per hour}",
    "notify: {to: support, using: hello, by: [email, ops]}",
    "notify: {to: contact owner, using: hello, send: in_daily_digest}",
    "notify: {to: the contact, using: hello, purpose: marketing, by: [email], send: at_once}",
    "notify: {to: ops, using: hello}",
    "create_task: {for: sales-ops, title: Call, due: 5 days}",
    "create_task: {for: contact owner, title: {en: Call, sv: Ring}}",
    "call_webhook: bridge",
    "call_webhook: {name: bridge}",
    "set_field: {field: category, to: Lost}",
    "schedule_deletion: {grace: 14 days, warn: [{to: eva}], confirm: {to: ops, using: hello}}",
)


@pytest.mark.parametrize("action", KNOWN)
def test_who_is_there_can_be_named(action: str) -> None:
    """People, roles, channels and webhooks of the configuration, and the five roles that are always there."""
    assert load(action).problems == ()
    assert load(action, audience=None).problems == ()


@pytest.mark.parametrize(
    ("action", "message", "help_"),
    [
        ("notify: {to: evaa, using: hello}", "nobody is called `evaa`", "did you mean `eva`?"),
        ("notify: {to: dbo, using: hello}", "nobody is called `dbo`", "did you mean `dpo`?"),
        (
            "notify: {to: the contakt, using: hello, purpose: a}",
            "nobody is called `the contakt`",
            "did you mean `the contact`?",
        ),
        ("notify: {to: dpo, using: hello, by: [emial]}", "no channel is called `emial`", "did you mean `email`?"),
        ("notify: {to: dpo, using: hello, by: [email, opps]}", "no channel is called `opps`", "did you mean `ops`?"),
        ("create_task: {for: legl, title: Call}", "nobody is called `legl`", "did you mean `legal`?"),
        ("create_task: {for: ops, title: Call}", "nobody is called `ops`", ALL),
        (
            "create_task: {for: the contact, title: Call}",
            "a task is for a colleague, never for the contact",
            "write `contact owner`",
        ),
        ("call_webhook: brige", "no webhook is called `brige`", "did you mean `bridge`?"),
        ("schedule_deletion: {grace: 14 days, warn: [{to: eve}]}", "nobody is called `eve`", "did you mean `eva`?"),
        (
            "schedule_deletion: {grace: 14 days, confirm: {to: opz, using: hello}}",
            "nobody is called `opz`",
            "did you mean `ops`?",
        ),
    ],
)
def test_a_name_that_nobody_has_is_told_with_the_nearest_one(action: str, message: str, help_: str) -> None:
    """Each is an error of its own code; without an audience it loads."""
    problem = only(action)

    assert ("R121", message, help_) == (problem.code, problem.message, problem.help)


def test_an_owner_whom_nobody_knows_is_told() -> None:
    """A rule's owner is a person or a role, never a channel."""
    assert (only("call_webhook: bridge", "eav").code, only("call_webhook: bridge", "ops").code) == ("R121", "R121")
    assert load("call_webhook: bridge", "eva").problems == ()


@pytest.mark.parametrize(
    ("action", "code"),
    [
        ("notify: {to: the contact, using: hello}", "R102"),
        ("notify: {to: the contact, using: hello, purpose: a, send: in_daily_digest}", "R004"),
        ("notify: {to: the contact, using: hello, purpose: a, by: [ops]}", "R004"),
        ("notify: {to: ops, using: hello, by: [email]}", "R004"),
        ("notify: {to: dpo, using: hello, by: []}", "R004"),
        ("notify: {to: dpo, using: hello, by: email}", "R004"),
        ("notify: {to: dpo, using: hello, send: weekly}", "R106"),
        ("notify: {to: dpo, using: hello, pace: fast}", "R106"),
        ("notify: {to: dpo, using: hello, pace: 0 per hour}", "R106"),
        ("notify: {to: dpo, using: hello, pace: 1 per hour, send: in_daily_digest}", "R004"),
        ("create_task: {title: Call}", "R102"),
        ("create_task: {for: dpo}", "R102"),
        ("create_task: {for: dpo, title: Call, due: soon}", "R113"),
        ("create_task: {for: dpo, title: '{{ contact.emial }}'}", "R116"),
        ("create_task: {for_: dpo, title: Call}", "R101"),
        ("call_webhook: {}", "R102"),
        ("call_webhook: [bridge]", "R004"),
    ],
)
def test_what_does_not_go_together_does_not_load(action: str, code: str) -> None:
    """A digest is not for the contact, a channel has no address, a digest has no pace; and what is missing is told."""
    assert code in {problem.code for problem in load(action).problems}


@pytest.mark.parametrize(
    "action", ["create_task: {for: the contact, title: Call}", "notify: {to: dpo, using: hello, by: []}"]
)
def test_what_can_never_be_is_told_without_an_audience_too(action: str) -> None:
    """No configuration makes it right."""
    assert codes(RULE % ("dpo", action))
