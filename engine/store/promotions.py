"""Promotions: which version of a rule may be live, and what people said for it."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, func, literal, select, update

from engine.store import registry
from engine.store.columns import Text
from engine.store.tables import RULE


@dataclass(frozen=True, slots=True)
class Promotion:
    """What was said for a plan: its digest, by whom, why, and when last."""

    plan: str
    by: tuple[str, ...]
    reason: str
    at: str


def said(connection: Connection, key: int) -> Promotion | None:
    """Return what was last said for a rule, whether or not that was enough to promote it."""
    found = connection.execute(select(RULE.c.promotion).where(RULE.c.key == key)).scalar_one()
    return None if found is None else Promotion(**json.loads(found))


def say(connection: Connection, key: int, plan: str, word: tuple[str, str], now: datetime) -> tuple[str, ...]:
    """Write that somebody (who, why) wants a plan to come true; return all who have said so of this very plan."""
    who, reason = word
    before = said(connection, key)
    others = before.by if before is not None and before.plan == plan else ()
    by = tuple(dict.fromkeys((*others, who)))
    words = json.dumps(asdict(Promotion(plan, by, reason, now.isoformat())), ensure_ascii=False)
    connection.execute(update(RULE).where(RULE.c.key == key).values(promotion=words))
    return by


def promote(connection: Connection, key: int, version: str, first: str | None) -> None:
    """Let a version of a rule be live. Where its text names no editor, that is who spoke for it `first`, if known."""
    registry.revise(connection)
    editor = func.coalesce(RULE.c.editor, literal(first, Text()))
    connection.execute(update(RULE).where(RULE.c.key == key).values(promoted=version, editor=editor))
