"""Sections of the report's page: what each holds, in words. Adding one is an entry in `SECTIONS`."""

from collections.abc import Callable, Iterator, Sequence

from engine.language.kinds import WORDS
from engine.language.statement import Statement
from engine.service.report import tables, words
from engine.service.report.document import Applied, Items, Report
from engine.service.report.tables import Column, table
from engine.service.report.teller import Block, ReportSection, Teller
from engine.vocabulary.duration import read_duration
from engine.vocabulary.wording import Wording, bilingual

MADE_UP = "~"  # the id of an item that came without one begins so
Content = tuple[Sequence[str], Sequence[Block]]  # sentences, then tables and lists
Telling = Callable[[Report, Teller], Content]


def sections(report: Report, teller: Teller) -> Iterator[ReportSection]:
    """Give the sections of a report's page; one without content says so."""
    nothing = teller.say(en="There is nothing here.", sv="Här finns inget.")
    for name, heading, told in SECTIONS:
        notes, blocks = told(report, teller)
        filled = tuple(one for one in blocks if one.rows or one.statements)
        yield ReportSection(name, teller.wording(heading), tuple(notes) if notes or filled else (nothing,), filled)


def _values(report: Report, teller: Teller) -> Content:
    there, empty = [one for one in report.fields if one.is_there], [one for one in report.fields if not one.is_there]
    rows = tuple(
        (
            one.label,
            teller.value(one),
            teller.code(words.TYPES, one.type.value),
            teller.yes(is_so=one.personal),
            teller.day(one.since),
        )
        for one in there
    )
    columns = (
        *(teller.say(en="What", sv="Vad"), teller.say(en="Value", sv="Uppgift"), teller.say(en="Kind", sv="Slag")),
        *(teller.say(en="Points you out", sv="Pekar ut dig"), teller.say(en="Here since", sv="Här sedan")),
    )
    came = teller.say(en="The data comes from the CRM.", sv="Uppgifterna kommer från CRM-systemet.")
    return [came, *_nothing_about(teller, [one.label for one in empty])], [Block("", columns, rows)]


def _collections(report: Report, teller: Teller) -> Content:
    empty = [one.label for one in report.collections if not one.items]
    return _nothing_about(teller, empty), [_items(one, teller) for one in report.collections if one.items]


def _items(collection: Items, teller: Teller) -> Block:
    """Return the items of a collection as a table, without the columns that are empty or were made up here."""
    shape, is_numbered = collection.items[0][1], any(not name.startswith(MADE_UP) for name, _ in collection.items)
    used = [number for number, _ in enumerate(shape) if any(values[number].is_there for _, values in collection.items)]
    columns = tuple(shape[number].label for number in used)
    rows = tuple(tuple(teller.value(values[number]) for number in used) for _, values in collection.items)
    if is_numbered or not used:
        columns = (teller.say(en="Number", sv="Nummer"), *columns)
        rows = tuple((name, *row) for (name, _), row in zip(collection.items, rows, strict=True))
    return Block(collection.label, columns, rows)


def _nothing_about(teller: Teller, labels: list[str]) -> list[str]:
    if not labels:
        return []
    listed = teller.tongue.both([one[:1].lower() + one[1:] for one in labels])
    return [teller.say(en=f"Nothing is held here about: {listed}.", sv=f"Här finns inget om: {listed}.")]


def _consents(report: Report, teller: Teller) -> Content:
    columns = (
        teller.say(en="Purpose", sv="Ändamål"),
        teller.say(en="Basis", sv="Grund"),
        teller.say(en="Now", sv="Nu"),
    )
    rows = tuple(
        (purpose, teller.code(WORDS, basis), teller.code(words.STANDING, state))
        for purpose, basis, state in report.consents
    )
    return (), [Block("", columns, rows)]


def _rows(*kinds: tuple[str, tuple[Column, ...], Wording | None]) -> Telling:
    """Return what tells the rows of some kinds, a table each."""

    def told(report: Report, teller: Teller) -> Content:
        return (), [table(report.rows[kind], columns, teller, caption) for kind, columns, caption in kinds]

    return told


def _grounds(report: Report, teller: Teller) -> Content:
    source = report.processing.source or teller.say(en="not stated", sv="inte angiven")
    rules = report.processing.rules
    columns = (
        *(teller.say(en="Rule", sv="Regel"), teller.say(en="Legal basis", sv="Rättslig grund")),
        *(teller.say(en="Articles", sv="Artiklar"), teller.say(en="Responsible", sv="Ansvarig")),
        *(
            teller.say(en="Effect", sv="Verkan"),
            teller.say(en="Did something about you", sv="Har gjort något som rör dig"),
        ),
    )
    rows = tuple(
        (
            one.title,
            one.legal_basis,
            ", ".join(one.articles),
            teller.whom(one.owner),
            teller.code(words.STAGES, one.stage),
            teller.yes(is_so=one.acts),
        )
        for one in rules
    )
    return [teller.say(en=f"Source of the data: {source}.", sv=f"Uppgifternas källa: {source}.")], [
        Block("", columns, rows)
    ]


