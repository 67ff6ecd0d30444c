"""Commands that set up and look after an installation: init, demo, doctor."""

import json
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from engine.evaluate.matcher import AVAILABLE
from engine.language.rule import Rulebook
from engine.service import admitting, holding, safeguards
from engine.service.anchoring import standings
from engine.service.cli.doorway import DONE, FINDING, USAGE, Doorway, count, doorway
from engine.service.cli.evaluation import print_run
from engine.service.cli.output import complain
from engine.service.config import Settings
from engine.service.config_keys import ConfigError
from engine.service.example_contacts import example_companies, example_contacts
from engine.service.example_rarities import example_projects
from engine.service.importing import Importer
from engine.service.installation import Installation, open_installation
from engine.service.minimisation import unread_in
from engine.service.notices import destinations
from engine.service.runner import run
from engine.service.starting import holds_installation, schema_text, start
from engine.store import alerts, reviews
from engine.store.database import Connection
from engine.store.schema import Store
from engine.store.unavailable import StoreUnavailable
from engine.vocabulary.calendar import Moment, local_date

OLDEST_SQLITE = (3, 39, 0)
LEAST_FREE = 200 << 20  # bytes


def init(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="The folder to make.", metavar="DIR")] = Path("ansgar"),
) -> None:
    """Make a new rulebook: a configuration, commented rules of each kind with tests, and a README that leads on."""
    door = doorway(context)
    if holds_installation(folder):
        complain(f"{folder} holds an installation already; choose another folder")
        raise typer.Exit(USAGE)
    files = sorted(str(path.relative_to(folder)) for path in start(folder))
    door.printer.document({"folder": str(folder), "files": files})
    for file in files:
        door.printer.line(f"made {folder / file}")
    door.printer.line(f"next: cd {folder}; ansgar check; ansgar test; then read README.md")


def schema(context: typer.Context) -> None:
    """Print the JSON Schema of rule files for this installation's model: it lets an editor complete and underline."""
    door = doorway(context)
    sys.stdout.write(schema_text(door.installation.model) + "\n")


def demo(context: typer.Context) -> None:
    """Load example contacts, evaluate the configured rules, and print what happened."""
    door = doorway(context)
    installation = door.installation
    rulebook = door.rulebook()
    store = door.store()
    today = local_date(installation.clock.now(), installation.settings.zone)
    made = (
        ("company", example_companies(today)),
        ("project", example_projects(today)),
        ("contact", example_contacts(today)),
    )
    for entity, records in made:
        importer = Importer(store, entity, installation.clock.now())
        report = importer.take(json.dumps(one, ensure_ascii=False).encode() for one in records)
        taken = report.taken
        door.printer.line(f"{entity}: {taken.created} created, {taken.changed} changed, {taken.unchanged} unchanged")
    door.printer.line()
    print_run(door, run(installation, store, rulebook, installation.moment(), trigger="demo"))
    with store.database.reading() as connection:
        raised = alerts.raised(connection, store.tables)
    door.printer.line()
    door.printer.line(f"{len(raised)} alerts raised:")
    by_rule = {(one.rule, one.severity) for one in raised}
    door.printer.table(
        ("rule", "severity", "alerts"),
        [(rule, severity, sum(one.rule == rule for one in raised)) for rule, severity in sorted(by_rule)],
    )
    door.printer.line()
    door.printer.line("look further: ansgar alerts · ansgar selections · ansgar cases · ansgar explain RULE CONTACT")


def doctor(context: typer.Context) -> None:
    """Look at the installation: one line for each thing that must be right."""
    door = doorway(context)
    found = list(_findings(door))
    door.printer.document({"findings": [{"what": what, "ok": ok, "detail": detail} for what, ok, detail in found]})
    for what, ok, detail in found:
        door.printer.line(f"{'ok  ' if ok else 'BAD '} {what}: {detail}")
    raise typer.Exit(DONE if all(ok for _, ok, _ in found) else FINDING)


