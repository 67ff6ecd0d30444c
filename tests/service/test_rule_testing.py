"""Rule tests run: every key of an expectation is fulfilled and missed, and what is missed is told."""

from dataclasses import replace

import pytest
from sqlalchemy import event

from engine.evaluate.explain import as_text
from engine.service.config import Settings
from engine.service.rehearsing import rehearsing
from engine.service.rule_testing import tried
from tests.installations import DECIDER
from tests.rehearsals import INSTALLATION, differences, failures, hall_of, load_with_tests, results, rule_test

LEADS = """\
rules:
  - rule: the-rule
    title: Leads
    if: [{field: category, is: Lead}]
    then:
      - keep_in_selection: leads
      - raise_alert: {message: A lead, severity: info}
      - notify: {to: the contact, using: hello, purpose: marketing}
      - notify: {to: dpo, using: internal}
messages:
  hello: {subject: a, body: b}
  internal: {subject: a, body: b}
"""
DELETION = """\
rules:
  - rule: the-rule
    owner: dpo
    legal_basis: GDPR Art. 17
    if: [{field: category, is: Lead}, {count: sales, equals: 0}]
    then:
      - schedule_deletion:
          grace: 14 days
          warn: [{to: contact owner, at: start}, {to: the contact, using: soon, at: 7 days before}]
          confirm: {to: the contact, using: gone}
    stop_if_more_than: {contacts: 1}
messages:
  soon: {subject: a, body: b}
  gone: {subject: a, body: b}
"""
LEAD = "{category: Lead}"


ASKING = """\
rules:
  - rule: the-rule
    if: [{field: category, is: Lead}]
    then: [{request_review: {from: dpo, question: Is it one?, within: 5 working days}}]
"""


def test_a_review_is_expected_by_its_state() -> None:
    """Asked for by a rule: none before there is a case, open with it, void once it closes."""
    steps = "{expect: {review: none}}, {change: {category: Lead}, expect: {review: open}}"
    text = ASKING + rule_test(
        f"[{steps}, {{change: {{category: x}}, expect: {{review: void}}}}]", given="{category: y}"
    )

    assert failures(text) == [None]
    assert differences(text.replace("review: open", "review: answered")) == [("review", "answered", "open")]


def test_l5_a_rule_test_shows_that_a_person_is_asked_before_a_deletion() -> None:
    """What waits for a person is kept, and its review open."""
    steps = "[{move_clock: 14 days, expect: {deletion: kept, reason: HUMAN_REVIEW, review: open}}]"
    given = "{category: Lead, owner: eva, no_automated_decisions: true}"

    assert failures(DELETION + rule_test(steps, given=given)) == [None]


@pytest.mark.parametrize(
    ("given", "verdict"), [("{category: Lead}", "match"), ("{category: x}", "no_match"), ("{}", "undecided")]
)
def test_a_verdict_is_expected_in_one_word(given: str, verdict: str) -> None:
    """Match, no match and undecided are told apart, and each of the others fails."""
    for word in ("match", "no_match", "undecided"):
        text = LEADS + f"tests:\n  - {{test: a, rule: the-rule, now: 2026-03-01, given: {given}, expect: {word}}}\n"
        expected = [] if word == verdict else [("verdict", word, verdict)]

        assert expected == differences(text)


