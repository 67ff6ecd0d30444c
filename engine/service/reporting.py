"""Reporting: gathers all that the service holds and has decided about one record."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from actions.schedule_deletion import ScheduleDeletion
from engine.language.description import Describer, Section
from engine.language.rule import Rule, Rulebook
from engine.language.subjects.consent import standing
from engine.model.entity import Entity, Field
from engine.model.facts import Facts, Value
from engine.model.names import COLLECTIONS, FIELDS
from engine.model.snapshot import read_snapshot
from engine.service.alert_text import message_of
from engine.service.config import Settings
from engine.service.effects import CONFIRMATION, REMINDER, WARNING
from engine.service.installation import Installation
from engine.service.report.document import Applied, Items, Place, Processing, Recipient, Report, Row, Told
from engine.service.scene import Scene
from engine.store import alerts, cases, dossier
from engine.store.database import Connection
from engine.store.dossier import Binned, Whose
from engine.store.facts import Records
from engine.store.schema import Store
from engine.store.tombstones import Tombstones
from engine.vocabulary.calendar import Moment
from engine.vocabulary.tongue import LANGUAGES, TONGUES, Tongue
from engine.vocabulary.wording import Wording

# The sections of a rule's description that say what is decided, and how.
DESCRIBED = ("check", "criteria", "then", "when_no_longer", "deadline")
DECIDING = ("cases", "case_moves", "selections", "selection_moves", "alerts", "messages", "deletions", "reviews")


@dataclass(frozen=True, slots=True)
class Reporter:
    """All that a report is made from."""

    installation: Installation
    store: Store
    rulebook: Rulebook
    tombstones: Tombstones | None

    @classmethod
    def of(cls, scene: Scene) -> "Reporter":
        """Return the reporter of a scene."""
        return cls(scene.installation, scene.store, scene.rulebook, scene.tombstones)

    def report(
        self, connection: Connection, entity: str, record_id: str, moment: Moment, language: str = ""
    ) -> Report | None:
        """Return the report about a record, in a language or the record's own; None where nothing is known of it."""
        records, shape = Records(self.store.tables, self.store.zone), self.store.tables.model.entity(entity)
        key = records.key_of(connection, entity, record_id)
        kept = None if key is not None else dossier.in_bin(connection, entity, record_id)
        whose = Whose(entity, record_id, key if kept is None else kept.record)
        found = dossier.read(connection, whose)
        facts = self._facts(connection, shape, key, kept)
        if facts is None and dossier.is_empty(found):
            return None
        told = facts or Facts(record_id, {})
        tongue = TONGUES[language if language in TONGUES else self.language_of(told)]
        rows = self._rows(connection, whose, found, tongue)
        return Report(
            entity,
            record_id,
            moment.now,
            tongue.language,
            _place(facts, kept),
            kept.until if kept else None,
            tuple(_told(shape.fields.values(), told.values, tongue, told)),
            tuple(_collections(shape, told, tongue)),
            standing(told, moment),
            rows,
            self._processing(connection, entity, told, rows, tongue),
        )

    def receipts(self, connection: Connection, entity: str, record_id: str) -> tuple[Row, ...]:
        """Return the receipts of what was erased of a record, the oldest first."""
        if self.tombstones is None:
            return ()
        return tuple(dossier.receipts(connection, self.tombstones.id_hash(entity, record_id)))

    def language_of(self, facts: Facts) -> str:
        """Return the language that a record asks for, where it is spoken here; else the first configured one that is.

        English where none is.
        """
        wanted = (facts.value(("language",)), *self.installation.settings.languages)
        return next((str(one) for one in wanted if one in TONGUES), LANGUAGES[0])

    def _facts(self, connection: Connection, shape: Entity, key: int | None, kept: Binned | None) -> Facts | None:
        if kept is not None:
            return read_snapshot(shape, kept.snapshot, self.store.zone, ignore_unknown=True).as_facts()
        return Records(self.store.tables, self.store.zone).facts(connection, shape.name, key) if key else None

    def _rows(
        self, connection: Connection, whose: Whose, found: Mapping[str, list[Row]], tongue: Tongue
    ) -> dict[str, tuple[Row, ...]]:
        """Return what was decided and noted, by kind, with the titles of rules in a tongue."""
        moves: dict[int, list[Row]] = defaultdict(list)
        for move in found["deletion_moves"]:
            moves[move["deletion"]].append(_move(move))
        ruled = {kind: [self._ruled(row, tongue) | TELLING[kind](row) for row in found[kind]] for kind in TELLING}
        told: dict[str, tuple[Row, ...]] = {kind: tuple(rows) for kind, rows in ruled.items()}
        told["messages"] = tuple(
            one | self._call(row) for one, row in zip(ruled["messages"], found["messages"], strict=True)
        )
        told["deletions"] = tuple(one | {"history": tuple(moves[one["id"]])} for one in ruled["deletions"])
        told["alerts"] = tuple(self._alerts(connection, whose, tongue))
        for kind in ("holds", "restrictions", "permissions", "events"):
            told[kind] = tuple(found[kind])
        told["recipients_told"] = tuple(found["told"])
        told["receipts"] = self.receipts(connection, whose.entity, whose.id)
        return told

    def _ruled(self, row: Row, tongue: Tongue) -> dict[str, Any]:
        title = Wording(row["title"]).in_language(tongue.language, *self.installation.settings.languages)
        return {"rule": row["rule_id"], "title": title or row["rule_id"]}

    def _call(self, row: Row) -> dict[str, Any]:
        """Return what a message or call was to be: its verb, and to whom it goes where it goes to somebody."""
        rule = self.rulebook.rules.get(row["rule_id"])
        if row["part"] == REMINDER:
            return {"what": REMINDER, "to": rule.owner if rule else None}
        call = rule.call_of(row["part"], row["call"]) if rule else None
        said = _about_deletion(call, row["part"]) if isinstance(call, ScheduleDeletion) else call
        return {"what": call.verb if call else None, "to": getattr(said, "to", None)}

    def _alerts(self, connection: Connection, whose: Whose, tongue: Tongue) -> Iterator[Row]:
        if whose.key is None:
            return
        languages, tables = self.installation.settings.languages, self.store.tables
        records = Records(tables, self.store.zone)
        for one in alerts.raised(connection, tables, record=(whose.entity, whose.key), with_lowered=True):
            yield {
                "rule": one.rule,
                "title": Wording(one.definition["title"]).in_language(tongue.language, *languages),
                "severity": one.severity,
                "message": message_of(one, records, connection, languages),
                "blocks": one.blocks,
                "since": one.since,
                "lowered_at": one.lowered_at,
            }

    def _processing(
        self, connection: Connection, entity: str, facts: Facts, rows: Mapping[str, tuple[Row, ...]], tongue: Tongue
    ) -> Processing:
        settings, source = self.installation.settings, facts.value(("data_source",))
        stages, acting = dossier.stages(connection, entity), _acting(rows)
        languages, channels = settings.languages, frozenset(settings.channels)
        describer = Describer(self.rulebook, self.installation.model, settings.zone, tongue, languages, channels)
        rules = tuple(
            _applied(rule, describer, stages.get(rule.id, rule.stage), acts=rule.id in acting)
            for rule in self.rulebook.rules.values()
            if rule.entity == entity and stages.get(rule.id, rule.stage) != "off"
        )
        kept = {one.name: str(getattr(settings.retention, one.name)) for one in fields(settings.retention)}
        return Processing(rules, known_recipients(settings), kept, source if isinstance(source, str) else None)


