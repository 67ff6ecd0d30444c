"""Traces: every column that can hold a word about a person has a decision; mentions go, and what is about others stays."""

from pathlib import Path

import pytest
from sqlalchemy import Text as SqlText
from sqlalchemy import insert, select, update

from engine.store import traces
from engine.store.columns import Text, TextList
from engine.store.tables import HOLD, INBOX, METADATA, RULE, RUN
from engine.store.traces import Person
from tests.installations import NOON, Place

GONE = "goes with the record when it is put away (erasure.remove_copy)"
MESSAGES = "goes with the record's messages (erasure.forget_messages)"
EVENTS = "goes with the events about the record; mentions in those about others are taken out (traces)"
NOBODY = "is emptied for all deletions of the person (traces.forget_deletions)"
MENTION = "what people wrote about something else: a mention is taken out (traces.forget_mentions)"
OURS = "a name or code of the service's own, or of a rule"
COLLEAGUE = "somebody who works with the service, not somebody whom it holds data about"
KEYED = "a keyed hash or a digest that names nobody without the key"
# Of every text column: why nothing of somebody who was erased is left in it. A new one needs a decision.
DECISIONS = {
    "alert": dict.fromkeys(("severity", "blocks"), OURS),
    "anonymous": {"entity": OURS, "content": "what the treatment leaves: nothing that leads to a person (anonymity)"},
    "answer": {"word": KEYED, "asked": KEYED, "body": MENTION},
    "approval": dict.fromkeys(("version", "state"), OURS),
    "approval_word": {"digest": KEYED, "person": COLLEAGUE, "reason": f"{NOBODY}; {MENTION}"},
    "baseline": {"name": OURS},
    "catalogue": dict.fromkeys(("entity", "name", "type"), "the model's own names"),
    "chain": {
        **dict.fromkeys(("what", "rule", "version", "key_id"), OURS),
        "who": COLLEAGUE, "subject": KEYED, "mac": KEYED, "details": "written without personal data",
    },
    "change_log": {"entity": OURS},
    "deletion": {
        **dict.fromkeys(("state", "version", "how"), OURS),
        "contact": NOBODY, "reason": NOBODY, "digest": NOBODY, "purposes": "words of the rule",
    },
    "deletion_move": {"state": OURS, "reason": NOBODY, "by": COLLEAGUE, "said": f"{NOBODY}; {MENTION}"},
    "funnel": {**dict.fromkeys(("rule", "version"), OURS), "steps": "how many there were, by criterion of the rule"},
    "hold": {"entity": OURS, "name": GONE, "reason": f"{GONE}; {MENTION}", "owner": COLLEAGUE},
    "inbox": {**dict.fromkeys(("source", "event", "type", "entity", "subject"), EVENTS), "body": EVENTS},
    "intent": {
        **dict.fromkeys(("part", "repetition", "state"), OURS),
        "inputs": f"{MESSAGES}; {MENTION}", "reason": f"{MESSAGES}; {MENTION}", "reached": MESSAGES,
    },
    "move_told": {
        **dict.fromkeys(("entity", "topic", "selection", "severity", "blocks", "state"), OURS),
        "reason": f"{GONE}; {MENTION}",
    },
    "notice": {
        **dict.fromkeys(("kind", "about", "state"), OURS),
        "details": "written without personal data", "to": COLLEAGUE, "reason": MENTION, "reached": COLLEAGUE,
    },
    "occurrence": dict.fromkeys(("state", "reason"), OURS),
    "permission": {"entity": OURS, "use": GONE, "ground": f"{GONE}; {MENTION}", "noted_by": COLLEAGUE},
    "receipt": {
        **dict.fromkeys(("rule", "version", "legal_basis", "how", "by"), OURS),
        "id_hash": KEYED, "purposes": "words of the rule", "approved_by": COLLEAGUE,
    },
    "recipient_told": {
        **dict.fromkeys(("recipient", "kind", "entity", "cause", "state"), OURS),
        "contact": "the id, until the recipient was told", "id_hash": KEYED, "reason": MENTION,
        "details": "written without personal data",
    },
    "recycle_bin": {"entity": OURS, "snapshot": "the row goes (erasure.empty_bin)"},
    "restriction": {"entity": OURS, "told_by": COLLEAGUE},
    "review": {
        **dict.fromkeys(("version", "state", "answer"), OURS),
        "digest": GONE, "reason": f"{GONE}; {MENTION}", "answered_by": COLLEAGUE,
    },
    "rule": {
        **dict.fromkeys(("id", "entity", "stage", "state", "version", "selection", "definition", "paused"), OURS),
        **dict.fromkeys(("promoted", "evaluated_version", "watched"), OURS),
        "editor": COLLEAGUE, "pause_reason": MENTION, "promotion": MENTION,
    },
    "run": {**dict.fromkeys(("mode", "trigger", "rulebook"), OURS), "inputs": MENTION},
    "run_rule": {**dict.fromkeys(("rule", "stage", "version", "actions", "basis"), OURS), "error": MENTION},
    "run_call": {"part": OURS},
    "rule_day": {"rule": OURS, "day": "a day"},
    "session": {"hash": KEYED},
    "setting": dict.fromkeys(("name", "value"), OURS),
    "token": {"name": COLLEAGUE, "hash": KEYED, "scopes": OURS},
}  # fmt: skip
# Tables without text that name records by their keys alone.
BY_KEY = {"case_move": GONE, "cases": GONE, "member": GONE, "member_move": GONE, "verdict_move": GONE}
PERSON = Person("contact", 1, "c-4711", ("Canary Quill", "quill@example.se", "07"))


