"""Activation: a loaded rulebook becomes the one that holds, each rule in the stage that it may have.

Everything that evaluates or acts takes its rulebook from here. With `approvals: {plan_before_live: true}` a rule whose
file says `stage: live` stays in watch until its version is promoted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from actions.raise_alert import RaiseAlert
from engine.language.event_pattern import watched_fields
from engine.language.rule import Rule, Rulebook, Stage
from engine.service.installation import Installation
from engine.service.recording import ANSGAR, record_all
from engine.store import registry
from engine.store.chain import Act
from engine.store.database import Connection
from engine.store.registry import Entry, Registered

LIVE: Stage = "live"
WATCH: Stage = "watch"


def activated(
    installation: Installation, connection: Connection, written: Rulebook, now: datetime
) -> tuple[Rulebook, dict[str, int]]:
    """Make a rulebook, as its files are written, the one that holds; return it so, and the keys of its rules."""
    with_plan, revision = installation.settings.approvals.plan_before_live, registry.revision(connection)
    kept = connection.info.get(registry.REVISION)
    if kept is not None and kept.written is written and (kept.with_plan, kept.revision) == (with_plan, revision):
        return kept.active, kept.keys
    active, keys = _activate(installation, connection, written, now)
    if registry.revision(connection) == revision:
        connection.info[registry.REVISION] = Activated(written, active, keys, revision, with_plan)
    return active, keys


@dataclass(frozen=True, slots=True)
class Activated:
    """A rulebook that holds already, kept beside the connection: nothing is to be compared until either changes."""

    written: Rulebook
    active: Rulebook
    keys: dict[str, int]
    revision: int
    with_plan: bool


def _activate(
    installation: Installation, connection: Connection, written: Rulebook, now: datetime
) -> tuple[Rulebook, dict[str, int]]:
    known = registry.registered(connection)
    active = in_effect(installation, written, known)
    entries = [
        Entry(
            rule.id,
            rule.entity,
            rule.stage,
            rule.version,
            rule.selection,
            _definition(rule),
            _promoted(installation, written.rules[rule.id], known.get(rule.id)),
            _watched(rule),
            rule.edited_by or None,
        )
        for rule in active.rules.values()
    ]
    record_all(installation, connection, _changes(entries, known), now)
    return active, registry.activate(connection, entries, now, known)


def _changes(entries: Sequence[Entry], known: Mapping[str, Registered]) -> list[Act]:
    """Return what the audit chain is told: each rule that is new, returns, changes its version or stage, or is gone."""
    present = {entry.id for entry in entries}
    awake = {rule.id: rule for rule in known.values() if rule.state == registry.ACTIVE}
    told = [
        Act(ANSGAR, "rule.activated", entry.id, entry.version, "", {"stage": entry.stage})
        for entry in entries
        if entry.id not in awake or (awake[entry.id].stage, awake[entry.id].version) != (entry.stage, entry.version)
    ]
    gone = [rule for rule in awake.values() if rule.id not in present]
    return told + [Act(ANSGAR, "rule.gone", rule.id, rule.version, "", {"stage": rule.stage}) for rule in gone]


def in_effect(installation: Installation, written: Rulebook, known: Mapping[str, Registered]) -> Rulebook:
    """Return a rulebook, as its files are written, in the stages that hold."""
    waiting = awaiting_promotion(installation, written, known)
    if not waiting:
        return written
    rules = {name: replace(rule, stage=WATCH) if name in waiting else rule for name, rule in written.rules.items()}
    return replace(written, rules=rules)


def awaiting_promotion(
    installation: Installation, written: Rulebook, known: Mapping[str, Registered]
) -> dict[str, frozenset[str]]:
    """Return the rules that are live by their file alone, each with the rules that it reads and that wait like it.

    A live rule may read live rules only, so it waits for those, also when its own version is promoted.
    """
    waiting: dict[str, frozenset[str]] = {}
    if not installation.settings.approvals.plan_before_live:
        return waiting
    for rule in written.rules.values():
        stored, sources = known.get(rule.id), rule.sources & waiting.keys()
        is_promoted = stored is not None and stored.promoted == rule.version
        if rule.stage == LIVE and (sources or not is_promoted):
            waiting[rule.id] = sources
    return waiting


def _promoted(installation: Installation, written: Rule, stored: Registered | None) -> str | None:
    """Return the version that may be live from now on.

    Where no plan is asked for, being live is enough, so asking for plans later stops nothing that runs. A rule whose
    file no longer says live gives its promotion up: becoming live again is a change that somebody has to look at.
    """
    if written.stage != LIVE:
        return None
    if not installation.settings.approvals.plan_before_live:
        return written.version
    return stored.promoted if stored is not None else None


def _watched(rule: Rule) -> tuple[str, ...]:
    return tuple(sorted(watched_fields(rule.check.pattern))) if rule.check.pattern else ()


def _definition(rule: Rule) -> dict[str, object]:
    alerts = {
        str(index): dict(call.message.wording.texts)
        for index, call in rule.numbered_calls()
        if isinstance(call, RaiseAlert)
    }
    return {"title": dict(rule.title.texts), "alerts": alerts}
