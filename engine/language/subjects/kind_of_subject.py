"""What a subject's entry says: its key, its further keys, and how it is read."""

from collections.abc import Callable
from collections.abc import Mapping as Map
from dataclasses import dataclass
from enum import Enum

from engine.language.criteria import Group, Subject
from engine.language.kinds import Kind
from engine.language.scope import Scope
from engine.language.source import Mapping, Scalar

# The scope, the subject's value, and the whole block for further keys; None with problems noted.
Read = Callable[[Scope, Scalar, Mapping], Subject | Group | None]


class Named(Enum):
    """What the value of a subject's key names."""

    FIELD = "a field"
    OWN_FIELD = "a field of the record itself"
    COLLECTION = "a collection"
    ITEM_NUMBER = "a number of items, as collection.field"
    DATES = "a list of dates"
    PARTS = "a list of criteria with points"
    WORD = "a word"


# What the further keys of subjects say, for the reference.
FURTHER_KEYS: Map[str, str] = {
    "where": "only such items: item fields with a value or a list of values, or a list of criteria on the item",
    "in_last": "only items dated within a duration before now",
    "in_next": "only items dated within a duration after now",
    "since": "only items dated from a date of the record, up to now: `{field: …}` or `{changed: …}`",
    "missing": "`skip`: missing dates are left out; the default, except where the rule deletes",
    "for_at_least": "only where the case of the other rule has been open for a duration",
}


@dataclass(frozen=True, slots=True)
class SubjectKind:
    """One subject that rules can write: what its key names, the kind of its value, and its further keys.

    Without a kind it is that of the field that is named. `about` says for the reference what the value is.
    """

    key: str
    read: Read
    kind: Kind | None
    named: Named = Named.WORD
    further: tuple[str, ...] = ()
    about: str = ""

    @property
    def takes_list(self) -> bool:
        """True when the key's value is a list rather than a word."""
        return self.named in {Named.DATES, Named.PARTS}
