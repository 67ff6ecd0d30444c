"""The `ansgar` command: all commands by name, and the boundary at which every failure becomes a sentence."""

import sys
from collections.abc import Callable
from importlib.metadata import version
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import structlog
import typer

from engine.service.cli import (
    deciding,
    describing,
    evaluation,
    governing,
    messages,
    planning,
    serving,
    setup,
    state,
    testing,
)
from engine.service.cli.doorway import FINDING, UNAVAILABLE, USAGE, Doorway
from engine.service.cli.output import Printer, complain
from engine.service.config import ConfigError
from engine.service.faults import told
from engine.service.logs import configure_logs
from engine.store.database import StoreMisconfigured, StoreUnavailable
from engine.vocabulary.problem import Problems

APP = typer.Typer(
    name="ansgar",
    help="Rules beside a CRM: selections, alerts, notices and lawful deletion, with a reason for every verdict.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


Command = Callable[..., None]
JSON = "--json"

COMMANDS: dict[str, Command] = {
    "init": setup.init,
    "check": evaluation.check,
    "describe": describing.describe,
    "test": testing.run_tests,
    "import": state.import_command,
    "plan": planning.plan_command,
    "forecast": planning.forecast_command,
    "run": evaluation.run_command,
    "explain": evaluation.explain,
    "demo": setup.demo,
    "doctor": setup.doctor,
    "schema": setup.schema,
    "cases": state.cases_list,
    "erased": deciding.erased,
    "serve": serving.serve,
}
# Groups list what they are about, and know further words.
GROUPS: dict[str, tuple[str, Command, dict[str, Command]]] = {
    "runs": ("Runs: list them, or show one.", state.runs_list, {"show": state.runs_show}),
    "selections": ("Selections, and their members.", state.selections_list, {"members": state.selections_members}),
    "alerts": ("Alerts: list them, or lower one.", state.alerts_list, {"lower": state.alerts_lower}),
    "rules": (
        "Rules: list them, promote one, pause one, release a paused one, or retire one that is gone.",
        governing.rules_list,
        {
            "list": governing.rules_list,
            "promote": governing.rules_promote,
            "pause": governing.rules_pause,
            "release": deciding.rules_release,
            "retire": state.rules_retire,
        },
    ),
    "deletions": (
        "Deletions: list them, and decide about them.",
        deciding.deletions_list,
        {
            "approve": deciding.deletions_approve,
            "keep": deciding.deletions_keep,
            "restore": deciding.deletions_restore,
        },
    ),
    "messages": (
        "Messages and calls to the outside: list them, or replay parked ones.",
        messages.messages_list,
        {"list": messages.messages_list, "replay": messages.messages_replay},
    ),
    "token": (
        "Tokens of the API.",
        serving.token_list,
        {"create": serving.token_create, "list": serving.token_list, "revoke": serving.token_revoke},
    ),
    "holds": (
        "Holds: list them, add or lift one.",
        deciding.holds_list,
        {"add": deciding.holds_add, "lift": deciding.holds_lift},
    ),
}


def _register() -> None:
    for name, command in COMMANDS.items():
        APP.command(name)(command)
    for name, (help_text, listing, further) in GROUPS.items():
        group = typer.Typer(help=help_text, invoke_without_command=True, rich_markup_mode=None)
        APP.add_typer(group, name=name)
        group.callback()(_unless_further(listing))
        for word, command in further.items():
            group.command(word)(command)


def _unless_further(listing: Callable[..., None]) -> Callable[[typer.Context], None]:
    """Return a callback that lists when no further word stands behind the group's name."""

    def run_listing(context: typer.Context) -> None:
        if context.invoked_subcommand is None:
            listing(context)

    run_listing.__doc__ = listing.__doc__
    return run_listing


def _print_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"ansgar {version('ansgar')}\n")
        raise typer.Exit


@APP.callback()
def _options(
    context: typer.Context,
    config: Annotated[
        Path | None, typer.Option("--config", help="The configuration file; config.yaml by default.", metavar="FILE")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document on stdout, and nothing else there.")
    ] = False,
    _version: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """Rules beside a CRM: selections, alerts, notices and lawful deletion, with a reason for every verdict."""
    if config is not None and not config.is_file():
        raise ConfigError(f"--config {config}: there is no such file")
    context.obj = Doorway(config, Printer(as_json))


_register()


def refuse_odd_arguments(arguments: list[str]) -> None:
    """Raise ConfigError where an argument is not text in UTF-8."""
    for argument in arguments:
        if not argument.isprintable() and any("\ud800" <= c <= "\udfff" for c in argument):
            raise ConfigError("an argument is not text in UTF-8")


def json_first(arguments: list[str]) -> list[str]:
    """Return the arguments with `--json` in front: people write it on either side of the command."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    if JSON not in arguments[:end]:
        return arguments
    return [JSON, *(one for one in arguments[:end] if one != JSON), *arguments[end:]]


def main() -> None:
    """Run the command line; exits 0 done, 1 finding, 2 usage or configuration, 3 unavailable, 4 refused by a guard."""
    configure_logs()
    try:
        refuse_odd_arguments(sys.argv[1:])
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")  # a name that the terminal cannot show is no reason to fail
        APP(json_first(sys.argv[1:]))
    except ConfigError as error:
        complain(str(error))
        sys.exit(USAGE)
    except Problems as error:
        complain(str(error))
        sys.exit(FINDING)
    except StoreMisconfigured as error:
        complain(str(error))
        sys.exit(USAGE)
    except StoreUnavailable as error:
        complain(str(error))
        sys.exit(UNAVAILABLE)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        complain(f"{error.filename or 'the output'}: {(error.strerror or 'cannot be used').lower()}")
        sys.exit(UNAVAILABLE)
    except Exception as error:  # noqa: BLE001 - the boundary: a fault of ours is told by its place, without values
        fault = told(error)
        structlog.get_logger("ansgar").error("fault", **fault)
        where = f"{fault['kind']} at {fault['where']}"
        complain(f"ansgar has a fault of its own ({where}); please report it with this line")
        sys.exit(UNAVAILABLE)
