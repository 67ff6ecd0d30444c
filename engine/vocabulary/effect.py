"""Effects: what an action does to the world decides how it is guarded, never its name."""

from enum import Enum


class Effect(Enum):
    """How far an action reaches."""

    STATE = "state"
    REMOTE = "remote"
    IRREVERSIBLE = "irreversible"


MEANING = {
    Effect.STATE: "the service's own tables, in the transaction of the case: exactly once",
    Effect.REMOTE: "somebody is told: at least once under one idempotency key",
    Effect.IRREVERSIBLE: "something is destroyed: guarded, looked at again, limited",
}