@pytest.mark.parametrize(
    ("rules", "given", "steps", "key", "found"),
    [
        (LEADS, LEAD, "[{expect: {case: none}}]", "case", "open"),
        (LEADS, "{}", "[{expect: {case: none}}]", "case", "undecided"),
        (LEADS, LEAD, "[{expect: {case: open}}, {change: {category: x}, expect: {case: open}}]", "case", "closed"),
        (LEADS, LEAD, "[{expect: {case: open}}, {change: {category: null}, expect: {case: none}}]", "case", "open"),
        (LEADS, LEAD, "[{change: {category: null}, expect: {verdict: match}}]", "verdict", "undecided"),
        (LEADS, "{category: x}", "[{expect: {case: open}}]", "case", "none"),
        (LEADS, LEAD, "[{expect: {selections: []}}]", "selections", ("leads",)),
        (LEADS, "{category: x}", "[{expect: {selections: [leads]}}]", "selections", ()),
        (LEADS, "{category: Lead, restrict_processing: true}", "[{expect: {selections: [leads]}}]", "selections", ()),
        (LEADS, LEAD, "[{expect: {alerts: []}}]", "alerts", ("the-rule",)),
        (LEADS, "{}", "[{expect: {alerts: [the-rule]}}]", "alerts", ()),
        (LEADS, LEAD, "[{expect: {messages: []}}]", "messages", ("internal",)),
        (LEADS, LEAD, "[{expect: {withheld: []}}]", "withheld", ("NO_CONSENT",)),
        (
            LEADS,
            "{category: Lead, consents: [{purpose: marketing, status: given, at: 2026-01-01}]}",
            "[{expect: {messages: [hello]}}]",
            "messages",
            ("hello", "internal"),
        ),
        (DELETION, LEAD, "[{expect: {deletion: none}}]", "deletion", "warned"),
        (DELETION, "{category: x}", "[{expect: {deletion: warned}}]", "deletion", "none"),
        (DELETION, LEAD, "[{expect: {messages: []}}]", "messages", ("deletion-warning",)),
        (DELETION, LEAD, "[{move_clock: 7 days, expect: {messages: []}}]", "messages", ("deletion-warning", "soon")),
        (DELETION, LEAD, "[{move_clock: 14 days, expect: {deletion: warned}}]", "deletion", "in_recycle_bin"),
        (DELETION, LEAD, "[{move_clock: 28 days, expect: {deletion: warned}}]", "deletion", "erased"),
        (DELETION, LEAD, "[{move_clock: 28 days, expect: {case: open}}]", "case", "closed"),
        (DELETION, LEAD, "[{expect: {reason: X}}]", "reason", "none"),
        (
            DELETION,
            LEAD,
            "[{expect: {case: open}}, {change: {category: x}, expect: {reason: none}}]",
            "reason",
            "NO_LONGER_TRUE",
        ),
    ],
)
def test_each_key_of_an_expectation_tells_what_was_found(
    rules: str, given: str, steps: str, key: str, found: object
) -> None:
    """What is expected and differs fails with both sides; expecting what was found passes."""
    ((what, expected, seen),) = differences(rules + rule_test(steps, given=given))
    assert (key, found) == (what, seen)

    written = "[" + ", ".join(found) + "]" if isinstance(found, tuple) else str(found)
    before = "[" + ", ".join(expected) + "]" if isinstance(expected, tuple) else str(expected)
    right = written.join(steps.rsplit(before, 1))
    assert differences(rules + rule_test(right, given=given)) == []


OUTWARD = """\
rules:
  - rule: the-rule
    owner: dpo
    if: [{field: category, is: Lead}]
    then:
      - create_task: {for: contact owner, title: "Call {{ contact.name }}"}
      - set_field: {field: country, to: SE}
      - call_webhook: bridge
      - notify: {to: ops, using: hello}
    when_no_longer: [{notify: {to: dpo, using: over}}]
    deadline: {within: 10 days, of: created_on, remind_before: 3 days, if_late: [{notify: {to: management, using: late}}]}
messages:
  hello: {subject: a, body: b}
  over: {subject: a, body: b}
  late: {subject: a, body: b}
"""


def test_what_others_are_asked_for_is_seen_and_leaves_nobody() -> None:
    """Tasks by title, field changes by field, webhooks by name, once; a channel is written to as people are."""
    found = "{tasks: [Call Eva], fields: [country], webhooks: [bridge], messages: [hello]}"
    nothing = "{tasks: [], fields: [], webhooks: [], messages: []}"
    steps = f"[{{expect: {found}}}, {{expect: {nothing}}}]"
    given = "{category: Lead, name: Eva, created_on: 2026-03-01}"

    assert differences(OUTWARD + rule_test(steps, given=given)) == []
    assert differences(OUTWARD + rule_test(f"[{{expect: {nothing}}}]", given=given)) == [
        ("tasks", (), ("Call Eva",)),
        ("fields", (), ("country",)),
        ("webhooks", (), ("bridge",)),
        ("messages", (), ("hello",)),
    ]


def test_reminders_what_is_late_and_what_ends_come_in_their_time() -> None:
    """The reminder of a deadline, its missing, and the end of the case each say what they say, once."""
    steps = """
      - move_clock: 6 days
        expect: {messages: [hello]}
      - move_clock: 3 days
        expect: {messages: [reminder]}
      - move_clock: 3 days
        expect: {messages: [late]}
      - change: {category: x}
        expect: {case: closed, messages: [over]}
      - move_clock: 30 days
        expect: {messages: []}
"""

    assert differences(OUTWARD + rule_test(steps, given="{category: Lead, name: Eva, created_on: 2026-03-01}")) == []


def test_messages_and_reasons_are_those_of_the_step() -> None:
    """What was said in one step is not said in the next."""
    steps = "[{expect: {messages: [internal], withheld: [NO_CONSENT]}}, {expect: {messages: [], withheld: []}}]"

    assert differences(LEADS + rule_test(steps, given=LEAD)) == []


