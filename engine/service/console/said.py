"""Said: what people write into forms: why they decide something, and which of several they mean."""

from engine.service.console.sessions import Form
from engine.service.http.paging import LARGEST
from engine.service.http.problems import HttpProblem
from engine.service.http.said import LONGEST_TEXT, MOST_IDS

DIGITS = len(str(LARGEST))


def reason_of(form: Form) -> str:
    """Return the reason of a form; raises HttpProblem where none is written, or a very long one."""
    reason = form.text("reason")
    if not reason or len(reason) > LONGEST_TEXT:
        raise HttpProblem(422, "refused", f"say why: a reason of {LONGEST_TEXT:,} characters at most is needed")
    return reason


def keys_of(form: Form, name: str) -> list[int]:
    """Return the ids of those that were chosen; raises HttpProblem where what was sent is none, or too many."""
    found = form.texts(name)
    is_fit = len(found) <= MOST_IDS and all(one.isascii() and one.isdigit() and len(one) <= DIGITS for one in found)
    keys = [int(one) for one in found] if is_fit else []
    if not keys or max(keys) > LARGEST:
        raise HttpProblem(422, "refused", f"choose at least one, and {MOST_IDS:,} at most")
    return keys
