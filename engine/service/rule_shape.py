"""The shape of one rule, as the API and commands show it: how it is, what it counts, and what it does in words."""

from typing import Any

from engine.language.description import Describer
from engine.language.rule import Rule
from engine.service.console.health import RuleHealth
from engine.store.registry import Registered


def shown(found: RuleHealth, describer: Describer) -> dict[str, Any]:
    """Return a rule with its words in the describer's tongue; of one that is gone, what is stored."""
    rule, stored = found.rule, found.stored
    return {
        "rule": found.id,
        **_what(rule, stored, describer),
        "state": stored.state if stored else None,
        "health": found.health,
        "health_reason": found.reason,
        "waits_for_promotion": found.waits_for_promotion,
        "promoted": stored.promoted if stored else None,
        "paused": pause_of(stored),
        "matched": found.matched,
        "undecided": found.undecided,
        "evaluated_at": stored.evaluated_at if stored else None,
        "words": _words(rule, describer) if rule else None,
    }


def pause_of(stored: Registered | None) -> dict[str, object] | None:
    """Return by what a rule is paused, since when and why; None where it is not."""
    if stored is None or not (stored.paused or stored.paused_at):
        return None
    by_person = stored.paused_at is not None
    return {"by": "person" if by_person else "limit", "since": stored.paused_at, "reason": stored.pause_reason}


def _what(rule: Rule | None, stored: Registered | None, describer: Describer) -> dict[str, Any]:
    if rule is not None:
        title = rule.title.in_language(describer.tongue.language, *describer.languages)
        return {"title": title, "entity": rule.entity, "stage": rule.stage, "version": rule.version}
    if stored is None:
        raise AssertionError("a rule is written or stored")
    return {"title": stored.id, "entity": stored.entity, "stage": stored.stage, "version": stored.version}


def _words(rule: Rule, describer: Describer) -> dict[str, Any]:
    described = describer.describe(rule)
    sections = [one.as_json() for one in described.sections]
    return {"language": describer.tongue.language, "fingerprint": described.fingerprint, "sections": sections}
