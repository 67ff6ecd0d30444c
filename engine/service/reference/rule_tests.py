"""The reference of tests in rule files: their keys, those of a step, and what can be expected."""

from collections.abc import Iterable, Iterator, Mapping

from engine.language.expectations import LISTS, WORDS
from engine.language.rule_steps import EVENT_KEYS, STEP_KEYS
from engine.language.rule_tests import KEYS
from engine.service.reference.markdown import code, codes, table

TEST_KEYS: Mapping[str, str] = {
    "test": "a sentence that says what is expected; required",
    "rule": "the rule that it is about, `retention[Lead]` for a row of a table; required",
    "with": "inputs, for a rule with `needs`",
    "now": "the instant at which it begins; required",
    "given": "the record as the CRM sends it, without `id`; required",
    "events": "events that were reported before",
    "broken_feeds": "collections in which nobody else has anything new",
    "expect": "a verdict or a mapping; this or `steps`",
    "steps": "one after the other",
}
STEPS: Mapping[str, str] = {
    "move_clock": "a duration that passes first",
    "change": "what is merged into the record: fields are replaced, items join by their `id`",
    "event": "an event that the CRM reports",
    "place_hold": "a hold that a person places: its name, or `{name: lawsuit, reason: …}`",
    "lift_hold": "a hold that a person lifts: its name, or `any`",
    "decide": "`approve`, `keep` or `restore` the newest deletion of the rule; `release` what its limit has stopped",
    "expect": "what is then expected",
}
EVENTS: Mapping[str, str] = {
    "type": "its type without `crm.`; required",
    "data": "the item, or the fields that changed",
    "time": "when it happened; the instant of the step by default",
    "id": "its id; one of its own by default",
}
EXPECTED: Mapping[str, str] = {
    "verdict": "the same as the word alone",
    "case": "how the case of the rule stands; `closed`: there was one, `none`: there never was",
    "deletion": "the state of the newest deletion of the rule",
    "reason": "why it is kept, held or cancelled",
    "refused": "why a change, event or decision of this step was not taken; what is not expected fails the test",
    "review": "the state of the newest review of the rule, asked for by `request_review` or a guard",
    "messages": "what was sent in this step, by the name after `using`; `deletion-warning`, `reminder`: our own",
    "withheld": "why messages were not sent in this step, such as `NO_CONSENT`",
    "tasks": "titles of tasks asked for in this step",
    "fields": "fields that were asked to be set in this step",
    "webhooks": "webhooks called in this step",
    "selections": "selections in which the record is visible",
    "alerts": "rules of which an alert is raised",
}


def rule_tests() -> Iterator[str]:
    """Give the section on tests of rules."""
    yield from _table("key of a test", KEYS, TEST_KEYS)
    yield ""
    yield from _table("key of a step", STEP_KEYS, STEPS)
    yield ""
    yield from _table("key of an `event`", EVENT_KEYS, EVENTS)
    yield ""
    rows = (
        (code(key), codes(WORDS[key]) if WORDS.get(key) else _takes(key), EXPECTED.get(key, ""))
        for key in (*WORDS, *LISTS)
    )
    yield from table(("key of `expect`", "takes", "compared with"), rows)
    yield ""
    yield "A list is compared as a whole, in any order; `[]` means none. What is not named is not compared."


def _takes(key: str) -> str:
    return "a list" if key in LISTS else "a word"


def _table(head: str, keys: Iterable[str], says: Mapping[str, str]) -> Iterator[str]:
    yield from table((head, "says"), ((code(key), says.get(key, "")) for key in keys))
