"""Coming: what will happen to a record if nothing but time changes, and when, as far as that is known."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.language.rule import Rule
from engine.model.facts import Facts
from engine.service.console.rendering import Voice, to
from engine.service.console.verdicts import WAITING, RuleVerdict
from engine.service.report.document import Report, Row
from engine.store.deletions import BEFORE_ORDER
from engine.store.intents import PENDING
from engine.store.reviews import OPEN
from engine.vocabulary.calendar import Moment

IN_BIN = "in_recycle_bin"


@dataclass(frozen=True, slots=True)
class Coming:
    """One thing to come: when, where that is known, what, where there is more about it, and how grave it is."""

    at: datetime | None
    says: str
    address: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a record: its report, the verdicts of its rules with its facts where it is held, and its holds.

    `home` is the address of its page.
    """

    report: Report
    facts: Facts | None
    said: Sequence[RuleVerdict]
    rules: Mapping[str, Rule]
    held: Sequence[Row]
    home: str


def coming(known: Known, voice: Voice, moment: Moment) -> tuple[Coming, ...]:
    """Return what is to come, the next first; what has no time comes before all."""
    report = known.report
    found = [
        *_deletions(report, voice),
        *_messages(report, voice),
        *_reviews(report, voice),
        *_holds(known.held, voice),
    ]
    if known.facts is not None:
        for one in known.said:
            found += _of_rule(known, known.facts, one, voice, moment)
    return tuple(sorted(found, key=lambda one: (one.at is not None, one.at or moment.now)))


def _deletions(report: Report, voice: Voice) -> Iterator[Coming]:
    for one in report.rows["deletions"]:
        address, title = to("deletions", one["id"]), voice.teller.tongue.quoted(one["title"])
        why = f" ({voice.word('reason', one['reason'])})" if one["reason"] else ""
        state = f"{voice.word('deletion', one['state'])}{why}"
        if one["state"] in BEFORE_ORDER:
            told = voice.say(en=f"to be deleted by {title}: {state}", sv=f"ska raderas av {title}: {state}")
            yield Coming(one["due_at"], told, address, "bad")
        elif one["state"] == IN_BIN:
            told = voice.say(en="the copy in the recycle bin is erased", sv="kopian i papperskorgen raderas")
            yield Coming(one["bin_until"], f"{told} ({title})", address, "bad")
        elif one["ended_at"] is None and one["state"] in {"ordered", "confirmed"}:
            told = voice.say(en=f"deletion by {title} goes on: {state}", sv=f"radering av {title} pågår: {state}")
            yield Coming(None, told, address, "bad")


def _messages(report: Report, voice: Voice) -> Iterator[Coming]:
    for one in report.rows["messages"]:
        if one["state"] != PENDING:
            continue
        what = voice.word("sent", one["what"]) or voice.say(en="message or call", sv="meddelande eller anrop")
        yield Coming(one["not_before"], f"{what}: {one['title']}", to("messages"))


def _reviews(report: Report, voice: Voice) -> Iterator[Coming]:
    for one in report.rows["reviews"]:
        if one["state"] == OPEN:
            told = voice.say(en="a person is to answer", sv="en människa ska svara")
            tone = "bad" if one["due_at"] and one["due_at"] < voice.now else "warn"
            yield Coming(one["due_at"], f"{told}: {one['title']}", to("reviews"), tone)


def _holds(held: Sequence[Row], voice: Voice) -> Iterator[Coming]:
    for one in held:
        if one["review_at"] is not None:
            told = voice.say(en="look again whether the hold is needed", sv="se över om spärren behövs")
            tone = "bad" if one["review_at"] < voice.now else ""
            yield Coming(one["review_at"], f"{told}: {one['name']}", to("holds"), tone)


def _of_rule(known: Known, facts: Facts, one: RuleVerdict, voice: Voice, moment: Moment) -> Iterator[Coming]:
    rule, address = known.rules[one.rule], f"{known.home}/explain?rule={one.rule}"
    if one.verdict == WAITING and rule.lasting is not None and one.since is not None:
        ripe = voice.say(en="has been true for long enough", sv="har varit uppfylld tillräckligt länge")
        yield Coming(rule.lasting.after(one.since, moment), f"{_quoted(one, voice)} {ripe}", address)
    due = rule.deadline.due_at(facts, moment) if rule.deadline and one.rule in facts.member_since else None
    if due is not None:
        is_over = due < moment.now
        passed = voice.say(en="the deadline has passed", sv="tidsfristen har gått ut")
        term = passed if is_over else voice.say(en="the deadline passes", sv="tidsfristen går ut")
        yield Coming(due, f"{term}: {one.title}", address, "bad" if is_over else "warn")
    if one.flip is not None:
        told = voice.say(en="becomes", sv="blir")
        yield Coming(one.flip.at, f"{_quoted(one, voice)} {told}: {voice.word('verdict', one.becomes)}", address)


def _quoted(one: RuleVerdict, voice: Voice) -> str:
    return voice.teller.tongue.quoted(one.title)
