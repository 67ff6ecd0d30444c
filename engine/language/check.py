"""`check`: when a rule is looked at. Read here; carried out by the service's schedule and change events."""

from collections.abc import Mapping as Map
from dataclasses import dataclass, replace

from engine.language.event_pattern import EventPattern, term
from engine.language.event_pattern_text import read_event_pattern
from engine.language.scope import Scope
from engine.language.source import Mapping, Node, Scalar, Sequence
from engine.vocabulary.duration import Duration
from engine.vocabulary.occurrence import Schedule, ScheduleError, read_cron, read_every
from engine.vocabulary.problem import nearest_or_all

WHEN = ("created", "changed", "merged", "imported")
IF_MISSED = ("run_once", "skip")
# Each with what it says, for the reference.
KEYS: Map[str, str] = {
    "every": "`15 minutes`, `hour`, `day`, `weekday`, `week` or `month`",
    "at": 'with `every`: `"03:00"`, `"Sunday 03:30"`, `"15 03:00"`, `"last 03:00"`, in the configured time zone',
    "cron": "five fields, as cron reads them; Sunday is 0",
    "when": "a list of `created`, `changed`, `merged`, `imported`",
    "when_changed": "a list of fields and collections, or `auto`: whatever `if` reads",
    "when_event": "an event pattern",
    "when_asked": "a name: only when a person or the API asks; with no other key",
    "if_missed": "`run_once` (default) or `skip`: what becomes of schedules missed while the service was down",
}
AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Check:
    """When to look: always, on a schedule, on kinds of change, on change of what is named, or on a pattern of events.

    `changed` holds fields and collections; None stands for `auto`, everything that the rule reads.
    """

    always: bool = False
    schedule: Schedule | None = None
    when: frozenset[str] = frozenset()
    changed: frozenset[str] | None = frozenset()
    if_missed: str = "run_once"
    pattern: EventPattern | None = None
    asked: str = ""  # what a person or the API asks for; then there is no other occasion

    @property
    def sole_pattern(self) -> EventPattern | None:
        """The pattern of events where that is the one occasion to look: who does not satisfy it stays as they were."""
        return None if self.schedule is not None or self.on_change else self.pattern

    @property
    def term(self) -> Duration | None:
        """How far back its pattern of events looks, if it has one that does."""
        return term(self.pattern) if self.pattern is not None else None

    @property
    def on_change(self) -> bool:
        """True when a change of a record can be an occasion to look."""
        return self.always or bool(self.when) or self.changed is None or bool(self.changed)


ALWAYS = Check(always=True, changed=None)
ASKED = Check()


def read_check(scope: Scope, node: Node) -> Check:
    """Return when a rule is looked at, with a problem noted for all that cannot be read."""
    block = scope.mapping(node, "`check`")
    if block is None:
        return ALWAYS
    for key, _ in block.entries:
        if key.text not in KEYS:
            scope.report("R101", key.place, f"unknown key `{key.text}` in `check`", nearest_or_all(key.text, KEYS))
    schedule = _schedule(scope, block)
    when, changed = _when(scope, block), _changed(scope, block)
    missed = block.get("if_missed")
    if missed is not None and not (isinstance(missed, Scalar) and missed.text in IF_MISSED):
        scope.report("R106", missed.place, f"`if_missed` is {' or '.join(IF_MISSED)}")
    asked = _asked(scope, block)
    if asked:
        return replace(ASKED, asked=asked)
    event = block.get("when_event")
    pattern = read_event_pattern(scope, event) if event is not None else None
    if schedule is None and not when and changed == frozenset() and pattern is None:
        return ALWAYS
    return Check(False, schedule, when, changed, missed.text if isinstance(missed, Scalar) else IF_MISSED[0], pattern)


def _asked(scope: Scope, block: Mapping) -> str:
    node = block.get("when_asked")
    word = scope.text(node, "`when_asked`") if node is not None else None
    others = [key for key, _ in block.entries if key.text not in {"when_asked", "if_missed"}]
    if word is not None and others:
        message = f"`{others[0].text}` beside `when_asked`"
        scope.report("R117", others[0].place, message, "a rule that is asked for has no other occasion; make two rules")
    return word.text if word is not None else ""


def _schedule(scope: Scope, block: Mapping) -> Schedule | None:
    every, at, cron = (block.get(key) for key in ("every", "at", "cron"))
    words = {key: scope.text(one, f"`{key}`") for key, one in (("every", every), ("at", at), ("cron", cron)) if one}
    if every is not None and cron is not None:
        scope.report("R117", cron.place, "`every` and `cron` in one check", "keep one of them")
    if at is not None and every is None:
        scope.report("R117", at.place, "`at` needs `every`", "add `every: day`")
    source = words.get("every") or words.get("cron")
    if source is None:
        return None
    try:
        return read_every(source.text, _text(words, "at")) if words.get("every") else read_cron(source.text)
    except ScheduleError as error:
        scope.report("R117", source.place, str(error))
        return None


def _text(words: Map[str, Scalar | None], key: str) -> str | None:
    word = words.get(key)
    return word.text if word else None


def _when(scope: Scope, block: Mapping) -> frozenset[str]:
    found = set()
    for word in _words(scope, block.get("when")):
        if word.text in WHEN:
            found.add(word.text)
        else:
            scope.report("R106", word.place, f"`{word.text}` cannot be", nearest_or_all(word.text, WHEN))
    return frozenset(found)


def _changed(scope: Scope, block: Mapping) -> frozenset[str] | None:
    names = _words(scope, block.get("when_changed"))
    if [name.text for name in names] == [AUTO]:
        return None
    known = tuple(scope.entity.changeable())
    for name in names:
        if name.text not in known:
            message = f"unknown field or collection `{name.text}` of {scope.entity.name}"
            scope.report("R103", name.place, message, nearest_or_all(name.text, (*known, AUTO)))
    return frozenset(name.text for name in names) & frozenset(known)


def _words(scope: Scope, node: Node | None) -> tuple[Scalar, ...]:
    if node is None:
        return ()
    items = node.items if isinstance(node, Sequence) else (node,)
    return tuple(word for item in items if (word := scope.text(item, "this")) is not None)
