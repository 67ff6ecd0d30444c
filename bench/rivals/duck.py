"""DuckDB: the same rows in its native tables, the thirty rules as thirty statements: near what the machine can do.

It computes verdicts alone: no comparison with what was, no cases, no selections.
"""

import csv
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

import duckdb

from bench.conditions import Condition
from bench.counterparts import counterparts
from bench.facts import MILLION, day_end, day_start
from bench.population import FIELDS, NOW, Contact, contacts
from bench.rivals.duck_sql import selected
from bench.snapshots import DATES
from bench.verdicts import Verdicts, bits
from engine.service.config import Settings
from engine.vocabulary.calendar import Moment

FLAGS = FIELDS[FIELDS.index("restrict_processing") :]
TYPES: Mapping[str, str] = (
    dict.fromkeys(FIELDS, "VARCHAR")
    | dict.fromkeys(DATES, "BIGINT")
    | dict.fromkeys(FLAGS, "BOOLEAN")
    | {"email_bounces": "INTEGER"}
)
TABLES: Mapping[str, Mapping[str, str]] = {
    "contact": {"number": "INTEGER", **TYPES},
    "activity": {
        "contact": "INTEGER",
        "type": "VARCHAR",
        "direction": "VARCHAR",
        "status": "VARCHAR",
        "happened_at": "BIGINT",
    },
    "consent": {
        "contact": "INTEGER",
        "purpose": "VARCHAR",
        "status": "VARCHAR",
        "legal_basis": "VARCHAR",
        "happened_at": "BIGINT",
        "over_at": "BIGINT",
    },
}


def main(count: int, rounds: int, folder: Path) -> None:
    """Load the population, evaluate all rules in rounds on all cores and on one, and tell what came of it."""
    moment = Moment(NOW, Settings().zone)
    rules = counterparts(moment)
    connection = loaded(contacts(count), moment, folder)
    for threads in (None, 1):
        if threads:
            connection.execute(f"SET threads = {threads}")
        for _ in range(rounds):
            began = perf_counter()
            evaluate(connection, rules, moment)
            _tell(round=perf_counter() - began, threads=threads or 0)
    _tell(verdicts={rule: hex(value) for rule, value in verdicts(connection, rules, count).items()})


def loaded(found: Iterable[Contact], moment: Moment, folder: Path) -> duckdb.DuckDBPyConnection:
    """Return a database in memory that holds contacts; texts on the way are left in the folder."""
    files = {name: folder / f"{name}.csv" for name in TABLES}
    _write(found, moment, files)
    connection = duckdb.connect()
    for name, columns in TABLES.items():
        read = f"read_csv('{files[name]}', columns = {json.dumps(columns)}, header = false)"
        tags = " REPLACE (string_split(tags, '|') AS tags)" if "tags" in columns else ""
        connection.execute(f"CREATE TABLE {name} AS SELECT *{tags} FROM {read}")
        files[name].unlink()
    return connection


def evaluate(connection: duckdb.DuckDBPyConnection, rules: Mapping[str, Condition], moment: Moment) -> None:
    """Write the verdicts of all rules into a table, one statement each."""
    connection.execute("CREATE OR REPLACE TABLE verdict (rule INTEGER, contact INTEGER)")
    for number, condition in enumerate(rules.values()):
        connection.execute(f"INSERT INTO verdict {selected(number, condition, moment)}")


def verdicts(connection: duckdb.DuckDBPyConnection, rules: Iterable[str], count: int) -> Verdicts:
    """Return the verdicts that were written."""
    wanted = "SELECT contact FROM verdict WHERE rule = ?"
    return {
        rule: bits((row[0] for row in connection.execute(wanted, [number]).fetchall()), count)
        for number, rule in enumerate(rules)
    }


def _write(found: Iterable[Contact], moment: Moment, files: Mapping[str, Path]) -> None:
    opened = {name: file.open("w", newline="", encoding="utf-8") for name, file in files.items()}
    writers = {name: csv.writer(one) for name, one in opened.items()}
    for one in found:
        writers["contact"].writerow((one.number, *_values(one, moment)))
        writers["activity"].writerows((one.number, *item[1:4], item.at * MILLION) for item in one.activities)
        writers["consent"].writerows(_consents(one, moment))
    for file in opened.values():
        file.close()


def _values(one: Contact, moment: Moment) -> Iterator[Any]:
    for name, value in zip(FIELDS, one.values, strict=True):
        if isinstance(value, tuple):
            yield "|".join(value)
        else:
            yield value if value is None or name not in DATES else day_start(value, moment.zone)


def _consents(one: Contact, moment: Moment) -> Iterator[tuple[Any, ...]]:
    for item in one.consents:
        over = None if item.expires_on is None else day_end(item.expires_on, moment.zone)
        yield one.number, *item[1:4], item.at * MILLION, over


def _tell(**news: object) -> None:
    sys.stdout.write(json.dumps(news) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
