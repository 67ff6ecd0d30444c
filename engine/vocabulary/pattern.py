"""Regular expressions: RE2 only, which takes linear time whatever the pattern and the text (the one door to re2)."""

from functools import lru_cache

MEMORY_LIMIT = 1 << 20  # bytes that a compiled pattern may take


class PatternError(ValueError):
    """A pattern that RE2 does not take; its text says why."""


@lru_cache(maxsize=512)
def compiled(pattern: str, exact: bool) -> object:
    """Return the compiled pattern; raises PatternError where RE2 refuses it."""
    import re2  # noqa: PLC0415 - few rules have patterns, and it is slow to load

    options = re2.Options()
    options.case_sensitive = exact
    options.max_mem = MEMORY_LIMIT
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0].decode() if error.args and isinstance(error.args[0], bytes) else str(error)
        raise PatternError(reason) from None


def matches(text: str, pattern: str, *, exact: bool) -> bool:
    """True when the pattern is found anywhere in the text, ignoring case unless exact."""
    return compiled(pattern, exact).search(text) is not None  # type: ignore[attr-defined]  # re2 carries no types
