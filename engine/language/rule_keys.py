"""The keys of a rule, each with what it says; the reference is made from it."""

from collections.abc import Mapping

RULE_KEYS: Mapping[str, str] = {
    "rule": "the id, in small letters, digits and hyphens; required, unique, never used again",
    "title": "what people read; a text, or a text per language",
    "description": "why the rule is there; a text, or a text per language",
    "edited_by": "who changed it last, a name of `people`: somebody else answers its reviews and approves what it does",
    "owner": "the person or role that answers for it; required where the rule deletes",
    "legal_basis": "why it is lawful, in your words; required where the rule deletes",
    "articles": "a list of articles of law, for the table of rights",
    "stage": "`watch` (default: evaluated and counted, no effect), `live`, or `off`",
    "applies_to": "the entity that it is about; `contact` by default",
    "tags": "a list of words of yours",
    "check": "when to look; without it always: on every change, and when only time changes a verdict",
    "if": "what must be true: a criterion, a list of criteria, or groups, with `for_at_least`; required",
    "then": "what happens once it is true: a list of actions; required",
    "when_no_longer": "what happens once it is false again: actions that happen once",
    "repeat": "`once per case` (default), `once per contact`, `every 30 days` while it is true, or `once per <need>`",
    "deadline": "`{within: 1 month, of: date, remind_before: 7 days, if_late: [actions]}`: a legal term",
    "for_each": "a table: each row makes a rule, with `$name` in the place of whole values",
    "needs": "inputs that a person gives: `{name: {type: text, ask: question}}`; then the rule runs only when asked",
    "stop_if_more_than": (
        "`{contacts: 25, percent: 2}`: where a run and the 24 hours before it come to more deletions, none is "
        "scheduled and the rule is paused; the percentage counts from 50 contacts up; required where the rule deletes"
    ),
}
