"""Commands that audit: whether what is stored as verdicts follows from what is stored as facts."""

from typing import Annotated

import typer

from engine.service.audit import Audit
from engine.service.audit_road import road
from engine.service.cli.doorway import DONE, FINDING, Doorway, count, doorway
from engine.store import audits

COLUMNS = ("rule", "contact", "stored", "derived", "evaluated_at")
NAMES = ("run", "now", "rules", "compared", "rules_with_differences")
MOST_SHOWN = 200  # differences that are printed for people


def audits_list(
    context: typer.Context,
    limit: Annotated[int, typer.Option("--limit", min=1, help="The most rows to show.")] = 50,
) -> None:
    """List the audits that the service made at night, the newest first."""
    door = doorway(context)
    with door.store().database.reading() as connection:
        rows = audits.listing(connection, limit)
    door.printer.document({"audits": rows})
    door.printer.table(NAMES, [[row[name] for name in NAMES] for row in rows], "no audits yet")


def audit_verdicts(context: typer.Context) -> None:
    """Derive every stored verdict again by an independent road, and tell what differs. Nothing is repaired."""
    door = doorway(context)
    audit = road()
    found = audit(door.installation, door.store(), door.rulebook(), door.installation.moment())
    door.printer.document(found.as_json())
    _print(door, found)
    raise typer.Exit(FINDING if any(found.differences()) else DONE)


def _print(door: Doorway, found: Audit) -> None:
    differences = list(found.differences())
    shown = [[one[name] or "(gone)" for name in COLUMNS] for one in differences[:MOST_SHOWN]]
    if shown:
        door.printer.table(COLUMNS, shown)
    if len(differences) > MOST_SHOWN:
        door.printer.line(f"… and {len(differences) - MOST_SHOWN} more, all in `--json`")
    for rule, why in found.not_audited.items():
        door.printer.line(f"not audited: {rule}, {why}")
    verdicts = f"{count(found.compared, 'verdict')} of {count(len(found.rules), 'rule')}"
    since = f", {found.changed_since} left out because their records changed since" if found.changed_since else ""
    took = f"read {found.seconds[0]:.2f} s, derived {found.seconds[1]:.2f} s"
    door.printer.line(f"{verdicts} derived again, {len(differences)} differ{since}; {took}")
    if differences:
        door.printer.line(
            "nothing was changed: `ansgar explain RULE CONTACT` says why, `ansgar run --full` evaluates anew"
        )