def known_recipients(settings: Settings) -> tuple[Recipient, ...]:
    """Return who outside gets data, as the configuration knows them."""
    crm = [Recipient("crm", "crm")] if settings.crm else []
    webhooks, channels = sorted(settings.webhooks), sorted(settings.channels)
    return (*crm, *(Recipient(one, "webhook") for one in webhooks), *(Recipient(one, "channel") for one in channels))


def _about_deletion(call: ScheduleDeletion, part: str) -> object:
    """Return the warning or the confirmation that a message about a deletion is."""
    number = part.removeprefix(f"{WARNING}-")
    if part == CONFIRMATION:
        return call.confirm
    return call.warn[int(number)] if number.isdecimal() and int(number) < len(call.warn) else None


def _place(facts: Facts | None, kept: Binned | None) -> Place:
    if kept is not None:
        return "recycle_bin"
    return "traces" if facts is None else "store"


def _acting(rows: Mapping[str, tuple[Row, ...]]) -> frozenset[str]:
    """Return the rules that have done something with a record, as far as is still known."""
    decided = (row for kind in DECIDING for row in rows[kind])
    return frozenset(row["rule"] for row in decided if row.get("takes_effect", True))


def _told(shape: Any, values: Mapping[str, Value | None], tongue: Tongue, facts: Facts | None = None) -> Iterator[Told]:
    one: Field
    for one in shape:
        label = _named(FIELDS, one.name, tongue)
        unclear, since = (one.name in facts.unclear, facts.changed.get(one.name)) if facts else (False, None)
        yield Told(one.name, label, one.type, values.get(one.name), one.personal, unclear, one.references, since)


