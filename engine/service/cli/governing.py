"""Commands about whole rules: list them, promote one, pause one."""

from typing import Annotated, Any

import typer

from engine.language.rule import Rulebook
from engine.service.activation import activated, awaiting_promotion, in_effect
from engine.service.cli.doorway import FINDING, REFUSED, Doorway, doorway, rule_named
from engine.service.cli.output import complain
from engine.service.promoting import NothingToPromote, PromotionRefused, Word, promote
from engine.service.recording import ANYBODY, record
from engine.store import pauses, registry
from engine.store.chain import Act
from engine.store.database import Connection
from engine.store.registry import Registered

RuleId = Annotated[str, typer.Argument(help="The rule's id.", metavar="RULE")]


def rules_promote(
    context: typer.Context,
    rule: RuleId,
    plan: Annotated[str, typer.Option("--plan", help="The digest that `ansgar plan` shows.", metavar="DIGEST")],
    reason: Annotated[str, typer.Option("--reason", help="Why it may be live.")] = "",
    by: Annotated[str, typer.Option("--by", help="Who says so: a name of `people` in the configuration.")] = "",
) -> None:
    """Let a rule be live whose plan you saw; refused when the plan is another by now."""
    door = doorway(context)
    rulebook = door.rulebook()
    chosen = rule_named(rulebook, rule)
    try:
        is_promoted = promote(door.installation, door.store(), rulebook, chosen, Word(plan, by, reason))
    except NothingToPromote as error:
        complain(str(error))
        raise typer.Exit(FINDING) from None
    except PromotionRefused as error:
        complain(str(error))
        raise typer.Exit(REFUSED) from None
    door.printer.document({"rule": chosen.id, "version": chosen.version, "promoted": is_promoted})
    then = "is live from the next run on" if is_promoted else "waits for another person's word on the same plan"
    door.printer.line(f"{chosen.id} {then}")


def rules_pause(
    context: typer.Context,
    rule: RuleId,
    reason: Annotated[str, typer.Option("--reason", help="Why it is paused.")],
) -> None:
    """Keep a rule from reaching outside until it is released; selections and alerts go on."""
    door = doorway(context)
    store, now = door.store(), door.installation.clock.now()
    with store.database.writing() as connection:
        known = registry.registered(connection)
        # A rule that is known can be paused while the rule files are broken.
        keys = {rule: known[rule].key} if rule in known else _activated(door, connection, rule)
        was_running = pauses.pause(connection, keys[rule], reason, now)
        if was_running:
            act = Act(ANYBODY, "rule.paused", rule, registry.version_of(connection, keys[rule]))
            record(door.installation, connection, act, now)
    if not was_running:
        complain(f"`{rule}` is paused already")
        raise typer.Exit(FINDING)
    door.printer.document({"rule": rule, "paused": True})
    door.printer.line(f"{rule} is paused: nothing of it reaches outside until `ansgar rules release {rule}`")


def _activated(door: Doorway, connection: Connection, rule: str) -> dict[str, int]:
    rulebook = door.rulebook()
    rule_named(rulebook, rule)
    return activated(door.installation, connection, rulebook, door.installation.clock.now())[1]


def rules_list(context: typer.Context) -> None:
    """List the rules that the store knows, with their state and counts."""
    door = doorway(context)
    loaded = door.installation.load_rules()
    written = loaded.rulebook or Rulebook({})
    with door.store().database.reading() as connection:
        known, sizes = registry.registered(connection), registry.counts(connection)
    waiting = awaiting_promotion(door.installation, written, known)
    active = in_effect(door.installation, written, known).rules
    found = []
    for name in sorted({*active, *known}):
        stored, rule = known.get(name), active.get(name)
        is_gone = rule is None and loaded.rulebook is not None
        opened, undecided = sizes.get(stored.key, (0, 0)) if stored else (0, 0)
        found.append(
            {
                "rule": name,
                "stage": rule.stage if rule else stored.stage if stored else "",
                "state": _state(stored, is_gone=is_gone),
                "version": rule.version if rule else stored.version if stored else "",
                "open": opened,
                "undecided": undecided,
                "evaluated_at": stored.evaluated_at if stored else None,
                "promoted": stored.promoted if stored else None,
                "waits_for_promotion": name in waiting,
                "paused": _pause(stored),
            }
        )
    door.printer.document({"rules": found, "rulebook": loaded.rulebook.digest if loaded.rulebook else None})
    names = ("rule", "stage", "state", "version", "open", "undecided", "evaluated_at")
    rows = [[*(row[name] for name in names), _note(row)] for row in found]
    door.printer.table((*names, "note"), rows, "no rules")
    if loaded.rulebook is None:
        complain(f"the rule files have {len(loaded.errors)} errors: run `ansgar check`")
        raise typer.Exit(FINDING)


def _state(stored: Registered | None, *, is_gone: bool) -> str:
    if stored is None:
        return "new"
    if stored.paused or stored.paused_at:
        return "paused"
    return registry.ORPHANED if is_gone and stored.state == registry.ACTIVE else stored.state


def _pause(stored: Registered | None) -> dict[str, object] | None:
    if stored is None or not (stored.paused or stored.paused_at):
        return None
    by_person = stored.paused_at is not None
    return {"by": "person" if by_person else "limit", "since": stored.paused_at, "reason": stored.pause_reason}


def _note(row: dict[str, Any]) -> str:
    pause = row["paused"]
    if row["waits_for_promotion"]:
        return "waits for its promotion"
    if pause is not None:
        return f"paused: {pause['reason']}" if pause["by"] == "person" else "paused by its limit"
    return ""