def test_a_message_goes_to_everybody_whom_a_rule_names() -> None:
    """Roles, people and owners have addresses in a test, whatever the configuration; who is said to have none has none."""
    steps = "[{expect: {messages: [deletion-warning]}}]"
    nobody = "{category: Lead, owner: null}"

    assert differences(DELETION + rule_test(steps, given="{category: Lead, owner: eva}")) == []
    assert differences(DELETION + rule_test("[{expect: {withheld: [NO_ADDRESS]}}]", given=nobody)) == []

    later = "[{change: {category: Lead, owner: dag}, expect: {messages: [deletion-warning], withheld: []}}]"
    assert differences(DELETION + rule_test(later, given="{category: x, owner: eva}")) == []


def test_who_hears_of_the_end_of_a_case_has_an_address() -> None:
    """A rule names people also under `when_no_longer`."""
    rules = LEADS.replace("messages:", "    when_no_longer: [{notify: {to: support, using: over}}]\nmessages:")
    steps = "[{expect: {case: open}}, {change: {category: x}, expect: {messages: [over], withheld: []}}]"

    assert differences(rules + "  over: {subject: a, body: b}\n" + rule_test(steps, given=LEAD)) == []


def test_a_rule_that_asks_for_the_address_is_shown_what_is_given() -> None:
    """The address that a test's contact has by default never reaches a criterion."""
    rules = LEADS.replace("field: category, is: Lead", "field: email, is_missing: true")

    assert differences(rules + rule_test("[{expect: match}]")) == []


def test_a_deletion_that_a_guard_keeps_tells_its_reason() -> None:
    """Kept while restricted; a broken feed holds it, and a feed that works does not."""
    kept = "[{move_clock: 15 days, expect: {deletion: kept, reason: RESTRICTED}}]"
    held = "[{move_clock: 15 days, expect: {deletion: held, reason: FEED_STALE}}]"
    restricted = "{category: Lead, restrict_processing: true}"

    assert differences(DELETION + rule_test(kept, given=restricted)) == []
    assert differences(DELETION + rule_test(held, given=LEAD, more="broken_feeds: [sales]")) == []
    assert differences(DELETION + rule_test(held, given=LEAD)) == [
        ("deletion", "held", "in_recycle_bin"),
        ("reason", "FEED_STALE", "none"),
    ]


def test_an_item_of_the_contact_itself_keeps_a_broken_feed_alive() -> None:
    """A feed is as old as its newest item of anyone: what is given counts too."""
    rules = DELETION.replace("{count: sales, equals: 0}", "{count: sales, where: {status: sold}, equals: 0}")
    given = "{category: Lead, sales: [{status: lost, at: 2026-03-14}]}"
    steps = "[{move_clock: 15 days, expect: {deletion: in_recycle_bin}}]"

    assert differences(rules + rule_test(steps, given=given, more="broken_feeds: [sales]")) == []


def verdict_at(settings: Settings, criteria: str, test: str) -> list[str]:
    """Return what was found by the tests of a rule on an installation with settings, where that was not expected."""
    rules = f"rules: [{{rule: the-rule, if: [{criteria}], then: [{{keep_in_selection: chosen}}]}}]\n"
    loaded = load_with_tests(rules + test)
    assert loaded.rulebook is not None
    installation = replace(INSTALLATION, settings=settings)
    with rehearsing(installation, loaded.rulebook, DECIDER) as hall:
        failed = [result.failure for result in (tried(hall, one) for one in loaded.tests) if result.failure]
    return [str(one.found) for failure in failed for one in failure.differences]


def test_days_are_those_of_the_installation() -> None:
    """Its time zone says which day it is, its holidays which days are worked on."""
    today, soon = "{field: created_on, today: true}", "{field: created_on, older_than: 1 working day}"
    late = rule_test("[{expect: match}]", given="{created_on: 2026-03-01}", now="2026-03-01T23:30:00-05:00")
    easter = rule_test("[{expect: no_match}]", given="{created_on: 2026-04-02}", now="2026-04-04T08:00:00+02:00")

    assert verdict_at(Settings(time_zone="America/New_York"), today, late) == []
    assert verdict_at(Settings(), today, late) == ["no_match"]
    assert verdict_at(Settings.of({"holidays": "SE"}), soon, easter) == []
    assert verdict_at(Settings(), soon, easter) == ["match"]


