"""The section of the configuration that says who is told when something waits for a person."""

from dataclasses import dataclass

from engine.language.audience import Audience
from engine.service import config_values as read
from engine.service.config_keys import Fault, key, optional
from engine.vocabulary.problem import nearest_or_all


@dataclass(frozen=True, slots=True)
class NoticesSection:
    """Who is told besides the owner of a rule, and after how long again of the same; never, where that is null."""

    to: tuple[str, ...] = key(read.texts, ())
    repeat: str | None = key(optional(read.duration), None)


def nobody(names: tuple[str, ...], audience: Audience) -> list[Fault]:
    """Return a fault for each name that no person, role or channel has."""
    known = audience.colleagues | audience.channels
    wrong = (name for name in names if name not in known)
    return [Fault(("notices", "to"), f"nobody is called `{name}`; {nearest_or_all(name, known)}") for name in wrong]
