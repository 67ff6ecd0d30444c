"""The command `test`: runs the tests of rules, and shows side by side what was expected and what was found."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from engine.evaluate.decision import Decider
from engine.evaluate.explain import as_text
from engine.language.expectations import Found
from engine.language.load import Loaded, is_test_file, tests_beside
from engine.service.cli.doorway import DONE, FINDING, Doorway, count, doorway, existing, tell_each
from engine.service.cli.output import progress
from engine.service.installation import Installation
from engine.service.rehearsing import rehearsing
from engine.service.rule_coverage import Coverage, coverage, share
from engine.service.rule_testing import Failure, Result, tried
from engine.vocabulary.problem import Problem


@dataclass(frozen=True, slots=True)
class Chosen:
    """A rulebook to load, and the files and folders of it whose tests are wanted; all where none is named."""

    roots: tuple[Path, ...]
    wanted: tuple[Path, ...] = ()

    def holds(self, file: str) -> bool:
        """True for a file whose tests are wanted: it is named, below what is named, or beside it."""
        path = Path(file).resolve()
        return not self.wanted or any(path.is_relative_to(one) or path == tests_beside(one) for one in self.wanted)


@dataclass(slots=True)
class Tally:
    """What came of all tests."""

    results: list[Result] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    coverages: list[Coverage] = field(default_factory=list)

    @property
    def failures(self) -> list[Failure]:
        """The failures, in the order of the tests."""
        return [result.failure for result in self.results if result.failure]

    @property
    def sentence(self) -> str:
        """How many passed and failed."""
        failed = len(self.failures)
        amiss = f"; {count(len(self.problems), 'problem')} to mend first" if self.problems else ""
        return f"{count(len(self.results), 'test')}: {len(self.results) - failed} passed, {failed} failed{amiss}"


def run_tests(
    context: typer.Context,
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Rule files, test files or folders; the configured one by default.")
    ] = None,
    with_coverage: Annotated[
        bool, typer.Option("--coverage", help="Show which criteria were seen true and false.")
    ] = False,
) -> None:
    """Run the tests in rule files, each as if its rule were live."""
    door = doorway(context)
    installation, tally = door.installation, Tally()
    decider = Decider()
    try:
        for chosen in _chosen(installation, existing(paths)):
            _test(installation, chosen, decider, tally)
    finally:
        decider.close()
    _print(door, tally, with_coverage=with_coverage)
    raise typer.Exit(FINDING if tally.failures or tally.problems else DONE)


def _chosen(installation: Installation, paths: list[Path]) -> Iterator[Chosen]:
    """Give the rulebooks to load: the configured one for what lies in it, and one of all that lies elsewhere."""
    home = installation.rules_folder
    inside = [path for path in paths if path.resolve().is_relative_to(home.resolve())]
    outside = [path for path in paths if path not in inside]
    if inside or not paths:
        yield Chosen((home,), tuple(path.resolve() for path in inside))
    if outside:
        roots = {_root(path) for path in outside}
        yield Chosen(tuple(sorted(roots)), tuple(path.resolve() for path in outside))


def _root(path: Path) -> Path:
    """Return what is loaded for a path: a file of tests is about the rules in its folder."""
    return path.parent if is_test_file(path.name) else path


def _test(installation: Installation, chosen: Chosen, decider: Decider, tally: Tally) -> None:
    loaded = installation.loader().load_paths(chosen.roots, with_tests=True)
    tally.problems += [*loaded.errors, *(one for one in loaded.test_problems if chosen.holds(one.place.source.name))]
    if loaded.rulebook is None:
        return
    tests = [one for one in loaded.tests if chosen.holds(one.place.source.name)]
    with rehearsing(installation, loaded.rulebook, decider) as hall, progress("testing", len(tests)) as advance:
        results = []
        for one in tests:
            results.append(tried(hall, one))
            advance(1)
    tally.results += results
    tally.coverages.append(_coverage(loaded, chosen, results))


def _coverage(loaded: Loaded, chosen: Chosen, results: Iterable[Result]) -> Coverage:
    rules = loaded.rulebook.rules if loaded.rulebook else {}
    found = coverage(rules.values(), results)
    return Coverage(tuple(one for one in found.rules if one.tests or chosen.holds(rules[one.rule].place.source.name)))


def _print(door: Doorway, tally: Tally, *, with_coverage: bool) -> None:
    found = Coverage(tuple(rule for one in tally.coverages for rule in one.rules))
    door.printer.document(
        {
            "tests": len(tally.results),
            "passed": len(tally.results) - len(tally.failures),
            "failed": [_as_json(failure) for failure in tally.failures],
            "problems": [problem.as_json() for problem in tally.problems],
            "coverage": found.as_json() if with_coverage else None,
        }
    )
    tell_each(door.printer, tally.problems)
    for failure in tally.failures:
        for line in _lines(failure):
            door.printer.line(line)
        door.printer.line()
    if with_coverage:
        _print_coverage(door, found)
    door.printer.line(tally.sentence)


def _lines(failure: Failure) -> Iterator[str]:
    """Give the lines that show a failure: where, what differs, and why the verdict is what it is."""
    place, step = failure.test.place, failure.test.steps[failure.step - 1]
    local = failure.moment.now.astimezone(failure.moment.zone)
    yield f"FAILED {place.source.name}:{place.line}: {failure.test.sentence}"
    yield f"  {failure.test.rule}, step {failure.step} in line {step.place.line}, at {local:%Y-%m-%d %H:%M}"
    rows = [("", "expected", "found")]
    rows += [(one.what, _shown(one.expected), _shown(one.found)) for one in failure.differences]
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    for what, expected, found in rows:
        yield f"    {what:{widths[0]}}  {expected:{widths[1]}}  {found}"
    for sentence in failure.said:
        yield f"  the run said: {sentence}"
    for line in as_text(failure.trace) if failure.trace else ():
        yield f"  {line}"


def _print_coverage(door: Doorway, found: Coverage) -> None:
    rows = [
        (one.rule, one.tests, f"{one.covered} of {len(one.criteria)}", f"{share(one.covered, len(one.criteria))} %")
        for one in found.rules
    ]
    door.printer.table(("rule", "tests", "criteria", "covered"), rows, "no rules")
    for one in found.rules:
        for criterion in one.criteria:
            if not criterion.is_covered:
                door.printer.line(f"{criterion.place}: {one.rule}: {criterion.lack}: {criterion.words}")
    door.printer.line(f"coverage: {found.percent} %")
    door.printer.line()


def _as_json(failure: Failure) -> dict[str, object]:
    place, step = failure.test.place, failure.test.steps[failure.step - 1]
    return {
        "test": failure.test.sentence,
        "rule": failure.test.rule,
        "file": place.source.name,
        "line": place.line,
        "step": failure.step,
        "step_line": step.place.line,
        "now": failure.moment.now,
        "differences": [
            {"what": one.what, "expected": one.expected, "found": one.found} for one in failure.differences
        ],
        "said": failure.said,
        "tree": failure.trace.as_json() if failure.trace else None,
    }


def _shown(found: Found) -> str:
    if isinstance(found, str):
        return found
    return ", ".join(found) or "nothing"
