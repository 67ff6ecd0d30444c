"""Commands about whole rules: list them, promote one, pause one, retire one."""

from typing import Annotated, Any

import typer

from engine.language.rule import Rulebook
from engine.service import governing
from engine.service.activation import awaiting_promotion, in_effect
from engine.service.cli.declining import declining
from engine.service.cli.doorway import FINDING, REFUSED, doorway, rule_named
from engine.service.cli.output import complain
from engine.service.promoting import NothingToPromote, PromotionRefused, Word, promote
from engine.service.rule_shape import pause_of
from engine.store import registry
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

    def read() -> Rulebook:
        rulebook = door.rulebook()
        rule_named(rulebook, rule)
        return rulebook

    with declining():
        governing.pause(door.installation, door.store(), read, rule, (reason, ""))
    door.printer.document({"rule": rule, "paused": True})
    door.printer.line(f"{rule} is paused: nothing of it reaches outside until `ansgar rules release {rule}`")


def rules_retire(
    context: typer.Context, rule: Annotated[str, typer.Argument(help="The rule's id.", metavar="ID")]
) -> None:
    """End a rule that is gone from the rulebook: its cases close, its selection empties, its alerts fall."""
    door = doorway(context)
    rulebook = door.rulebook()
    with declining():
        governing.retire(door.installation, door.store(), rulebook, rule)
    door.printer.document({"rule": rule, "state": registry.RETIRED})
    door.printer.line(f"{rule} is retired")


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
                "paused": pause_of(stored),
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


def _note(row: dict[str, Any]) -> str:
    pause = row["paused"]
    if row["waits_for_promotion"]:
        return "waits for its promotion"
    if pause is not None:
        return f"paused: {pause['reason']}" if pause["by"] == "person" else "paused by its limit"
    return ""