def _recipients(report: Report, teller: Teller) -> Content:
    columns = (teller.say(en="Recipient", sv="Mottagare"), teller.say(en="Kind", sv="Slag"))
    rows = tuple((one.name, teller.code(words.TOLD, one.kind)) for one in report.processing.recipients)
    told = teller.say(en="What was passed on to them about you", sv="Vad de har underrättats om")
    return (), [
        Block("", columns, rows),
        table(report.rows["recipients_told"], tables.TOLD, teller, Wording({"": told})),
    ]


def _retention(report: Report, teller: Teller) -> Content:
    rows = tuple(
        (teller.code(words.RETENTION, name), teller.tongue.duration(read_duration(length)))
        for name, length in report.processing.retention.items()
    )
    note = teller.say(
        en="The data itself is kept for as long as the CRM has it, or until a rule deletes it. What the service writes "
        "down itself is kept for:",
        sv="Själva uppgifterna sparas så länge de finns i CRM-systemet, eller till dess att en regel raderar dem. Det "
        "som tjänsten själv antecknar sparas i:",
    )
    return [note], [Block("", (teller.say(en="What", sv="Vad"), teller.say(en="How long", sv="Hur länge")), rows)]


def _automated(report: Report, teller: Teller) -> Content:
    acting = report.processing.acting
    if not acting:
        none = teller.say(
            en="No automated decision about you is on record here.", sv="Här finns inget automatiserat beslut om dig."
        )
        return [none], []
    said = teller.say(
        en="Rules decide without a person looking. These did or do something about you, in this way:",
        sv="Regler beslutar utan att en människa tittar. Dessa har gjort eller gör något som rör dig, så här:",
    )
    final = teller.say(
        en="What they delete cannot be brought back once the recycle bin is emptied.",
        sv="Det som de raderar går inte att få tillbaka när papperskorgen har tömts.",
    )
    notes = [said, *([final] if any(one.deletes for one in acting) else [])]
    return notes, [Block(one.title, statements=_described(one)) for one in acting]


def _described(rule: Applied) -> tuple[Statement, ...]:
    return tuple(Statement(section.heading, section.statements) for section in rule.sections)


def _rights(_: Report, teller: Teller) -> Content:
    return (), [Block("", statements=tuple(Statement(teller.wording(one)) for one in words.RIGHTS))]


SECTIONS: tuple[tuple[str, Wording, Telling], ...] = (
    ("values", bilingual(en="Data about you", sv="Uppgifter om dig"), _values),
    ("collections", bilingual(en="Data that belongs to you", sv="Det som hör till dig"), _collections),
    ("consents", bilingual(en="Consents and other legal bases", sv="Samtycken och andra rättsliga grunder"), _consents),
    (
        "cases",
        bilingual(en="What rules have found", sv="Vad regler har kommit fram till"),
        _rows(("cases", tables.CASES, tables.NOW), ("case_moves", tables.CASE_MOVES, tables.BEFORE)),
    ),
    (
        "alerts",
        bilingual(en="Alerts on your card", sv="Aviseringar på ditt kort"),
        _rows(("alerts", tables.ALERTS, None)),
    ),
    (
        "selections",
        bilingual(en="Selections that you are in", sv="Urval som du ingår i"),
        _rows(
            ("selections", tables.SELECTIONS, tables.NOW), ("selection_moves", tables.SELECTION_MOVES, tables.BEFORE)
        ),
    ),
    (
        "messages",
        bilingual(en="Messages and calls", sv="Meddelanden och anrop"),
        _rows(("messages", tables.MESSAGES, None)),
    ),
    (
        "events",
        bilingual(en="Events that were reported", sv="Händelser som har rapporterats"),
        _rows(("events", tables.EVENTS, None)),
    ),
    (
        "deletions",
        bilingual(en="Deletions", sv="Raderingar"),
        _rows(
            ("deletions", tables.DELETIONS, None),
            ("receipts", tables.RECEIPTS, bilingual(en="Receipts", sv="Kvitton")),
        ),
    ),
    ("holds", bilingual(en="Holds against deletion", sv="Spärrar mot radering"), _rows(("holds", tables.HOLDS, None))),
    (
        "restrictions",
        bilingual(en="Restriction of processing", sv="Begränsning av behandling"),
        _rows(("restrictions", tables.RESTRICTIONS, None), ("permissions", tables.PERMISSIONS, None)),
    ),
    (
        "reviews",
        bilingual(en="Reviews by people", sv="Granskningar av människor"),
        _rows(("reviews", tables.REVIEWS, None)),
    ),
    ("grounds", bilingual(en="Purposes and grounds", sv="Ändamål och grunder"), _grounds),
    ("recipients", bilingual(en="Who gets data", sv="Vilka som får uppgifter"), _recipients),
    ("retention", bilingual(en="How long data is kept", sv="Hur länge uppgifter sparas"), _retention),
    ("automated", bilingual(en="Automated decisions", sv="Automatiserade beslut"), _automated),
    ("rights", bilingual(en="Your rights", sv="Dina rättigheter"), _rights),
)