def _findings(door: Doorway) -> Iterator[tuple[str, bool, str]]:
    try:
        installation = open_installation(door.config)
    except ConfigError as error:
        yield "configuration", False, str(error)
        return
    yield (
        "configuration",
        True,
        f"{door.config or 'config.yaml, or the defaults'}; time zone {installation.settings.time_zone}",
    )
    fields = sum(len(entity.fields) for entity in installation.model.entities.values())
    yield "model", True, f"{len(installation.model.entities)} entities, {fields} fields"
    loaded = installation.load_rules()
    warnings = len(loaded.problems) - len(loaded.errors)
    rules = (
        count(len(loaded.rulebook.rules), "rule") if loaded.rulebook else count(len(loaded.errors), "error"),
        *((count(warnings, "warning"),) if warnings else ()),
    )
    advice = ": run `ansgar check`" if loaded.problems else ""
    yield "rules", loaded.rulebook is not None, f"{installation.rules_folder}: {', '.join(rules)}{advice}"
    if installation.settings.store.url.startswith("sqlite"):
        sqlite = tuple(map(int, sqlite3.sqlite_version.split(".")))
        yield "sqlite", sqlite >= OLDEST_SQLITE, f"{sqlite3.sqlite_version}, one writer"
    try:
        store = installation.open_store()
        with store.database.writing() as connection:
            yield "store", True, store.database.place
            yield from _waiting(connection, installation.moment())
        if loaded.rulebook is not None:
            yield "what is held", True, unread_in(store, loaded.rulebook, installation.settings.model)
            yield _dates(store, loaded.rulebook, installation.moment())
        yield _tokens(installation, store)
        free = shutil.disk_usage(store.database.file.parent if store.database.file else Path()).free
        yield "disk", free >= LEAST_FREE, f"{free >> 20:,} MiB free"
    except StoreUnavailable as error:
        yield "store", False, str(error)
    missing = "missing: it does not run on this Python; SQL and Python must agree alone"
    yield _secrets(installation)
    yield "durable-rules", True, version("durable-rules") if AVAILABLE else missing
    yield from _outside(installation.settings)
    yield "clock", installation.clock.now().year >= 2024, f"{installation.clock.now():%Y-%m-%d %H:%M} UTC"  # noqa: PLR2004 - no clock of a working machine is earlier


def _outside(settings: Settings) -> Iterator[tuple[str, bool, str]]:
    """Give who is outside: where letters go, who is called, and who is told of what."""
    mail = settings.mail.url or f"letters go into the folder {settings.mail.outbox}"
    yield "mail", True, f"{mail}; from {settings.mail.sender}"
    crm = settings.crm.url if settings.crm else "none: a deletion erases the copy here only"
    yield "crm", True, f"{crm}; it is told of {' and '.join(settings.told)}" if settings.told else crm
    if changing := settings.rotating:
        yield "secrets", True, f"being changed, calls carry two signatures: {', '.join(changing)}"
    named = ", ".join(destinations(settings))
    nobody = (
        "nobody but a rule's owner is told when something waits for a person: name somebody in `notices: {to: […]}`"
    )
    yield "notices", True, f"{named} and a rule's owner are told when something waits for a person" if named else nobody
    told = ", ".join(settings.recipients) or "none: nobody else is told when data is erased, restricted or rectified"
    yield "recipients", True, told


def _dates(store: Store, rulebook: Rulebook, moment: Moment) -> tuple[str, bool, str]:
    """Return how the dates stand from which deletion rules measure age: the finding of their kind."""
    with store.database.reading() as connection:
        found = standings(store, connection, rulebook, moment)
    wrong = sum(one.before_1900 for one in found)
    said = (
        f"{sum(one.missing for one in found)} missing, {sum(one.to_come for one in found)} to come, {wrong} before 1900"
    )
    return "retention dates", not wrong, said + (": run `ansgar anchors`" if wrong else "")


def _tokens(installation: Installation, store: Store) -> tuple[str, bool, str]:
    """Return who may call: whether a door is open, and which tokens to renew or revoke; the finding of its kind."""
    wrong = [safeguards.open_door(installation, store, installation.settings.server.host)]
    with store.database.reading() as connection:
        wrong.append(admitting.to_look_at(connection, installation.moment()))
    told = "; ".join(filter(None, wrong))
    return "tokens", not told, told or "none expires soon, and each has been used lately"


def _secrets(installation: Installation) -> tuple[str, bool, str]:
    """Return whether secrets, keys and databases are anybody else's to know: the finding of its kind."""
    try:
        wrong = [*safeguards.weak_secrets(installation), *safeguards.open_files(installation)]
    except ConfigError as error:
        wrong = [str(error)]
    return "secrets", not wrong, "; ".join(wrong) or "none can be guessed; no key and no database is open to others"


def _waiting(connection: Connection, moment: Moment) -> Iterator[tuple[str, bool, str]]:
    """Give what waits for people: holds to look at again, and reviews to answer."""
    late = holding.overdue(connection, moment)
    yield "holds", not late, f"{count(late, 'review')} overdue" + (": run `ansgar holds`" if late else "")
    opened, late = reviews.counts(connection, moment.now)
    advice = ": run `ansgar reviews`" if late else ""
    yield "reviews", not late, f"{opened} open, {late} overdue{advice}"
