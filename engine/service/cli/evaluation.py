"""Commands that evaluate: check, run, explain."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from engine.service.acting import carry_out
from engine.service.cli.doorway import (
    DONE,
    FINDING,
    REFUSED,
    Doorway,
    count,
    doorway,
    rule_named,
    rules_named,
)
from engine.service.cli.output import complain, told_basis
from engine.service.config_keys import ConfigError
from engine.service.doubts import Opened
from engine.service.explaining import explain as explain_rule
from engine.service.purging import purge_first
from engine.service.runner import RunReport, Wanted, run
from engine.store import deletions
from engine.store.deletions import Standing

At = Annotated[str | None, typer.Option("--at", help="Evaluate as of this instant (ISO 8601).", metavar="T")]
Rules = Annotated[
    list[str] | None, typer.Argument(help="Rules by id; all that are not off, when none is named.", metavar="RULE")
]
With = Annotated[
    list[str] | None, typer.Option("--with", help="An input of a rule that needs one.", metavar="NAME=VALUE")
]
COLUMNS = ("rule", "stage", "looked at", "matched", "entered", "left", "undecided", "actions")


def run_command(
    context: typer.Context,
    rules: Rules = None,
    at: At = None,
    act: Annotated[bool, typer.Option("--act", help="With --at: carry out effects, as if it were then.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Evaluate every record, whatever changed.")] = False,
    inputs: With = None,
) -> None:
    """Evaluate now, bring cases, selections and alerts in line, and print the run."""
    door = doorway(context)
    rulebook = door.rulebook()
    names = [one for name in rules or () for one in rules_named(rulebook, name)]
    rulebook = rulebook.asked(names, _inputs(inputs))
    store, moment = door.store(), door.installation.moment(door.instant(at))
    purge_first(door.installation, store, rulebook, door.installation.moment())
    report = run(door.installation, store, rulebook, moment, Wanted(frozenset(names), full))
    acted = None
    if act or at is None:
        with door.scene() as scene:
            acted = carry_out(scene, moment)
    with store.database.reading() as connection:
        stopped = deletions.stopped(connection)
    print_run(door, report, acted, stopped)
    if any(rule.is_stopped for rule in report.rules):
        raise typer.Exit(REFUSED)
    raise typer.Exit(FINDING if any(rule.error for rule in report.rules) else DONE)


def explain(
    context: typer.Context,
    rule: Annotated[str, typer.Argument(help="The rule's id.", metavar="RULE")],
    contact: Annotated[str, typer.Argument(help="The contact's id.", metavar="CONTACT")],
    at: At = None,
) -> None:
    """Show why a rule matches a contact or not, criterion by criterion, and what or when would change that."""
    door = doorway(context)
    rulebook = door.rulebook()
    chosen = rule_named(rulebook, rule)
    moment = door.installation.moment(door.instant(at))
    found = explain_rule(Opened(door.installation, door.store()), rulebook, chosen, contact, moment)
    if found is None:
        complain(f"the store has no {chosen.entity} with this id")
        raise typer.Exit(FINDING)
    door.printer.document(found.as_json())
    for line in found.as_text():
        door.printer.line(line)


def _inputs(written: list[str] | None) -> dict[str, str]:
    pairs = [one.partition("=") for one in written or ()]
    for name, sign, _ in pairs:
        if not sign:
            raise ConfigError(f"--with {name}: write it as name=value")
    return {name: value for name, _, value in pairs}


def print_run(
    door: Doorway, report: RunReport, acted: Counter[str] | None = None, stopped: Sequence[Standing] = ()
) -> None:
    """Print a run as a table, or as JSON; `acted` is None where effects were withheld, `stopped` what guards stop."""
    guarded = [asdict(one) for one in stopped]
    door.printer.document(report.as_json() | {"acted": None if acted is None else dict(acted), "guarded": guarded})
    rows = [
        (
            one.rule,
            one.stage,
            told_basis(one.basis, one.tally.candidates),
            one.tally.matched,
            one.tally.entered,
            one.tally.left,
            one.tally.undecided,
            one.error or told_actions(one.stage, one.actions),
        )
        for one in report.rules
    ]
    door.printer.table(COLUMNS, rows, "no rules to evaluate")
    local = report.moment.now.astimezone(report.moment.zone)
    door.printer.line(f"run {report.run}, {report.mode}, at {local:%Y-%m-%d %H:%M}, {sum(report.seconds):.2f} s")
    if acted:
        door.printer.line("acted: " + ", ".join(f"{what} {often}" for what, often in sorted(acted.items())))
    for one in stopped:
        door.printer.line(f"{one.reason}: {count(one.count, 'deletion')} of {one.rule} {one.state}")


def told_actions(stage: str, actions: object) -> str:
    """Return how often each verb acts; outside live, would act."""
    counted = dict(actions) if isinstance(actions, dict) else {}
    words = ", ".join(f"{verb} {count}" for verb, count in counted.items())
    return words if stage == "live" else f"would: {words}"