def test_what_the_installation_allows_is_no_matter() -> None:
    """A test passes here and there: neither limits nor approvals of the configuration belong to it."""
    settings = Settings.of(
        {"limits": {"deletions_per_day": 0, "percent_per_day": 0}, "approvals": {"plan_before_live": True}}
    )
    loaded = load_with_tests(
        DELETION + rule_test("[{move_clock: 15 days, expect: {deletion: in_recycle_bin}}]", given=LEAD)
    )
    assert loaded.rulebook is not None
    with rehearsing(replace(INSTALLATION, settings=settings), loaded.rulebook, DECIDER) as hall:
        assert tried(hall, loaded.tests[0]).failure is None


def test_a_limit_is_the_rules_own() -> None:
    """`stop_if_more_than` counts in a test as it does in life, and what the run said of it is shown."""
    rules = DELETION.replace("{contacts: 1}", "{contacts: 0}")
    (failure,) = failures(rules + rule_test("[{expect: {deletion: warned}}]", given=LEAD))

    assert failure is not None
    assert [(one.what, one.expected, one.found) for one in failure.differences] == [("deletion", "warned", "none")]
    assert failure.said[0].startswith("LIMIT: 1 deletions in 24 hours are more than 0")


def test_a_wrong_verdict_is_explained_and_a_wrong_message_is_not() -> None:
    """The trace of the criteria stands where they are the reason."""
    (wrong_verdict,) = failures(LEADS + rule_test("[{expect: no_match}]", given=LEAD))
    (wrong_message,) = failures(LEADS + rule_test("[{expect: {messages: []}}]", given=LEAD))

    assert wrong_verdict is not None
    assert wrong_verdict.trace is not None
    assert list(as_text(wrong_verdict.trace)) == ["✓ all of these", "  ✓ field category is Lead  [is Lead]"]
    assert wrong_message is not None
    assert wrong_message.trace is None


def test_a_test_ends_with_its_first_step_that_fails() -> None:
    """What comes after a wrong step would be about another course of events."""
    steps = "[{expect: match}, {change: {category: x}, expect: match}, {expect: match}]"
    (result,) = results(LEADS + rule_test(steps, given=LEAD))

    assert result.failure is not None
    assert result.failure.step == 2
    assert len(result.traces) == 2


@pytest.mark.parametrize("kind", ["consent.given", "crm.consent.given"])
def test_an_event_is_taken_as_from_the_crm(kind: str) -> None:
    """Its type is written as patterns write it or in full; its data joins what is held."""
    rules = LEADS.replace("field: category, is: Lead", "consent: storage, is: given")
    steps = f"[{{expect: no_match}}, {{event: {{type: {kind}, data: {{purpose: storage, at: 2026-02-01}}}}, expect: match}}]"

    assert differences(rules + rule_test(steps)) == []


def test_an_event_that_is_refused_fails_the_test_with_its_reason() -> None:
    """The reason is the sentence that the CRM would get."""
    steps = "[{event: {type: consent.given, data: {purpose: storage, at: soon}}, expect: match}]"
    ((what, expected, found),) = differences(LEADS + rule_test(steps))

    assert (what, expected) == ("event", "taken")
    assert str(found).startswith("refused: /data/at: a date was expected")


def test_an_erased_contact_does_not_come_back_in_a_change() -> None:
    """The list of the erased holds in a test, and only until its end."""
    steps = "[{move_clock: 28 days}, {change: {category: Lead}, expect: match}]"
    again = rule_test("[{change: {category: Lead}, expect: match}]", given=LEAD).removeprefix("tests:\n")
    first, second = failures(DELETION + rule_test(steps, given=LEAD) + again)

    assert first is not None
    assert str(first.differences[0].found).startswith("refused: ERASED")
    assert second is None


