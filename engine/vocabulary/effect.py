"""Effects: what an action does to the world decides how it is guarded, never its name."""

from enum import Enum


class Effect(Enum):
    """How far an action reaches."""

    STATE = "state"  # the service's own tables, in the transaction of the case: exactly once
    REMOTE = "remote"  # somebody is told: at least once under one idempotency key
    IRREVERSIBLE = "irreversible"  # something is destroyed: guarded, re-checked, limited
