"""The doorway of the command line: global options, and how every failure becomes a sentence and an exit code."""

import atexit
import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from engine.language.load import Loaded
from engine.language.rule import Rule, Rulebook
from engine.model.values import ValueRefused, read_datetime
from engine.service.cli.output import Printer, complain
from engine.service.config_keys import ConfigError
from engine.service.installation import Installation, open_installation
from engine.vocabulary.problem import Problem, nearest_or_all

if TYPE_CHECKING:
    from engine.service.scene import Scene
    from engine.store.schema import Store

MOST_SHOWN = 200  # problems printed in full
LOOK_FOR_GARBAGE_AFTER = 10_000  # new objects; at the start it is later, see the package
DONE, FINDING, USAGE, UNAVAILABLE, REFUSED = range(5)


@dataclass(slots=True)
class Doorway:
    """What the global options said; opens the installation once."""

    config: Path | None
    printer: Printer
    _installation: Installation | None = None

    @property
    def installation(self) -> Installation:
        """The installation of the configuration."""
        if self._installation is None:
            self._installation = open_installation(self.config)
            self.printer = replace(self.printer, zone=self._installation.settings.zone)
        return self._installation

    def store(self) -> "Store":
        """Return the installation's store, made or migrated."""
        # From here on much is made and thrown away: what there is by now stays, and is not looked through again.
        gc.freeze()
        gc.set_threshold(LOOK_FOR_GARBAGE_AFTER)
        store = self.installation.open_store()
        # What is frozen is not thrown away at the end either: the store would leave its log behind.
        atexit.register(store.database.close)
        return store

    @contextmanager
    def scene(self) -> "Iterator[Scene]":
        """Give the scene of the installation; the worker of durable-rules ends with it."""
        from engine.evaluate.decision import Decider  # noqa: PLC0415 - most commands decide nothing
        from engine.service.scene import open_scene  # noqa: PLC0415

        decider = Decider()
        try:
            yield open_scene(self.installation, self.store(), self.rulebook(), decider)
        finally:
            decider.close()

    def rulebook(self, folder: Path | None = None) -> Rulebook:
        """Return the rulebook, or end with its problems."""
        loaded = self.installation.load_rules(folder)
        if loaded.rulebook is None:
            tell_problems(self.printer, loaded)
            raise typer.Exit(FINDING)
        if loaded.problems:
            complain(f"{count(len(loaded.problems), 'warning')} about the rules: `ansgar check` shows them")
        return loaded.rulebook

    def instant(self, text: str | None) -> datetime | None:
        """Return the instant that `--at` names."""
        if text is None:
            return None
        try:
            return read_datetime(text, self.installation.settings.zone)
        except ValueRefused as error:
            raise ConfigError(f"--at {text}: {error}") from None


def doorway(context: typer.Context) -> Doorway:
    """Return the doorway of a command."""
    found = context.find_object(Doorway)
    if found is None:
        raise AssertionError("every command runs below the doorway")
    return found


def tell_problems(printer: Printer, loaded: Loaded) -> None:
    """Print every problem of rule text, each with its place, and the sum."""
    printer.document(
        {"problems": [problem.as_json() for problem in loaded.problems[: MOST_SHOWN * 5]], "files": list(loaded.files)}
    )
    tell_each(printer, loaded.problems)
    warnings = len(loaded.problems) - len(loaded.errors)
    rules = f"{count(len(loaded.rulebook.rules), 'rule')}, " if loaded.rulebook else ""
    found = f"{count(len(loaded.errors), 'error')}, {count(warnings, 'warning')}"
    printer.line(f"{rules}{found} in {count(len(loaded.files), 'file')}")


def tell_each(printer: Printer, problems: Sequence[Problem]) -> None:
    """Print problems one by one, each with its place; not all where there are very many."""
    for problem in problems[:MOST_SHOWN]:
        for line in problem.render().split("\n"):
            printer.line(line)
        printer.line()
    if len(problems) > MOST_SHOWN:
        printer.line(f"… and {len(problems) - MOST_SHOWN} more")


def existing(paths: list[Path] | None) -> list[Path]:
    """Return paths that must be there, or end with the first that is not."""
    for path in paths or ():
        if not path.exists():
            complain(f"{path}: there is no such file or folder")
            raise typer.Exit(USAGE)
    return paths or []


def rule_named(rulebook: Rulebook, name: str) -> Rule:
    """Return a rule of the rulebook, or end with the nearest one."""
    rule = rulebook.rules.get(name)
    if rule is None:
        complain(f"there is no rule `{name}`; {nearest_or_all(name, rulebook.rules)}")
        raise typer.Exit(USAGE)
    return rule


def rules_named(rulebook: Rulebook, name: str) -> list[str]:
    """Return the ids that a name stands for: a rule, or all that come from one `for_each`."""
    variants = [rule for rule in rulebook.rules if rule.startswith(f"{name}[")]
    return variants or [rule_named(rulebook, name).id]


def count(number: int, what: str) -> str:
    """Return a number with what it counts, in the plural where that is due."""
    return f"{number} {what}{'' if number == 1 else 's'}"