@pytest.mark.parametrize(
    ("steps", "given"),
    [
        # A hold keeps the deletion, whatever its name; lifted, the deletion goes on.
        (
            """
      - place_hold: lawsuit
        expect: {deletion: warned}
      - move_clock: 15 days
        expect: {deletion: kept, reason: HOLD}
      - lift_hold: lawsuit
        expect: {deletion: in_recycle_bin, reason: none}
""",
            LEAD,
        ),
        # Of two holds one is enough; `any` lifts what is left.
        (
            """
      - place_hold: lawsuit
      - place_hold: {name: audit, reason: the tax office asks}
        expect: {deletion: warned}
      - move_clock: 15 days
        lift_hold: audit
        expect: {deletion: kept, reason: HOLD}
      - lift_hold: any
        expect: {deletion: in_recycle_bin}
      - lift_hold: any
        expect: {refused: NOT_THERE}
""",
            LEAD,
        ),
        # A person keeps the record: cancelled for good.
        (
            """
      - expect: {deletion: warned, refused: none}
      - decide: keep
        expect: {deletion: cancelled, reason: KEPT_BY_PERSON, case: open}
      - move_clock: 30 days
        expect: {deletion: cancelled}
      - decide: keep
        expect: {refused: ILLEGAL_MOVE, deletion: cancelled}
""",
            LEAD,
        ),
        # From the recycle bin there is a way back, and only from there; the rule is still true, and begins anew.
        (
            """
      - expect: {deletion: warned}
      - decide: restore
        expect: {refused: ILLEGAL_MOVE, deletion: warned}
      - move_clock: 15 days
        expect: {deletion: in_recycle_bin}
      - decide: keep
        expect: {refused: ILLEGAL_MOVE}
      - change: {category: x}
        expect: {refused: IN_RECYCLE_BIN}
      - event: {type: contact.changed, data: {category: x}}
        expect: {refused: IN_RECYCLE_BIN}
      - decide: restore
        expect: {deletion: warned, case: open, verdict: match, refused: none}
""",
            LEAD,
        ),
        # Who is erased does not come back, by a change or an event, and can be held no more.
        (
            """
      - move_clock: 29 days
        expect: {deletion: erased}
      - change: {category: Lead}
        expect: {refused: ERASED, case: closed}
      - event: {type: consent.given, data: {purpose: storage, at: 2026-03-01}}
        expect: {refused: ERASED}
      - place_hold: lawsuit
        expect: {refused: NOT_THERE}
""",
            LEAD,
        ),
        # Nothing is scheduled that could be decided about.
        ("[{decide: approve, expect: {refused: NOT_THERE}}, {decide: release, expect: {refused: NOT_THERE}}]", "{}"),
        # An event whose data does not fit is refused with the rest of what would happen in the step.
        (
            "[{event: {type: consent.given, data: {at: soon}}, place_hold: a, expect: {refused: INVALID}}, "
            "{move_clock: 15 days, expect: {deletion: in_recycle_bin}}]",
            LEAD,
        ),
    ],
)
def test_people_decide_in_steps_as_they_do_in_life(steps: str, given: str) -> None:
    """Holds, decisions and refusals go through the doors of the service, and are seen in the words of commands."""
    assert differences(DELETION + rule_test(steps, given=given)) == []


def test_what_a_broken_feed_holds_is_approved_by_a_person() -> None:
    """Approved once it is held, and not before."""
    steps = """
      - expect: {deletion: warned}
      - decide: approve
        expect: {refused: ILLEGAL_MOVE, deletion: warned}
      - move_clock: 15 days
        expect: {deletion: held, reason: FEED_STALE}
      - decide: approve
        expect: {refused: none, deletion: in_recycle_bin}
"""

    assert differences(DELETION + rule_test(steps, given=LEAD, more="broken_feeds: [sales]")) == []


def test_a_limit_that_tripped_is_expected_and_released() -> None:
    """Nothing is scheduled until somebody lets it; `refused` says so in every step meanwhile."""
    rules = DELETION.replace("{contacts: 1}", "{contacts: 0}")
    steps = """
      - expect: {refused: LIMIT, deletion: none, case: open}
      - move_clock: 1 day
        expect: {refused: LIMIT}
      - decide: release
        expect: {refused: none, deletion: warned}
      - decide: release
        expect: {refused: NOT_THERE}
"""

    assert differences(rules + rule_test(steps, given=LEAD)) == []
    assert differences(rules + rule_test("[{expect: {refused: none}}]", given=LEAD)) == [("refused", "none", "LIMIT")]


@pytest.mark.parametrize(
    ("step", "what", "found"),
    [
        ("decide: keep", "decision", "refused: `the-rule` has scheduled no deletion"),
        ("decide: release", "decision", "refused: `the-rule` is not paused"),
        ("event: {type: consent.given, data: {at: soon}}", "event", "refused: /data/"),
    ],
)
def test_a_refusal_that_nobody_expects_fails_the_step(step: str, what: str, found: str) -> None:
    """Its sentence is what a person would be told; nothing else of the step is compared."""
    ((its, expected, seen),) = differences(DELETION + rule_test(f"[{{{step}, expect: {{case: open}}}}]"))

    assert (what, "taken") == (its, expected)
    assert str(seen).startswith(found)


def test_a_refusal_that_does_not_come_fails_the_step() -> None:
    """A word of one kind is not that of another either."""
    assert differences(DELETION + rule_test("[{decide: keep, expect: {refused: ERASED}}]", given=LEAD)) == [
        ("refused", "ERASED", "NOT_THERE")
    ]
    assert differences(DELETION + rule_test("[{expect: {refused: ERASED}}]", given=LEAD)) == [
        ("refused", "ERASED", "none")
    ]


