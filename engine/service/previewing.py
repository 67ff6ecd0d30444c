"""Previewing: what the rulebook would be with an edited file: its problems, or what it would do. Nothing is saved."""

from dataclasses import dataclass
from pathlib import Path

from engine.language.load import Loaded
from engine.language.rule import Rule, Rulebook
from engine.language.source import read_file
from engine.service.installation import Installation
from engine.service.plan import Plan, PlannedRule
from engine.service.planning import plan
from engine.store.schema import Store
from engine.vocabulary.problem import Problem, Problems


@dataclass(frozen=True, slots=True)
class Preview:
    """What came of a text in place of a file: all problems, and, where nothing is wrong, what a run would do.

    `changed` are the rules that would do something else than they do now, in the order of the rulebook.
    """

    problems: tuple[Problem, ...]
    rulebook: Rulebook | None = None
    changed: tuple[PlannedRule, ...] = ()
    plan: Plan | None = None

    @property
    def errors(self) -> int:
        """How many of the problems keep the text from being used."""
        return sum(not one.is_warning for one in self.problems)


def file_of(installation: Installation, rule: Rule) -> str:
    """Return the name of a rule's file: below the rules folder, or as it was read."""
    path = Path(rule.place.source.name)
    folder = installation.rules_folder
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)


def text_of(installation: Installation, rule: Rule) -> str:
    """Return the text of a rule's file: as it is now, or as it was read, where it is not there any more."""
    path, folder = Path(rule.place.source.name), installation.rules_folder
    try:
        if path.is_relative_to(folder):
            return read_file(path, str(path), within=folder)
    except Problems:
        pass
    return "\n".join(rule.place.source.lines)


def checked(installation: Installation, rule: Rule, text: str) -> Loaded:
    """Return what comes of the rules folder with another text in place of a rule's file, tests included."""
    instead = {rule.place.source.name: text}
    return installation.loader().load_paths([installation.rules_folder], with_tests=True, instead=instead)


def preview(installation: Installation, store: Store, present: Rulebook, rule: Rule, text: str) -> Preview:
    """Return what would come of a text in place of a rule's file, compared with the rulebook that is in force."""
    loaded = checked(installation, rule, text)
    if loaded.rulebook is None:
        return Preview(loaded.all_problems)
    wanted = [one.id for one in loaded.rulebook.rules.values() if _is_other(one, present.rules.get(one.id))]
    ended = present.rules.keys() - loaded.rulebook.rules.keys()
    is_whole = ended or any(loaded.rulebook.rules[name].stage == "off" for name in wanted)
    if not wanted and not is_whole:
        return Preview(loaded.all_problems, loaded.rulebook)
    found = plan(installation, store, loaded.rulebook, installation.moment(), only=() if is_whole else wanted)
    concerned = {*wanted, *ended}
    changed = tuple(one for one in found.rules if one.found.rule in concerned)
    return Preview(loaded.all_problems, loaded.rulebook, changed, found)


def _is_other(rule: Rule, before: Rule | None) -> bool:
    return before is None or (rule.version, rule.stage) != (before.version, before.stage)
