"""The audit's road: the one door to what needs the extra `ansgar[audit]`, opened when an audit is made."""

from collections.abc import Callable
from importlib.util import find_spec

from engine.language.rule import Rulebook
from engine.service.audit import Audit
from engine.service.config_keys import ConfigError
from engine.service.installation import Installation
from engine.store.schema import Store
from engine.vocabulary.calendar import Moment

Audits = Callable[[Installation, Store, Rulebook, Moment], Audit]
MISSING = (
    "an audit needs Polars, which is not installed: install the extra with `pip install 'ansgar[audit]'`, "
    "into the environment of this command"
)


def is_open() -> bool:
    """True where the extra is installed."""
    return find_spec("polars") is not None


def road() -> Audits:
    """Return what makes an audit; raises ConfigError where the extra is missing."""
    if not is_open():
        raise ConfigError(MISSING)
    from engine.service.auditing import audit  # noqa: PLC0415 - where the extra is missing, so is this

    return audit