def test_a_hold_is_seen_by_criteria_by_its_name() -> None:
    """It is placed on the record of the test, whatever its entity."""
    rules = LEADS.replace("field: category, is: Lead", "hold: lawsuit, is_active: true").replace(
        "title: Leads", "applies_to: company"
    )
    rules = rules.split("      - notify", maxsplit=1)[0]
    steps = "[{place_hold: audit, expect: no_match}, {place_hold: lawsuit, expect: match}, {lift_hold: lawsuit, expect: no_match}]"

    assert differences(rules + rule_test(steps)) == []


def test_a_rule_is_tested_as_if_it_and_what_it_reads_were_live() -> None:
    """Stages are no matter; a selection of another rule is read from that rule's own verdict."""
    rules = (
        LEADS.replace("title: Leads", "stage: off")
        + """\
---
rules:
  - rule: the-other
    if: [{selection: leads, is_member: true}]
    then: [{keep_in_selection: others}]
"""
    )
    test = rule_test(
        "[{expect: {verdict: match, selections: [leads, others]}}, {change: {category: x}, expect: {selections: []}}]",
        given=LEAD,
    ).replace("the-rule", "the-other")

    assert differences(rules + test) == []


def test_a_rule_that_needs_inputs_is_tested_with_them() -> None:
    """They take their places in the rule, and a selection among them is read from the rule that keeps it."""
    rules = (
        LEADS
        + """\
---
rules:
  - rule: asked
    needs: {country: {type: text, ask: Which}, among: {type: selection, ask: Which}}
    if: [{field: country, is: $country}, {selection: $among, is_member: true}]
    then: [{notify: {to: support, using: asked-for}}]
messages:
  asked-for: {subject: a, body: b}
"""
    )
    for category, verdict, messages in (("Lead", "match", "[asked-for, internal]"), ("x", "no_match", "[]")):
        expected = f"[{{expect: {{verdict: {verdict}, messages: {messages}}}}}]"
        given = f"{{country: NO, category: {category}}}"
        test = rule_test(expected, given=given, more="with: {country: NO, among: leads}")
        assert differences(rules + test.replace("the-rule", "asked")) == []


def test_a_rule_that_is_asked_can_read_one_that_stands_behind_it() -> None:
    """Only its inputs say which: it is looked at after all others, wherever it stands."""
    rules = """\
rules:
  - rule: asked
    needs: {among: {type: selection, ask: Which}}
    if: [{selection: $among, is_member: true}]
    then: [{keep_in_selection: found}]
  - rule: the-rule
    if: [{field: category, is: Lead}]
    then: [{keep_in_selection: leads}]
"""
    for expected in ("match", "{verdict: match, selections: [found, leads]}"):
        test = rule_test(f"[{{expect: {expected}}}]", given=LEAD, more="with: {among: leads}")
        assert differences(rules + test.replace("the-rule", "asked")) == []


def test_what_must_be_true_for_some_time_waits_for_it() -> None:
    """The case waits, without a verdict of its own, and opens at the instant at which it has waited for long enough."""
    rules = DELETION.replace(
        "if: [{field: category, is: Lead}, {count: sales, equals: 0}]",
        "if: {all: [{field: category, is: Lead}, {count: sales, equals: 0}], for_at_least: 36 hours}",
    )
    steps = """
      - expect: {case: waiting, verdict: no_match, deletion: none}
      - move_clock: 35 hours
        expect: {case: waiting}
      - move_clock: 14 days
        expect: {case: open, deletion: warned}
      - move_clock: 1 hour
        expect: {case: closed, deletion: in_recycle_bin}
"""

    assert differences(rules + rule_test(steps, given=LEAD)) == []


def test_events_that_a_rule_waits_for_come_in_their_time() -> None:
    """A pattern is satisfied by the events of several steps; one that waits for nothing to come ends by time alone."""
    rules = LEADS.replace("title: Leads", "check: {when_event: {event: mailing.bounced, times: 2, within: 30 days}}")
    waits = LEADS.replace(
        "title: Leads",
        "check: {when_event: {event: mailing.sent, not_followed_by: mailing.opened, within: 36 hours}}",
    )
    bounce, sent = "event: {type: mailing.bounced, data: {}}", "event: {type: mailing.sent, data: {}}"
    twice = f"[{{{bounce}}}, {{move_clock: DAYS days, {bounce}, expect: {{case: CASE}}}}]"
    silence = f"[{{{sent}, expect: {{case: none}}}}, {{move_clock: HOURS hours, expect: {{case: CASE}}}}]"

    assert differences(rules + rule_test(twice.replace("DAYS", "20").replace("CASE", "open"), given=LEAD)) == []
    assert differences(rules + rule_test(twice.replace("DAYS", "31").replace("CASE", "none"), given=LEAD)) == []
    assert differences(waits + rule_test(silence.replace("HOURS", "35").replace("CASE", "none"), given=LEAD)) == []
    assert differences(waits + rule_test(silence.replace("HOURS", "40").replace("CASE", "open"), given=LEAD)) == []


