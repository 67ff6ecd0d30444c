"""Commands that look ahead: plan and forecast. Neither writes anything."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from engine.service.cli.doorway import DONE, FINDING, Doorway, doorway, rules_named
from engine.service.cli.evaluation import At, Rules, told_actions
from engine.service.cli.output import progress
from engine.service.forecasting import Forecast, forecast
from engine.service.plan import Plan, PlannedDeletions, PlannedRule
from engine.service.planning import plan

COLUMNS = (
    "rule", "stage", "change", "matched", "entered", "left", "unchanged", "undecided", "actions", "digest",
)  # fmt: skip
MOST_DAYS = 3_660


def plan_command(
    context: typer.Context,
    rules: Rules = None,
    at: At = None,
    folder: Annotated[
        Path | None, typer.Option("--rules", help="Plan with the rules of another folder.", metavar="DIR")
    ] = None,
    show_ids: Annotated[
        bool, typer.Option("--show-ids", help="List who would enter and leave, and what each would get.")
    ] = False,
    fail_on_changes: Annotated[
        bool, typer.Option("--fail-on-changes", help="Exit 1 when a run would change anything.")
    ] = False,
) -> None:
    """Show what a run would do, without any effect."""
    door = doorway(context)
    rulebook = door.rulebook(folder)
    names = [one for name in rules or () for one in rules_named(rulebook, name)]
    moment = door.installation.moment(door.instant(at))
    found = plan(door.installation, door.store(), rulebook, moment, only=names)
    door.printer.document(found.as_json(show_ids=show_ids))
    _print_plan(door, found, show_ids=show_ids)
    raise typer.Exit(FINDING if (fail_on_changes and found.has_changes) or found.has_failed else DONE)


def forecast_command(
    context: typer.Context,
    days: Annotated[int, typer.Option("--days", min=1, max=MOST_DAYS, help="How many days to look ahead.")] = 90,
    show_ids: Annotated[bool, typer.Option("--show-ids", help="List who it is.")] = False,
) -> None:
    """Show who reaches a deletion when, per rule and owner."""
    door = doorway(context)
    rulebook, store = door.rulebook(), door.store()
    with progress("forecasting", days) as advance:
        found = forecast(door.installation, store, rulebook, days, advance, show_ids=show_ids)
    door.printer.document(found.as_json(show_ids=show_ids))
    _print_forecast(door, found, show_ids=show_ids)
    raise typer.Exit(FINDING if found.has_failed else DONE)


def _print_plan(door: Doorway, found: Plan, *, show_ids: bool) -> None:
    rows = [
        (
            one.found.rule,
            f"{one.found.stage} → live" if one.waits_for_promotion else one.found.stage,
            "" if one.change == "same" else one.change,
            one.found.tally.matched,
            one.found.tally.entered,
            one.found.tally.left,
            one.unchanged,
            one.found.tally.undecided,
            one.found.error or told_actions(one.found.stage, one.found.actions),
            one.digest,
        )
        for one in found.rules
    ]
    door.printer.table(COLUMNS, rows, "no rules to plan")
    for one in found.rules:
        for sentence in _about(door, one):
            door.printer.line(f"{one.found.rule}: {sentence}")
    for sentence in _about_limits(found):
        door.printer.line(sentence)
    for one in found.rules if show_ids else ():
        for move in one.moves():
            word = "enter" if move["moves"] == "enters" else "leave"
            gets = f": {', '.join(one.actions)}" if word == "enter" and one.actions else ""
            door.printer.line(f"{one.found.rule}: {move['contact']} would {word}{gets}")


def _about(door: Doorway, one: PlannedRule) -> Iterator[str]:
    if one.paused == "person":
        yield "paused by a person: nothing of it reaches outside until `ansgar rules release`"
    if one.paused == "limit":
        yield "paused by its limit: no deletion is scheduled until `ansgar rules release`"
    if one.waits_for_promotion:
        yield f"waits for `ansgar rules promote {one.found.rule} --plan {one.digest}`; this is what that would do"
    if one.deletions is not None:
        yield from _about_deletions(door, one.deletions)


def _about_deletions(door: Doorway, about: PlannedDeletions) -> Iterator[str]:
    if about.is_stopped and about.limit is not None:
        share = f" or {about.limit.percent} % of {about.population}" if about.limit.percent is not None else ""
        yield (
            f"LIMIT: {about.count} deletions in 24 hours against {about.limit.contacts}{share}: none would be scheduled"
        )
    parts = [f"{about.scheduled} scheduled"] * bool(about.scheduled) + [f"{about.cancelled} cancelled"] * bool(
        about.cancelled
    )
    if parts:
        yield f"deletions: {', '.join(parts)}"
    if about.first_due is not None:
        first = about.first_due.astimezone(door.installation.settings.zone)
        yield f"the first deletion is due {first:%Y-%m-%d %H:%M}"


def _about_limits(found: Plan) -> Iterator[str]:
    limits = found.limits
    allowed = f"{limits.deletions_per_day} a day or {limits.percent_per_day} % of {limits.population}"
    if limits.trips_now:
        yield (
            f"LIMIT over all rules: {limits.due} deletions are due and {limits.ordered_lately} were ordered in "
            f"24 hours, against {allowed}: all would be held"
        )
    if limits.trips_later:
        yield f"LIMIT over all rules: {limits.scheduled} would be due at one time, against {allowed}"


def _print_forecast(door: Doorway, found: Forecast, *, show_ids: bool) -> None:
    names = ("day", "rule", "stage", "owner", "scheduled", "stopped", "expected")
    rows = [[getattr(row, name) for name in names] for row in found.rows]
    door.printer.table(names, rows, f"no deletion is in sight for {found.days} days")
    for row in found.rows if show_ids else ():
        for contact in row.contacts:
            door.printer.line(f"{row.day} {row.rule}: {contact}")
    for rule, error in found.errors.items():
        door.printer.line(f"{rule}: {error}")
