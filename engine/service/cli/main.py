"""The `ansgar` command: the global options, and the boundary at which every failure becomes a sentence."""

import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer

from engine.service.cli.commands import OnDemand
from engine.service.cli.doorway import FINDING, UNAVAILABLE, USAGE, Doorway
from engine.service.cli.output import Printer, complain
from engine.service.config_keys import ConfigError
from engine.service.faults import told
from engine.store.unavailable import StoreMisconfigured, StoreUnavailable
from engine.vocabulary.problem import Problems

JSON = "--json"


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415 - nobody else wants it

        sys.stdout.write(f"ansgar {version('ansgar')}\n")
        raise typer.Exit


APP = typer.Typer(
    name="ansgar",
    help="Rules beside a CRM: selections, alerts, notices and lawful deletion, with a reason for every verdict.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


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
    try:
        refuse_odd_arguments(sys.argv[1:])
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")  # a name that the terminal cannot show is no reason to fail
        commands = typer.main.get_group(APP)
        commands.commands = OnDemand()
        commands(json_first(sys.argv[1:]))
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
        from engine.service.logs import logger  # noqa: PLC0415 - most commands log nothing

        fault = told(error)
        logger("cli").error("fault", **fault)
        where = f"{fault['kind']} at {fault['where']}"
        complain(f"ansgar has a fault of its own ({where}); please report it with this line")
        sys.exit(UNAVAILABLE)
