"""Related items: which of them count, given `where` and a window, and which might."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from engine.language.algebra import Aggregate, ChangedAt, Column, Threshold, simplified
from engine.language.criteria import Criterion, Group, Record, Test
from engine.language.kinds import KIND_OF, Kind, OperandKind
from engine.language.operands import Reader
from engine.language.operators.catalogue import BY_KIND
from engine.language.scope import Scope
from engine.language.sentences import inline, sentence
from engine.language.source import Mapping, Node, Scalar, Sequence
from engine.language.speech import Speech
from engine.language.statement import Phrase
from engine.language.subjects.changed import ChangedSubject
from engine.language.subjects.dates import read_date
from engine.language.subjects.field import FieldSubject
from engine.model.entity import Collection
from engine.model.facts import Facts, Item
from engine.vocabulary.calendar import Moment, start_of_day
from engine.vocabulary.duration import Duration
from engine.vocabulary.truth import Truth, all_of
from engine.vocabulary.wording import Wording

AFTER_NOW = Threshold("after_now")
WINDOWS = ("in_last", "in_next", "since")

Since = FieldSubject | ChangedSubject  # a date of the record that is exact or missing


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time: `in_last` and `since` end with now, `in_next` begins after it.

    `past` and `future` have one end. `since` begins with a date of the record; a missing one leaves open which past
    items belong.
    """

    kind: str
    duration: Duration | None = None
    since: Since | None = None

    def holds(self, at: datetime, record: Record, moment: Moment) -> Truth:
        """Return whether an instant lies within the window at a moment."""
        if self.since is None:
            return Truth.of(self._holds(at, moment))
        begins = self.since.reading(record, moment)
        return all_of((Truth.of(at <= moment.now), begins.exactly(lambda first: at >= first)))

    def _holds(self, at: datetime, moment: Moment) -> bool:
        match self.kind, self.duration:
            case "in_last", Duration() as length:
                return at <= moment.now and not length.is_passed(at, moment)
            case "in_next", Duration() as length:
                return at > moment.now and length.reaches(at, moment)
            case "past", _:
                return at <= moment.now
            case _:
                return at > moment.now

    def edges(self) -> tuple[Threshold | Column | ChangedAt | None, Threshold | None]:
        """Return the first instant within the window and the first beyond it."""
        if self.since is not None:
            return self.since.term(), AFTER_NOW
        match self.kind:
            case "in_last":
                return Threshold("older", self.duration), AFTER_NOW
            case "in_next":
                return AFTER_NOW, Threshold("ahead", self.duration)
            case "past":
                return None, AFTER_NOW
        return AFTER_NOW, None

    def words(self, speech: Speech) -> str:
        """Return which dates lie within the window; empty where the subject says so itself."""
        if self.since is not None:
            begins = self.since.words(speech).text
            return speech.say(en=f"that are dated from {begins} until now", sv=f"som är daterade från {begins} till nu")
        if self.duration is None:
            return ""
        length = speech.duration(self.duration)
        if self.kind == "in_last":
            return speech.say(
                en=f"that are dated no more than {length} ago",
                sv=f"som är daterade högst {length} tillbaka i tiden",
            )
        return speech.say(
            en=f"that are dated no more than {length} ahead", sv=f"som är daterade högst {length} framåt i tiden"
        )


