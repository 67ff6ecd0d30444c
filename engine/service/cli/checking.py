"""`check`: rule text is read and its problems are printed, in the time that an editor waits. Knows no store."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from engine.language.load import Loaded, is_test_file
from engine.service.cli.doorway import DONE, FINDING, Doorway, doorway, existing, tell_problems
from engine.vocabulary.problem import Problem


def check(
    context: typer.Context,
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Rule files or folders; the configured one by default.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Treat warnings as errors.")] = False,
) -> None:
    """Load rules and their tests and print all problems; a store that is there is read for fields without values."""
    door = doorway(context)
    chosen = existing(paths) or [door.installation.rules_folder]
    # A file of tests alone is about the rules beside it.
    roots = [path.parent if is_test_file(path.name) else path for path in chosen]
    found = door.installation.loader().load_paths(roots, with_tests=True)
    loaded = replace(found, problems=(*found.all_problems, *_vacant(door, found)))
    tell_problems(door.printer, loaded)
    raise typer.Exit(FINDING if loaded.errors or (strict and loaded.problems) else DONE)


def _vacant(door: Doorway, found: Loaded) -> tuple[Problem, ...]:
    if found.rulebook is None:
        return ()
    from engine.service.vacancies import vacancies  # noqa: PLC0415 - errors are shown before a store is looked for

    return vacancies(door.installation, found.rulebook)