def _collections(shape: Entity, facts: Facts, tongue: Tongue) -> Iterator[Items]:
    for name, collection in shape.collections.items():
        items = tuple(
            (item.id, tuple(_told(collection.fields.values(), item.values, tongue))) for item in facts.items(name)
        )
        yield Items(name, _named(COLLECTIONS, name, tongue), items)


def _named(names: Mapping[str, Wording], name: str, tongue: Tongue) -> str:
    known = names.get(name)
    text = known.in_language(tongue.language) if known else name.replace("_", " ").replace("-", " ")
    return text[:1].upper() + text[1:]


def _applied(rule: Rule, describer: Describer, stage: str, *, acts: bool) -> Applied:
    sections: tuple[Section, ...] = ()
    if acts:  # the others are named only, and describing takes most of what a report does
        sections = tuple(one for one in describer.describe(rule).sections if one.name in DESCRIBED)
    title = rule.title.in_language(describer.tongue.language, *describer.languages)
    return Applied(rule.id, title, stage, rule.owner, rule.legal_basis, rule.articles, acts, rule.deletes, sections)


def _case(row: Row) -> dict[str, Any]:
    state = cases.state_of(row["opened_at"], row["true_since"])
    return {
        "state": state,
        "in_doubt": row["undecided"],
        "since": row["opened_at"] or row["true_since"],
        "at_risk_at": row["at_risk_at"],
        "late_at": row["late_at"],
        "takes_effect": row["stage"] == "live",
    }


def _message(row: Row) -> dict[str, Any]:
    return {"id": row["key"]} | {
        name: row[name] for name in ("state", "reason", "created_at", "not_before", "ended_at")
    }


def _deletion(row: Row) -> dict[str, Any]:
    instants = ("scheduled_at", "due_at", "ordered_at", "bin_until", "ended_at")
    return {"id": row["key"]} | {name: row[name] for name in ("state", "reason", "how", "purposes", *instants)}


def _move(row: Row) -> dict[str, Any]:
    return {
        "state": row["state"],
        "reason": row["reason"],
        "at": row["moved_at"],
        "by_a_person": row["by"] is not None,
    }


def _review(row: Row) -> dict[str, Any]:
    return {"id": row["key"]} | {
        name: row[name] for name in ("state", "answer", "reason", "asked_at", "due_at", "ended_at")
    }


# How each kind of decision is told; the rule and its title come with each.
TELLING: Mapping[str, Callable[[Row], dict[str, Any]]] = {
    "cases": _case,
    "case_moves": lambda row: {
        "moved": "opened" if row["entered"] else "closed", "at": row["moved_at"],
        "takes_effect": row["stage"] == "live",
    },
    "selections": lambda row: {"selection": row["selection"], "since": row["since"]},
    "selection_moves": lambda row: {
        "selection": row["selection"], "moved": "joined" if row["joined"] else "left", "at": row["moved_at"],
    },
    "messages": _message,
    "deletions": _deletion,
    "reviews": _review,
}  # fmt: skip