BOUNCING = LEADS.replace("title: Leads", "check: {when_event: {event: mailing.bounced, times: 2, within: 30 days}}")
VERDICT = "tests: [{test: a, rule: the-rule, now: 2026-03-01T08:00, given: GIVEN, events: EVENTS, expect: EXPECTED}]"


@pytest.mark.parametrize(
    ("given", "events", "expected"),
    [
        (LEAD, "[{type: mailing.bounced, time: 2026-02-20}, {type: crm.mailing.bounced}]", "match"),
        (LEAD, "[{type: mailing.bounced, time: 2026-01-20}, {type: mailing.bounced}]", "no_match"),  # too long ago
        (LEAD, "[{type: mailing.bounced, id: 1}, {type: mailing.bounced, id: 1}]", "no_match"),  # the same one
        ("{category: x}", "[{type: mailing.bounced}, {type: mailing.bounced}]", "no_match"),
        ("{}", "[{type: mailing.bounced}, {type: mailing.bounced}]", "undecided"),
        (LEAD, "[{type: mailing.bounced}, {type: mailing.bounced}]", "{verdict: match, messages: [internal]}"),
    ],
)
def test_a_verdict_looks_at_the_events_that_came_before(given: str, events: str, expected: str) -> None:
    """A rule that only events bring up is looked at when those of the test satisfy its pattern, and only then."""
    text = VERDICT.replace("GIVEN", given).replace("EVENTS", events).replace("EXPECTED", expected)

    assert differences(BOUNCING + text) == []


def test_an_event_of_before_changes_what_is_given_and_counts_in_steps() -> None:
    """It is taken as every event, before the first step; with one more in a step the pattern is satisfied."""
    rules = LEADS.replace("field: category, is: Lead", "consent: storage, is: given")
    given = "{type: consent.given, data: {purpose: storage, at: 2026-02-01}}"
    once_more = "[{expect: {case: none}}, {event: {type: mailing.bounced}, expect: {case: open, messages: [internal]}}]"

    assert differences(rules + rule_test("[{expect: match}]", more=f"events: [{given}]")) == []
    assert differences(BOUNCING + rule_test(once_more, given=LEAD, more="events: [{type: mailing.bounced}]")) == []


def test_an_event_of_before_that_is_refused_fails_the_test_with_its_reason() -> None:
    """No step is taken after it."""
    events = "events: [{type: consent.given, data: {purpose: storage, at: soon}}]"
    ((what, expected, found),) = differences(LEADS + rule_test("[{expect: match}]", more=events))

    assert (what, expected) == ("events", "taken")
    assert str(found).startswith("refused: /data/at: a date was expected")


def test_a_rule_that_no_event_brings_up_is_told_so() -> None:
    """The criteria are true, so they do not explain it; where an event did, nothing is said."""
    text = VERDICT.replace("GIVEN", LEAD)
    (unheard,) = failures(BOUNCING + text.replace("EVENTS", "[{type: mailing.sent}]").replace("EXPECTED", "match"))
    both = "[{type: mailing.bounced}, {type: mailing.bounced}]"
    (heard,) = failures(BOUNCING + text.replace("EVENTS", both).replace("EXPECTED", "no_match"))

    assert unheard is not None
    assert heard is not None
    assert unheard.said == ("no event satisfies `when_event`, so the rule looks at nobody anew",)
    assert heard.said == ()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("{change: {category: Lead}, expect: {case: open}}", ""),
        ("{expect: {case: none}}", "{change: {category: Lead}, expect: {case: open}}"),
    ],
)
def test_a_change_that_a_rule_waits_for_is_noticed_in_any_step(first: str, second: str) -> None:
    """Also in the first one, before which nobody has looked."""
    rules = LEADS.replace("title: Leads", "check: {when_event: {event: category.changed, from: x, to: Lead}}")

    assert differences(rules + rule_test(f"[{first}, {second}]".replace(", ]", "]"), given="{category: x}")) == []


def test_what_is_repeated_is_said_again_and_again() -> None:
    """A clock that is moved far brings every repetition on the way, by schedule or not."""
    for check in ("{}", "{every: day, at: '08:00'}"):
        rules = LEADS.replace("title: Leads", f"check: {check}\n    repeat: every 10 days")
        steps = "[{expect: {messages: [internal]}}, {move_clock: 9 days, expect: {messages: []}}, {move_clock: 21 days, expect: {messages: [internal, internal, internal]}}]"
        assert differences(rules + rule_test(steps, given=LEAD)) == []