@dataclass(frozen=True, slots=True)
class Related:
    """The items of a collection that satisfy `where` and lie in a window."""

    collection: str
    dated_by: str
    where: Group | None = None
    window: Window | None = None

    def items(self, record: Record, moment: Moment) -> Iterator[tuple[Item, bool]]:
        """Give the items that belong (True), and those that might because a field is missing (False)."""
        if not isinstance(record, Facts):
            return
        for item in record.items(self.collection):
            truth = self._belongs(item, record, moment)
            if truth is not Truth.FALSE:
                yield item, truth is Truth.TRUE

    def date_of(self, item: Item, moment: Moment) -> datetime | None:
        """Return the instant by which an item is dated."""
        value = item.values.get(self.dated_by)
        if isinstance(value, date) and not isinstance(value, datetime):
            return start_of_day(value, moment.zone)
        return value if isinstance(value, datetime) else None

    def _belongs(self, item: Item, record: Record, moment: Moment) -> Truth:
        truths = [self.where.truth(item, moment)] if self.where else []
        if self.window:
            at = self.date_of(item, moment)
            truths.append(Truth.UNKNOWN if at is None else self.window.holds(at, record, moment))
        return all_of(truths)

    def words(self, speech: Speech, what: Wording, field: str = "") -> Phrase:
        """Return what is asked about these items; criteria on them that are not plain stand below."""
        items = speech.collection_name(self.collection)
        text = speech.wording(what).format(owner=speech.owner, items=items, field=field)
        plain = inline(self.where, speech.inside(self.collection, in_clause=True)) if self.where else ""
        refers = speech.say(en="that meet what stands below", sv="som uppfyller det som står nedan")
        dated = self.window.words(speech) if self.window else ""
        clauses = [one for one in (dated, refers if plain is None else plain) if one]
        if clauses:
            which = speech.tongue.both(clauses)
            text += speech.say(en=f" (only those {which})", sv=f" (bara sådana {which})")
        if self.where is None or plain is not None:
            return Phrase(text)
        below = sentence(self.where, speech.inside(self.collection))
        counted = speech.state(
            en=f"of the {items}, those count that meet this:",
            sv=f"av alla {items} räknas de som uppfyller detta:",
            parts=(below,),
        )
        return Phrase(text, (counted,))

    def aggregate(self, kind: str, field: str) -> Aggregate:
        """Return an aggregate over these items in the algebra."""
        after, before = self.window.edges() if self.window else (None, None)
        where = simplified(self.where.form()) if self.where else None
        return Aggregate(kind, self.collection, field, self.dated_by, where, after, before)  # type: ignore[arg-type]  # from a closed list


def read_related(
    scope: Scope, word: Scalar, name: str, block: Mapping, window: Window | None
) -> tuple[Related, Collection] | None:
    """Return the related items that a block names; None with problems noted."""
    collection = scope.collection_named(word, name)
    if collection is None:
        return None
    node = block.get("where")
    where = _where(scope.inside(collection), node) if node is not None else None
    return Related(collection.name, collection.dated_by, where, window), collection


def read_window(scope: Scope, block: Mapping) -> Window | None:
    """Return the window of a count or number; for dates `in_last` and `in_next` are tests of the date itself."""
    windows = [(key, node) for key in WINDOWS if (node := block.get(key)) is not None]
    if len(windows) > 1:
        scope.report("R105", windows[1][1].place, "one window at a time", f"use one of: {', '.join(WINDOWS)}")
    for key, node in windows[:1]:
        if key == "since":
            return _since(scope, node)
        duration = Reader(scope, Kind.DATE, exact=False).read(node, OperandKind.DURATION)
        if isinstance(duration, Duration):
            return Window(key, duration)
    return None


def _since(scope: Scope, node: Node) -> Window | None:
    begins = read_date(scope, node) if isinstance(node, Mapping) else None
    if isinstance(begins, FieldSubject | ChangedSubject):
        return Window("since", since=begins)
    if begins is not None or not isinstance(node, Mapping):
        hint = "write `since: {field: created_on}`"
        scope.report("R106", node.place, "`since` takes a field, or when one has changed", hint)
    return None


def _where(scope: Scope, node: Node) -> Group | None:
    """Return the criteria of a `where`: a mapping of field to value or values, or a list of criteria on the item."""
    if not isinstance(node, Mapping):
        return scope.read_criteria(scope, node)
    if (subject := node.key("field")) is not None and "field" not in scope.fields:
        scope.report("R105", subject.place, "criteria under `where` are a list", "write `where: [{field: …, is: …}]`")
        return None
    parts = [part for key, value in node.entries if (part := _where_field(scope, key, value)) is not None]
    return Group("all", tuple(parts), node.place)


def _where_field(scope: Scope, key: Scalar, value: Node) -> Criterion | None:
    found = scope.field_path(key)
    if found is None:
        return None
    kind = KIND_OF[found[1].type]
    if kind is Kind.LIST:
        scope.report("R105", key.place, f"`{key.text}` is a list", "write a list of criteria under `where`")
        return None
    operator = BY_KIND[kind]["one_of" if isinstance(value, Sequence) else "is"]
    operand = Reader(scope, kind, exact=False).read(value, operator.operand)
    if operand is None:
        return None
    test = Test(operator, operand, written(value))
    return Criterion(FieldSubject(found[0], kind), (test,), key.text, key.place)


def written(node: Node) -> str:
    """Return an operand in the words of the rule, for traces."""
    match node:
        case Scalar(text=text):
            return text
        case Sequence(items=items):
            return ", ".join(map(written, items))
        case Mapping(entries=entries):
            return ", ".join(f"{key.text} {written(value)}" for key, value in entries)