def test_l9_every_text_column_has_a_decision() -> None:
    """A table or text column that is added without one is found here."""
    texts = {
        table.name: {one.name for one in table.columns if isinstance(one.type, Text | TextList | SqlText)}
        for table in METADATA.sorted_tables
    }

    assert {name: columns for name, columns in texts.items() if columns} == {
        name: set(columns) for name, columns in DECISIONS.items()
    }
    assert {name for name, columns in texts.items() if not columns} == set(BY_KEY)


def test_l9_every_column_of_which_a_mention_is_taken_out_is_searched() -> None:
    """The list of the code is that of the decisions."""
    decided = {
        f"{table}.{name}" for table, columns in DECISIONS.items() for name, why in columns.items() if MENTION in why
    }
    searched = {f"{one.table.name}.{one.name}" for one in traces.WRITTEN} | {"rule.promotion"}

    # Searched besides: what is emptied for the person's own deletions, and the names of holds.
    assert decided - searched == set()
    assert searched - decided == {"deletion.reason", "deletion_move.reason", "hold.name"}


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("asked CANARY QUILL twice", "asked [erased] twice"),
        ("wrote to quill@example.se.", "wrote to [erased]."),
        ("c-4711, not c-47110", "[erased], not c-47110"),
        ("in 07 days", "in 07 days"),
        ("Canary Quillson", "Canary Quillson"),
        ("HOLD", "HOLD"),
    ],
)
def test_a_mention_is_taken_out_of_what_was_written_about_another(tmp_path: Path, text: str, left: str) -> None:
    """Whole words only, and no short ones; the rest of the text stays."""
    place = Place(tmp_path)
    with place.store.database.writing() as connection:
        hold = {"entity": "contact", "record": 2, "name": "legal", "reason": text, "placed_at": NOON}
        connection.execute(insert(HOLD).values(hold))
        traces.forget_mentions(connection, PERSON)

        assert connection.execute(select(HOLD.c.reason)).scalar_one() == left


def test_inputs_that_are_short_go_as_whole_values(tmp_path: Path) -> None:
    """An id of two letters is a value, not a word in a text."""
    place = Place(tmp_path)
    run = {"started_at": NOON, "now": NOON, "mode": "full", "trigger": "run", "rulebook": "x", "evaluate_seconds": 0.0}
    with place.store.database.writing() as connection:
        connection.execute(insert(RUN).values(run | {"act_seconds": 0.0, "inputs": '{"who": "07", "what": "07 days"}'}))
        traces.forget_mentions(connection, PERSON)

        assert connection.execute(select(RUN.c.inputs)).scalar_one() == '{"who": "[erased]", "what": "07 days"}'


def test_who_promoted_a_rule_is_not_taken_for_somebody_erased(tmp_path: Path) -> None:
    """Only the reason is searched."""
    place = Place(tmp_path, "rules: [{rule: a, if: [{field: country, is: NO}], then: []}]")
    place.run()
    with place.store.database.writing() as connection:
        said = '{"plan": "p", "by": ["anna"], "reason": "for anna", "at": "now"}'
        connection.execute(update(RULE).values(promotion=said))
        traces.forget_mentions(connection, Person("contact", 1, "c-4711", ("Anna",)))

        assert connection.execute(select(RULE.c.promotion)).scalar_one() == said.replace("for anna", "for [erased]")


def test_events_about_others_keep_all_but_the_mention(tmp_path: Path) -> None:
    """An event in which another is said to know the person."""
    place = Place(tmp_path)
    event = {"source": "/x", "type": "t", "entity": "contact", "occurred_at": NOON, "received_at": NOON}
    body = '{"knows": "Canary Quill", "since": "07"}'
    with place.store.database.writing() as connection:
        connection.execute(insert(INBOX).values(event | {"event": "1", "subject": "other", "body": body}))
        connection.execute(insert(INBOX).values(event | {"event": "2", "subject": "c-4711", "body": "{}"}))
        traces.forget_events(connection, PERSON)
        traces.forget_mentions(connection, PERSON)

        assert [tuple(row) for row in connection.execute(select(INBOX.c.subject, INBOX.c.body))] == [
            ("other", '{"knows": "[erased]", "since": "[erased]"}')
        ]