def test_each_rule_of_a_table_is_tested_by_its_own_name() -> None:
    """The row stands in brackets behind the id."""
    rules = (
        LEADS.replace("title: Leads", "for_each: [{category: Lead, text: hello}, {category: x, text: hello}]")
        .replace("is: Lead", "is: $category")
        .replace("using: hello", "using: $text")
        .replace("keep_in_selection: leads", "raise_alert: lead")
    )
    test = rule_test("[{expect: {verdict: match, alerts: ['the-rule[Lead]']}}]", given=LEAD)

    assert differences(rules + test.replace("rule: the-rule", "rule: the-rule[Lead]")) == []


def test_a_rule_is_tested_alone() -> None:
    """Rules that it does not read do nothing, whatever they would do to the same contact."""
    rules = DELETION + "---\n" + LEADS.replace("the-rule", "another").replace("hello", "hi")

    assert (
        differences(rules + rule_test("[{move_clock: 1 day, expect: {selections: [], alerts: []}}]", given=LEAD)) == []
    )


def test_companies_and_what_contacts_refer_to() -> None:
    """A rule on companies is given a company; one on contacts reads the company that is given, and its changes."""
    of_company = (
        LEADS.split("then:", maxsplit=1)[0].replace("title: Leads", "applies_to: company")
        + "then: [keep_in_selection: x]\n"
    )
    through = of_company.replace("applies_to: company", "stage: watch").replace(
        "field: category", "field: company.category"
    )
    steps = "[{expect: no_match}, {change: {company: {category: Lead}}, expect: match}]"

    assert differences(of_company + rule_test("[{expect: {verdict: match, selections: [x]}}]", given=LEAD)) == []
    assert differences(through + rule_test(steps, given="{company: {category: x, name: y}}")) == []


def test_nothing_is_left_of_the_test_before() -> None:
    """Tests share a store, and none sees what another did to it: in any order each comes to the same."""
    loaded = load_with_tests(
        DELETION
        + rule_test("[{move_clock: 14 days, expect: {deletion: in_recycle_bin}}]", given=LEAD)
        + "  - {test: b, rule: the-rule, now: 2026-03-01, given: {}, expect: undecided}\n"
        + "  - {test: c, rule: the-rule, now: 2026-03-01, given: {category: x}, expect: {deletion: none, case: none}}\n"
    )
    with hall_of(loaded) as hall:
        for test in (*loaded.tests, *reversed(loaded.tests)):
            assert tried(hall, test).failure is None


def test_a_verdict_costs_one_evaluation_and_few_statements() -> None:
    """A hundred tests are to take little more than a second: what a run has found by SQL is not asked for again."""
    loaded = load_with_tests(LEADS + rule_test("[{expect: match}]", given=LEAD))
    statements: list[str] = []
    with hall_of(loaded) as hall:
        engine = hall.scene.store.database.engine
        event.listen(engine, "before_cursor_execute", lambda *passed: statements.append(passed[2]))
        assert tried(hall, loaded.tests[0]).failure is None

    assert len([one for one in statements if one.startswith("INSERT INTO outcome")]) == 1
    assert len(statements) <= 72


def test_a_rule_that_cannot_be_evaluated_fails_the_test() -> None:
    """It has no verdict, least of all the one that was expected."""
    rules = LEADS.replace("field: category, is: Lead", "sum: sales.amount, less_than: 1")
    items = ", ".join(f"{{id: s{number}, amount: 999999999999, at: 2026-01-01}}" for number in range(1_000))
    ((what, expected, found),) = differences(rules + rule_test("[{expect: no_match}]", given=f"{{sales: [{items}]}}"))

    assert (what, expected) == ("run", "done")
    assert "overflow" in str(found)


def test_a_verdict_of_a_contact_that_is_gone_is_none_of_the_three() -> None:
    """Nobody is there of whom a rule could say anything."""
    steps = "[{move_clock: 28 days, expect: {verdict: no_match}}]"

    assert differences(DELETION + rule_test(steps, given=LEAD)) == [("verdict", "no_match", "gone")]


def test_a_clock_is_not_moved_beyond_what_anybody_waits_for() -> None:
    """A rule that looks every minute is not looked at for centuries: the test fails and says why."""
    rules = LEADS.replace("if:", "check: {every: 1 minute}\n    if:")
    ((what, expected, found),) = differences(rules + rule_test("[{move_clock: 300 years, expect: match}]", given=LEAD))

    assert (what, expected) == ("move_clock", "300 years")
    assert str(found) == "more than 50,000 instants until 2326-03-01"
