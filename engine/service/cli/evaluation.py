"""Commands that evaluate: check, plan, run, explain."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from engine.evaluate.explain import as_text, explained, with_sources
from engine.service.acting import carry_out
from engine.service.cli.doorway import DONE, FINDING, REFUSED, USAGE, Doorway, doorway, rule_named, tell_problems
from engine.service.cli.output import complain
from engine.service.runner import Plan, RunReport, plan, run
from engine.service.vacancies import vacancies
from engine.store.facts import Records

At = Annotated[str | None, typer.Option("--at", help="Evaluate as of this instant (ISO 8601).", metavar="T")]
Rules = Annotated[
    list[str] | None, typer.Argument(help="Rules by id; all that are not off, when none is named.", metavar="RULE")
]
COLUMNS = ("rule", "stage", "matched", "entered", "left", "undecided", "actions")


def check(
    context: typer.Context,
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Rule files or folders; the configured one by default.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Treat warnings as errors.")] = False,
) -> None:
    """Load rules and print all problems; a store that is there is read for fields without values, and none is made."""
    door = doorway(context)
    missing = [path for path in paths or () if not path.exists()]
    if missing:
        complain(f"{missing[0]}: there is no such file or folder")
        raise typer.Exit(USAGE)
    loaded = door.installation.loader().load_paths(paths or [door.installation.rules_folder])
    if loaded.rulebook is not None:
        loaded = replace(loaded, problems=loaded.problems + vacancies(door.installation, loaded.rulebook))
    tell_problems(door.printer, loaded)
    raise typer.Exit(FINDING if loaded.errors or (strict and loaded.problems) else DONE)


def plan_command(
    context: typer.Context,
    rules: Rules = None,
    at: At = None,
    folder: Annotated[
        Path | None, typer.Option("--rules", help="Plan with the rules of another folder.", metavar="DIR")
    ] = None,
    show_ids: Annotated[bool, typer.Option("--show-ids", help="List who would enter and leave.")] = False,
    fail_on_changes: Annotated[
        bool, typer.Option("--fail-on-changes", help="Exit 1 when a case would open or close.")
    ] = False,
) -> None:
    """Show what a run would do, without any effect."""
    door = doorway(context)
    rulebook = door.rulebook(folder)
    names = [rule_named(rulebook, name).id for name in rules or ()]
    found = plan(door.store(), rulebook, door.installation.moment(door.instant(at)), only=names)
    _print_plan(door, found, show_ids=show_ids)
    raise typer.Exit(FINDING if (fail_on_changes and found.has_changes) or _has_failed(found) else DONE)


def run_command(
    context: typer.Context,
    rules: Rules = None,
    at: At = None,
    act: Annotated[bool, typer.Option("--act", help="With --at: carry out effects, as if it were then.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Evaluate every record, whatever changed.")] = False,
) -> None:
    """Evaluate now, bring cases, selections and alerts in line, and print the run."""
    door = doorway(context)
    rulebook = door.rulebook()
    names = [rule_named(rulebook, name).id for name in rules or ()]
    store, moment = door.store(), door.installation.moment(door.instant(at))
    report = run(door.installation, store, rulebook, moment, only=names)
    acted = None
    if act or at is None:
        with door.scene() as scene:
            acted = carry_out(scene, moment)
    print_run(door, report, acted)
    if any(rule.is_stopped for rule in report.rules):
        raise typer.Exit(REFUSED)
    raise typer.Exit(FINDING if any(rule.error for rule in report.rules) else DONE)


def explain(
    context: typer.Context,
    rule: Annotated[str, typer.Argument(help="The rule's id.", metavar="RULE")],
    contact: Annotated[str, typer.Argument(help="The contact's id.", metavar="CONTACT")],
    at: At = None,
) -> None:
    """Show why a rule matches a contact or not, criterion by criterion."""
    door = doorway(context)
    rulebook = door.rulebook()
    chosen = rule_named(rulebook, rule)
    store = door.store()
    records = Records(store.tables, store.zone)
    with store.database.reading() as connection:
        key = records.key_of(connection, chosen.entity, contact)
        facts = None if key is None else records.facts(connection, chosen.entity, key)
    if facts is None:
        complain(f"the store has no {chosen.entity} with this id")
        raise typer.Exit(FINDING)
    moment = door.installation.moment(door.instant(at))
    verdict, trace = explained(chosen, with_sources(rulebook, chosen, facts, moment), moment)
    door.printer.document({"rule": chosen.id, "contact": contact, "verdict": verdict.value, "tree": trace.as_json()})
    door.printer.line(f"{chosen.id} for {contact}: {verdict.value}")
    for line in as_text(trace):
        door.printer.line(line)


def print_run(door: Doorway, report: RunReport, acted: Counter[str] | None = None) -> None:
    """Print a run as a table, or as JSON; `acted` is None where effects were withheld."""
    door.printer.document(report.as_json() | {"acted": None if acted is None else dict(acted)})
    rows = [
        (
            one.rule,
            one.stage,
            one.tally.matched,
            one.tally.entered,
            one.tally.left,
            one.tally.undecided,
            one.error or _actions(one.stage, one.actions),
        )
        for one in report.rules
    ]
    door.printer.table(COLUMNS, rows, "no rules to evaluate")
    local = report.moment.now.astimezone(report.moment.zone)
    door.printer.line(f"run {report.run}, {report.mode}, at {local:%Y-%m-%d %H:%M}, {sum(report.seconds):.2f} s")
    if acted:
        door.printer.line("acted: " + ", ".join(f"{what} {count}" for what, count in sorted(acted.items())))


def _print_plan(door: Doorway, found: Plan, *, show_ids: bool) -> None:
    door.printer.document(
        {
            "now": found.moment.now,
            "seconds": found.seconds,
            "rules": [
                one.found.as_json() | ({"entering": one.entering, "leaving": one.leaving} if show_ids else {})
                for one in found.rules
            ],
        }
    )
    rows = [
        (
            one.found.rule,
            one.found.stage,
            *(getattr(one.found.tally, name) for name in COLUMNS[2:6]),
            one.found.error or _actions(one.found.stage, one.found.actions),
        )
        for one in found.rules
    ]
    door.printer.table(COLUMNS, rows, "no rules to plan")
    for one in found.rules if show_ids else ():
        for word, ids in (("enter", one.entering), ("leave", one.leaving)):
            for record in ids:
                door.printer.line(f"{one.found.rule}: {record} would {word}")


def _actions(stage: str, actions: object) -> str:
    counted = dict(actions) if isinstance(actions, dict) else {}
    words = ", ".join(f"{verb} {count}" for verb, count in counted.items())
    return words if stage == "live" else f"would: {words}"


def _has_failed(found: Plan) -> bool:
    return any(one.found.error for one in found.rules)
