"""The report as a value: all that the service holds and has decided about one record (GDPR Art. 15 and 20)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from engine.language.description import Section
from engine.model.entity import FieldType
from engine.model.facts import Value
from engine.model.snapshot import plain

FORMAT = "ansgar-report/1"
Place = Literal["store", "recycle_bin", "traces"]  # traces: no state, but something that speaks of it
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """One value: the field that has it, what people call that, and since when the service has it."""

    name: str
    label: str
    type: FieldType
    value: Value | None
    personal: bool = False
    unclear: bool = False
    references: str | None = None
    since: datetime | None = None

    @property
    def is_there(self) -> bool:
        """True where there is a value, or where what was sent as one cannot be told."""
        return self.value is not None or self.unclear


@dataclass(frozen=True, slots=True)
class Items:
    """The items of one collection, each with its id and values."""

    name: str
    label: str
    items: tuple[tuple[str, tuple[Told, ...]], ...]


@dataclass(frozen=True, slots=True)
class Applied:
    """A rule that is applied to records of this kind. `acts`: it did or does something with this one."""

    rule: str
    title: str
    stage: str
    owner: str
    legal_basis: str
    articles: tuple[str, ...]
    acts: bool
    deletes: bool
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody outside who gets data, as the configuration knows them."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Processing:
    """What Art. 15(1) asks for besides the data: purposes and grounds, recipients, storage, source, automation."""

    rules: tuple[Applied, ...]
    recipients: tuple[Recipient, ...]
    retention: Mapping[str, str]
    source: str | None

    @property
    def acting(self) -> tuple[Applied, ...]:
        """The rules that did or do something with the record."""
        return tuple(one for one in self.rules if one.acts)


@dataclass(frozen=True, slots=True)
class Report:
    """All about one record. `rows` are, by kind, what was decided and noted about it, in the words of the store."""

    entity: str
    id: str
    made_at: datetime
    language: str
    place: Place
    bin_until: datetime | None
    fields: tuple[Told, ...]
    collections: tuple[Items, ...]
    consents: tuple[tuple[str, str, str], ...]
    rows: Mapping[str, tuple[Row, ...]]
    processing: Processing

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON has it: instants as ISO 8601, whole numbers without a point."""
        about = {name: getattr(self, name) for name in ("entity", "id", "made_at", "language", "place", "bin_until")}
        names = ("purpose", "legal_basis", "state")
        document = {
            "format": FORMAT,
            **about,
            "fields": [_value(one) for one in self.fields],
            "collections": {one.name: [_item(*item) for item in one.items] for one in self.collections},
            "consents": [dict(zip(names, one, strict=True)) for one in self.consents],
            **self.rows,
            "processing": _processing(self.processing),
        }
        found: dict[str, Any] = as_plain(document)
        return found


def as_plain(value: object) -> Any:
    """Return a value with all that it is made of as JSON has it."""
    if isinstance(value, Mapping):
        return {str(key): as_plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [as_plain(one) for one in value]
    return plain(value) if isinstance(value, date | datetime | Decimal) else value


def _value(one: Told) -> dict[str, object]:
    told = {name: getattr(one, name) for name in ("name", "label", "value", "personal", "unclear", "references")}
    return told | {"type": one.type.value, "since": one.since}


def _item(item_id: str, values: tuple[Told, ...]) -> dict[str, object]:
    return {"id": item_id} | {one.name: one.value for one in values if one.value is not None}


def _processing(one: Processing) -> dict[str, object]:
    names = ("rule", "title", "stage", "owner", "legal_basis", "articles", "acts", "deletes")
    rules = [
        {name: getattr(rule, name) for name in names} | {"words": [section.as_json() for section in rule.sections]}
        for rule in one.rules
    ]
    return {
        "rules": rules,
        "recipients": [asdict(each) for each in one.recipients],
        "retention": one.retention,
        "source": one.source,
        "automated_decisions": {
            "rules": [rule.rule for rule in one.acting],
            "irreversible": [rule.rule for rule in one.acting if rule.deletes],
        },
    }
