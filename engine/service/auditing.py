"""Auditing: every stored verdict derived again by an independent road, and compared. Reads only, and repairs nothing.

Imported where Polars is installed (`ansgar[audit]`) and nowhere else.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from time import perf_counter

from engine.evaluate.columnar.auditor import Auditor, Evaluated
from engine.evaluate.columnar.changed_since import ChangeLog
from engine.evaluate.columnar.frames import CASE_SCHEMA, CHANGE_SCHEMA, Frame, Frames, framed
from engine.language.columns_needed import columns_needed
from engine.language.rule import Rule, Rulebook
from engine.service.activation import in_effect
from engine.service.audit import Audit, AuditedRule
from engine.service.audit_scope import AuditScope
from engine.service.installation import Installation
from engine.store import changes, following, registry
from engine.store.column_reading import bits_of, read_cases, read_changes, read_columns
from engine.store.database import Connection
from engine.store.registry import Registered
from engine.store.schema import Store
from engine.vocabulary.calendar import Moment


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was read in one snapshot of the store: all that verdicts are made of, and the verdicts."""

    auditor: Auditor
    rules: tuple[tuple[Rule, Registered], ...]
    not_audited: Mapping[str, str]

    def findings(self, moment: Moment) -> Iterator[AuditedRule]:
        """Give what comes of each rule; the zone and the working days of its evaluation are those of a moment."""
        evaluated = [
            Evaluated(rule, replace(moment, now=stored.evaluated_at), stored.seen)
            for rule, stored in self.rules
            if stored.evaluated_at is not None and stored.seen is not None  # those that lack them are not audited
        ]
        found = self.auditor.audit(evaluated)
        for one in evaluated:
            yield AuditedRule(one.rule.id, one.rule.stage, one.rule.version, one.moment.now, found[one.rule.id])


def audit(installation: Installation, store: Store, written: Rulebook, moment: Moment) -> Audit:
    """Return what comes of deriving all stored verdicts again, each as of its rule's last evaluation.

    `moment` is when that happens; its zone and working days are those of the evaluations, too. The snapshot of the
    store is left before anything is derived.
    """
    started = perf_counter()
    with store.database.reading() as connection:
        evidence = read_evidence(installation, store, written, connection)
    read = perf_counter()
    found = tuple(evidence.findings(moment))
    return Audit(moment.now, (read - started, perf_counter() - read), found, evidence.not_audited)


def read_evidence(installation: Installation, store: Store, written: Rulebook, connection: Connection) -> Evidence:
    """Return all that an audit of a rulebook, as its files are written, looks at."""
    known = registry.registered(connection)
    rules = in_effect(installation, written, known).rules
    not_audited = AuditScope(
        rules, known, changes.pruned_to(connection), following.last_moves(connection)
    ).not_audited()
    chosen = tuple((rule, known[name]) for name, rule in rules.items() if name not in not_audited)
    frames = read_frames(connection, store, [rule for rule, _ in chosen])
    keys = {one.id: one.key for one in known.values() if one.evaluated_version is not None}
    entries = framed(CHANGE_SCHEMA, read_changes(connection, min((one.seen or 0 for _, one in chosen), default=0)))
    bits = {entity: bits_of(connection, entity) for entity in store.tables.model.entities}
    cases = _cases(connection, [rule for rule, _ in chosen], keys)
    return Evidence(Auditor(frames, cases, ChangeLog(frames, entries, bits), keys, rules), chosen, not_audited)


def _cases(connection: Connection, rules: list[Rule], keys: Mapping[str, int]) -> dict[str, Frame]:
    """Return, by entity, the cases of rules and of those that they read."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for rule in rules:
        wanted[rule.entity] |= {keys[name] for name in (rule.id, *rule.sources) if name in keys}
    return {entity: framed(CASE_SCHEMA, read_cases(connection, sorted(those))) for entity, those in wanted.items()}


def read_frames(connection: Connection, store: Store, rules: list[Rule]) -> Frames:
    """Return the columns that rules need, and no others; texts also as they are compared without case."""
    frames = Frames(store.tables.model)
    needed = columns_needed(store.tables.model, [(rule.entity, rule.predicate) for rule in rules])
    for source, names in sorted(needed.columns.items()):  # the records of an entity before what belongs to them
        frames.put(source, names, read_columns(connection, store.tables, source, names))
    for source, name in sorted(needed.folded):
        frames.column(source, name, folded=True)
    return frames
