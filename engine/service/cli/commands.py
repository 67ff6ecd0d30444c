"""The commands by name: where each lives, and how it is made once somebody calls it."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import typer

Command = Callable[..., None]

# Where each command lives: its module below this package, and its function. Imported once it is called, because the
# store, the server and what they bring along take longer than reading the rules of most installations.
COMMANDS = {
    "init": "setup:init",
    "check": "checking:check",
    "describe": "describing:describe",
    "test": "testing:run_tests",
    "import": "state:import_command",
    "plan": "planning:plan_command",
    "forecast": "planning:forecast_command",
    "run": "evaluation:run_command",
    "explain": "evaluation:explain",
    "demo": "setup:demo",
    "demo-crm": "demonstrating:demo_crm",
    "doctor": "setup:doctor",
    "schema": "setup:schema",
    "cases": "state:cases_list",
    "erased": "deciding:erased",
    "report": "disclosing:report_command",
    "export": "disclosing:export_command",
    "anonymous": "anonymous:anonymous",
    "anchors": "anchors:anchors",
    "serve": "serving:serve",
}
# Groups list what they are about, and know further words.
GROUPS: dict[str, tuple[str, str, dict[str, str]]] = {
    "runs": ("Runs: list them, or show one.", "state:runs_list", {"show": "state:runs_show"}),
    "selections": ("Selections, and their members.", "state:selections_list", {"members": "state:selections_members"}),
    "alerts": ("Alerts: list them, or lower one.", "state:alerts_list", {"lower": "state:alerts_lower"}),
    "rules": (
        "Rules: list them, promote one, pause one, release a paused one, or retire one that is gone.",
        "governing:rules_list",
        {
            "list": "governing:rules_list",
            "promote": "governing:rules_promote",
            "pause": "governing:rules_pause",
            "release": "deciding:rules_release",
            "retire": "governing:rules_retire",
        },
    ),
    "deletions": (
        "Deletions: list them, and decide about them.",
        "deleting:deletions_list",
        {
            "list": "deleting:deletions_list",
            "show": "deleting:deletions_show",
            "batches": "deleting:deletions_batches",
            "approve": "deleting:deletions_approve",
            "keep": "deleting:deletions_keep",
            "restore": "deleting:deletions_restore",
        },
    ),
    "feeds": (
        "Feeds that deletion rules read: how fresh and how full; and a person's word that a change is right.",
        "feeds:feeds_list",
        {"list": "feeds:feeds_list", "accept": "feeds:feeds_accept"},
    ),
    "messages": (
        "Messages and calls to the outside: list them, or replay parked ones.",
        "messages:messages_list",
        {"list": "messages:messages_list", "replay": "messages:messages_replay"},
    ),
    "notices": (
        "Notices that something waits for a person: list them, or replay parked ones.",
        "notices:notices_list",
        {"list": "notices:notices_list", "replay": "notices:notices_replay"},
    ),
    "recipients": (
        "Those to whom data was disclosed: what they were told, replay what is parked, or settle it.",
        "recipients:recipients_sums",
        {
            "list": "recipients:recipients_list",
            "replay": "recipients:recipients_replay",
            "settle": "recipients:recipients_settle",
        },
    ),
    "audit": (
        "Audits: list those of the nights, or make one now.",
        "auditing:audits_list",
        {
            "list": "auditing:audits_list",
            "verdicts": "auditing:audit_verdicts",
            "verify": "chaining:audit_verify",
            "export": "chaining:audit_export",
        },
    ),
    "keys": (
        "Keys of hashes, and of the audit chain, which stand outside the database.",
        "keys:keys_list",
        {"list": "keys:keys_list", "rotate": "keys:keys_rotate", "destroy": "keys:keys_destroy"},
    ),
    "token": (
        "Tokens of the API.",
        "tokens:token_list",
        {"create": "tokens:token_create", "list": "tokens:token_list", "revoke": "tokens:token_revoke"},
    ),
    "holds": (
        "Holds: list them, add or lift one.",
        "holding:holds_list",
        {"add": "holding:holds_add", "lift": "holding:holds_lift"},
    ),
    "restrictions": (
        "Restrictions (Art. 18): list them, lift one, permit a use nevertheless, or withdraw that.",
        "restricting:restrictions_list",
        {
            "lift": "restricting:restrictions_lift",
            "permit": "restricting:restrictions_permit",
            "withdraw": "restricting:restrictions_withdraw",
        },
    ),
    "reviews": (
        "Reviews by a person (Art. 22, and `request_review`): list those that are open, show or answer one.",
        "reviewing:reviews_list",
        {
            "list": "reviewing:reviews_list",
            "show": "reviewing:reviews_show",
            "answer": "reviewing:reviews_answer",
        },
    ),
}


class OnDemand(dict[str, Any]):
    """The commands of the command line, each made when it is asked for."""

    def __init__(self) -> None:
        super().__init__(dict.fromkeys((*COMMANDS, *GROUPS)))

    def get(self, name: str, default: Any = None) -> Any:
        """Return a command by its name."""
        return typer.main.get_command(_made(name)) if name in self else default


def _made(name: str) -> typer.Typer:
    if name in COMMANDS:
        app = typer.Typer(add_completion=False, rich_markup_mode=None)
        app.command(name)(_function(COMMANDS[name]))
        return app
    help_text, listing, further = GROUPS[name]
    group = typer.Typer(help=help_text, invoke_without_command=True, add_completion=False, rich_markup_mode=None)
    group.callback()(_unless_further(_function(listing)))
    for word, where in further.items():
        group.command(word)(_function(where))
    return group


def _function(where: str) -> Command:
    module, _, name = where.partition(":")
    found: Command = getattr(import_module(f"engine.service.cli.{module}"), name)
    return found


def _unless_further(listing: Callable[..., None]) -> Callable[[typer.Context], None]:
    """Return a callback that lists when no further word stands behind the group's name."""

    def run_listing(context: typer.Context) -> None:
        if context.invoked_subcommand is None:
            listing(context)

    run_listing.__doc__ = listing.__doc__
    return run_listing
