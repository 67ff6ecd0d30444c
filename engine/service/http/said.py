"""What a request says: the JSON object of a body, each key checked before anything is decided by it."""

from collections.abc import Iterable
from typing import Any, TypeGuard

from engine.model.snapshot import MOST_FAULTS, Refusal, Refused, escaped, read_json
from engine.model.values import is_storable
from engine.vocabulary.problem import nearest_or_all

MOST_IDS = 10_000
LONGEST_TEXT = 2_000


def said(raw: bytes, *known: str) -> dict[str, Any]:
    """Return the JSON object of a body; raises Refused where it is none, or has a key that is not known."""
    found = read_json(raw) if raw.strip() else {}
    if not isinstance(found, dict):
        raise Refused([Refusal("", "a JSON object was expected")])
    unknown = [key for key in found if key not in known][:MOST_FAULTS]
    if unknown:
        raise Refused([Refusal(f"/{escaped(key)}", nearest_or_all(key, known)) for key in unknown])
    return found


def text(found: dict[str, Any], key: str, *, needed: bool = False) -> str:
    """Return a text; empty where it is not there and not needed."""
    value = found.get(key, "")
    if not is_text(value) or len(value) > LONGEST_TEXT or (needed and not value.strip()):
        raise Refused([Refusal(f"/{key}", f"a text of {LONGEST_TEXT:,} characters at most was expected")])
    return value


def is_text(value: object) -> TypeGuard[str]:
    """True for a text that every store can keep, and an answer repeat: without NUL and lone surrogates."""
    return isinstance(value, str) and "\0" not in value and is_storable(value)


def ids(found: dict[str, Any], key: str = "ids") -> list[int]:
    """Return a list of whole numbers; empty where there is none."""
    value = found.get(key, [])
    is_list = isinstance(value, list) and len(value) <= MOST_IDS
    if not is_list or not all(isinstance(one, int) and not isinstance(one, bool) for one in value):
        raise Refused([Refusal(f"/{key}", f"a list of {MOST_IDS:,} ids at most was expected, such as [17, 18]")])
    return list(value)


def texts_of(raw: bytes, *, required: Iterable[str] = (), optional: Iterable[str] = ()) -> dict[str, str]:
    """Return the texts of a JSON object by their keys; raises Refused with a pointer for every fault."""
    needed, known = tuple(required), {*required, *optional}
    found = said(raw, *sorted(known))
    faults = [Refusal(f"/{name}", "this is needed") for name in needed if name not in found]
    faults += [Refusal(f"/{name}", "a text was expected") for name in known & found.keys() if not is_text(found[name])]
    if faults:
        raise Refused(faults)
    return {name: str(text) for name, text in found.items()}
