"""The command that stands in for a CRM, so that orders can be tried out on one machine."""

import signal
import sys
import threading
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.language.source import parse, plain_value, read_file
from engine.model.snapshot import Refused, read_json
from engine.service.cli.doorway import doorway
from engine.service.cli.output import Printer
from engine.service.config_keys import ConfigError
from engine.service.demo_answers import ANSWERS, DONE, answer_of
from engine.service.demo_crm import DemoCrm, Script
from engine.vocabulary.problem import Problems, nearest_or_all

KEYS = ("orders", "questions", "contacts")


def demo_crm(
    context: typer.Context,
    port: Annotated[int, typer.Option("--port", min=1, max=65_535, help="The port to listen on.")] = 9000,
    contacts: Annotated[
        Path | None, typer.Option("--contacts", help="Whom it has, one JSON object with an id a line; else everybody.")
    ] = None,
    script: Annotated[Path | None, typer.Option("--script", help="What it answers (YAML); else it deletes.")] = None,
) -> None:
    """Stand in for a CRM: take signed orders, answer as told, and print each with its answer; ends on Ctrl-C."""
    door = doorway(context)
    settings = door.installation.settings
    if settings.crm is None:
        raise ConfigError("`crm` is not configured; the demo CRM checks signatures by its `secret`")
    secret = settings.crm.secret.read(door.installation.home)
    ids = None if contacts is None else _ids(contacts)
    told = Script() if script is None else _script(script)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with _opened(secret, ids, told, port) as crm:
        crm.tell = lambda what, contact, answer: _say(door.printer, f"{what} {contact}: {answer}")
        _say(door.printer, f"takes orders at {crm.url}, and is asked for contacts at {crm.url}/contacts/ID")
        stop.wait()
    door.printer.document(crm.ledger.as_json())


def _opened(secret: str, ids: list[str] | None, told: Script, port: int) -> DemoCrm:
    try:
        return DemoCrm(secret, ids, told, port=port)
    except OSError:
        raise ConfigError(f"--port {port}: nothing can listen there; choose another") from None


def _say(printer: Printer, text: str) -> None:
    """Print a line at once, also into a pipe."""
    printer.line(text)
    sys.stdout.flush()


def _ids(file: Path) -> list[str]:
    found: list[str] = []
    for number, line in enumerate(file.read_bytes().splitlines(), 1):
        try:
            one = read_json(line) if line.strip() else None
        except Refused as error:
            raise ConfigError(f"{file}:{number}: {error.refusals[0].reason}") from None
        if one is None:
            continue
        if not isinstance(one, dict) or not isinstance(one.get("id"), str):
            raise ConfigError(f"{file}:{number}: a JSON object with an `id` was expected")
        found.append(one["id"])
    return found


def _script(file: Path) -> Script:
    """Return the script of a file; raises ConfigError with the first fault found."""
    try:
        parsed = parse(read_file(file, str(file)), str(file))
    except Problems as error:
        raise ConfigError(str(error)) from None
    if parsed.problems:
        raise ConfigError("\n".join(one.render() for one in parsed.problems))
    written = plain_value(parsed.documents[0]) if parsed.documents else {}
    if not isinstance(written, Mapping):
        raise ConfigError(f"{file}: a script is a mapping with {', '.join(KEYS)}")
    for name in written:
        if name not in KEYS:
            raise ConfigError(f"{file}: unknown key `{name}`; {nearest_or_all(str(name), KEYS)}")
    by_contact = written.get("contacts") or {}
    if not isinstance(by_contact, Mapping):
        raise ConfigError(f"{file}: `contacts` is a mapping of ids to answers")
    own = {str(contact): _answers(file, answers) for contact, answers in by_contact.items()}
    return Script(_answers(file, written.get("orders")), _answers(file, written.get("questions")), own)


def _answers(file: Path, written: Any) -> deque[str]:
    listed = written if isinstance(written, list) else [written] if written is not None else []
    found: deque[str] = deque()
    for one in listed:
        text = ": ".join(map(str, *one.items())) if isinstance(one, Mapping) and len(one) == 1 else str(one)
        try:
            answer_of(text)
        except KeyError:
            hint = nearest_or_all(text.partition(":")[0], ANSWERS)
            raise ConfigError(f"{file}: unknown answer `{text}`; {hint}; `{DONE}` behind one carries it out") from None
        found.append(text)
    return found
