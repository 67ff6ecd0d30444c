"""Shapes of deletions: how one, and a set that waits for an approval, look in documents and answers."""

from typing import Any

from engine.store.approvals import Request
from engine.store.deletions import Deletion


def shown(one: Deletion) -> dict[str, Any]:
    """Return a deletion as it is printed."""
    return {
        "id": one.key,
        "contact": one.contact,
        "rule": one.rule,
        "state": one.state,
        "due_at": one.due_at,
        "reason": one.reason,
    }


def batch(one: Request) -> dict[str, Any]:
    """Return what waits for an approval as it is printed."""
    return {
        "batch": one.key,
        "rule": one.rule,
        "version": one.version,
        "deletions": list(one.deletions),
        "digest": one.digest,
        "said": list(one.said),
        "asked_at": one.asked_at,
        "answer_by": one.answer_by,
        "state": one.state,
    }
