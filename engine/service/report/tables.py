"""Tables of the report's page: what was decided and noted about a record, without the columns that say nothing."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from actions.raise_alert import SEVERITIES, USES
from engine.service.report import words
from engine.service.report.document import Row
from engine.service.report.teller import Block, Teller
from engine.service.report.words import Words
from engine.vocabulary.wording import Wording, bilingual

Cell = Callable[[Row, Teller], str]


@dataclass(frozen=True, slots=True)
class Column:
    """A heading, and what stands below it for a row."""

    heading: Wording
    cell: Cell


def table(rows: Iterable[Row], columns: Iterable[Column], teller: Teller, caption: Wording | None = None) -> Block:
    """Return rows as a table, without the columns that are empty; the first one, which names the row, stays."""
    lines = tuple(rows)
    told = [(one.heading, [one.cell(row, teller) for row in lines]) for one in columns]
    kept = [one for number, one in enumerate(told) if number == 0 or any(one[1])]
    title, headings = teller.wording(caption) if caption else "", tuple(teller.wording(heading) for heading, _ in kept)
    return Block(title, headings, tuple(zip(*(cells for _, cells in kept), strict=True)))


def _text(heading: Wording, name: str) -> Column:
    return Column(heading, lambda row, _: str(row[name] or ""))


def _at(heading: Wording, name: str) -> Column:
    return Column(heading, lambda row, teller: teller.instant(row[name]))


def _code(heading: Wording, known: Words, name: str) -> Column:
    return Column(heading, lambda row, teller: teller.code(known, row[name]))


def _state(row: Row, teller: Teller) -> str:
    doubt = teller.say(en=" (in doubt at present)", sv=" (för närvarande osäkert)")
    return teller.code(words.CASES, row["state"]) + (doubt if row["in_doubt"] and row["since"] else "")


def _term(row: Row, teller: Teller) -> str:
    if row["late_at"]:
        return teller.say(en="has passed", sv="har gått ut")
    return teller.say(en="is near", sv="är nära") if row["at_risk_at"] else ""


def _uses(row: Row, teller: Teller) -> str:
    return teller.tongue.both([teller.code(USES, one) for one in row["blocks"]])


def _what(row: Row, teller: Teller) -> str:
    return teller.code(words.SENT, row["what"]) or teller.say(en="message or call", sv="meddelande eller anrop")


def _source(row: Row, teller: Teller) -> str:
    return row["source"] or teller.say(en="this service", sv="den här tjänsten")


def _content(row: Row, _: Teller) -> str:
    return "\n".join(_lines(row["content"], ""))


def _lines(content: Any, name: str) -> Iterable[str]:
    if isinstance(content, dict):
        for key, one in content.items():
            yield from _lines(one, f"{name}.{key}" if name else str(key))
    elif isinstance(content, list):
        for one in content:
            yield from _lines(one, name)
    else:
        yield f"{name}: {content}"


def _purposes(row: Row, teller: Teller) -> str:
    return ", ".join(row["purposes"] or ()) or teller.say(en="everything", sv="allt")


def _history(row: Row, teller: Teller) -> str:
    by = teller.say(en=", by a person", sv=", av en handläggare")
    return "\n".join(
        f"{teller.instant(move['at'])}: {teller.code(words.DELETION, move['state'])}"
        + (f" ({teller.reason(move['reason'])})" if move["reason"] else "")
        + (by if move["by_a_person"] else "")
        for move in row["history"]
    )


_RULE = _text(bilingual(en="Rule", sv="Regel"), "title")
_WHY = Column(bilingual(en="Why", sv="Varför"), lambda row, teller: teller.reason(row["reason"]))
_BEGAN, _ENDED = bilingual(en="Began", sv="Påbörjades"), bilingual(en="Ended", sv="Avslutades")
_SINCE, _WHEN, _STATE = (
    bilingual(en="Since", sv="Sedan"),
    bilingual(en="When", sv="När"),
    bilingual(en="State", sv="Läge"),
)
_SELECTION, _KIND = _text(bilingual(en="Selection", sv="Urval"), "selection"), bilingual(en="Kind", sv="Slag")
_MOVED = _code(bilingual(en="What", sv="Vad"), words.CASES, "moved")
NOW, BEFORE = bilingual(en="Now", sv="Nu"), bilingual(en="What has happened", sv="Vad som har hänt")
CASES = (_RULE, Column(_STATE, _state), _at(_SINCE, "since"), Column(bilingual(en="Term", sv="Frist"), _term))
CASE_MOVES = (_RULE, _MOVED, _at(_WHEN, "at"))
SELECTIONS = (_SELECTION, _RULE, _at(_SINCE, "since"))
SELECTION_MOVES = (_SELECTION, _MOVED, _at(_WHEN, "at"))
ALERTS = (
    _text(bilingual(en="Text", sv="Text"), "message"),
    _code(_KIND, SEVERITIES, "severity"),
    Column(bilingual(en="Forbids", sv="Förbjuder"), _uses),
    _RULE,
    _at(_SINCE, "since"),
    _at(bilingual(en="Lowered", sv="Togs ned"), "lowered_at"),
)
MESSAGES = (
    Column(bilingual(en="What", sv="Vad"), _what),
    Column(bilingual(en="To", sv="Till"), lambda row, teller: teller.whom(row["to"])),
    _code(_STATE, words.SENT, "state"),
    _WHY,
    _RULE,
    _at(_BEGAN, "created_at"),
    _at(_ENDED, "ended_at"),
)
EVENTS = (
    _text(bilingual(en="Event", sv="Händelse"), "type"),
    _at(_WHEN, "occurred_at"),
    Column(bilingual(en="From", sv="Från"), _source),
    Column(bilingual(en="Content", sv="Innehåll"), _content),
)
DELETIONS = (
    _RULE,
    _code(_STATE, words.DELETION, "state"),
    _WHY,
    Column(bilingual(en="Of what", sv="Av vad"), _purposes),
    _at(bilingual(en="Scheduled", sv="Schemalades"), "scheduled_at"),
    _at(bilingual(en="Due", sv="Ska ske"), "due_at"),
    _at(_ENDED, "ended_at"),
    Column(bilingual(en="Course", sv="Förlopp"), _history),
)
REVIEWS = (
    _RULE,
    _code(_STATE, words.REVIEW, "state"),
    _text(bilingual(en="Answer", sv="Svar"), "answer"),
    _text(bilingual(en="Why", sv="Varför"), "reason"),
    _at(bilingual(en="Asked", sv="Begärdes"), "asked_at"),
    _at(bilingual(en="Due", sv="Senast"), "due_at"),
    _at(_ENDED, "ended_at"),
)
HOLDS = (
    _text(bilingual(en="Hold", sv="Spärr"), "name"),
    _text(bilingual(en="Why", sv="Varför"), "reason"),
    _at(bilingual(en="Placed", sv="Lades"), "placed_at"),
    _at(bilingual(en="Lifted", sv="Hävdes"), "lifted_at"),
    _at(bilingual(en="Looked at again", sv="Ses över"), "review_at"),
)
RESTRICTIONS = (
    _at(_SINCE, "since"),
    _at(bilingual(en="You were told on", sv="Du fick veta"), "told_at"),
    _at(bilingual(en="Lifted", sv="Hävdes"), "lifted_at"),
)
PERMISSIONS = (
    _code(bilingual(en="Allowed although restricted", sv="Tillåtet trots begränsning"), {**words.TOLD, **USES}, "use"),
    _text(bilingual(en="Ground", sv="Grund"), "ground"),
    _at(bilingual(en="Said", sv="Lämnades"), "said_at"),
    _at(bilingual(en="Withdrawn", sv="Återkallades"), "withdrawn_at"),
)
TOLD = (
    _text(bilingual(en="Recipient", sv="Mottagare"), "recipient"),
    _code(bilingual(en="Told of", sv="Underrättades om"), words.TOLD, "kind"),
    _code(_STATE, words.SENT, "state"),
    _at(_BEGAN, "created_at"),
    _at(_ENDED, "ended_at"),
)
RECEIPTS = (
    _text(bilingual(en="Rule", sv="Regel"), "rule"),
    _code(bilingual(en="What was done", sv="Vad som gjordes"), words.DELETION, "how"),
    Column(bilingual(en="Of what", sv="Av vad"), _purposes),
    _text(bilingual(en="Legal basis", sv="Rättslig grund"), "legal_basis"),
    _at(_WHEN, "erased_at"),
)
