"""The bench: import and full evaluation over synthetic contacts in a store of its own, and whole commands."""

import argparse
import json
import resource
import statistics
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

from bench.commands import timed
from bench.contacts import synthetic
from bench.rules import CRITERIA, ten
from engine.model.shipped import SHIPPED_MODEL
from engine.service.config import Settings
from engine.service.importing import Importer
from engine.service.installation import Installation
from engine.service.runner import Wanted, run
from engine.store.database import open_database
from engine.store.schema import open_store
from engine.vocabulary.clock import MovingClock

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def main() -> None:
    """Run the bench and print its table."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("--contacts", type=int, default=20_000)
    parser.add_argument("--sales", type=int, default=70_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = measured(Path(folder), options.contacts, options.sales, options.rounds)
        figures |= timed(Path(folder), options.rounds)
    for name, value in figures.items():
        sys.stdout.write(f"{name:32} {value:>12}\n")
    Path("var").mkdir(exist_ok=True)
    Path("var/bench.json").write_text(json.dumps(figures, indent=1))


def measured(folder: Path, contacts: int, sales: int, rounds: int) -> dict[str, Any]:
    """Return the figures: seconds of import, of the first full run, and of full runs that move nothing."""
    installation = Installation(Settings(), folder, SHIPPED_MODEL, MovingClock(NOW))
    store = open_store(open_database(f"sqlite:///{folder / 'bench.db'}"), SHIPPED_MODEL, Settings().zone)
    lines = [json.dumps(one).encode() for one in synthetic(contacts, sales)]
    started = perf_counter()
    report = Importer(store, "contact", NOW).take(lines)
    import_seconds = perf_counter() - started
    first = run(installation, store, ten(), installation.moment())
    moment = installation.moment()
    full = [sum(run(installation, store, ten(), moment, Wanted(is_full=True)).seconds) for _ in range(rounds)]
    idle = [sum(run(installation, store, ten(), moment).seconds) for _ in range(rounds)]
    return {
        "contacts": contacts,
        "sales": sales,
        "rules": len(CRITERIA),
        "created": report.taken.created,
        "import s": round(import_seconds, 2),
        "import items/s": round((contacts + sales) / import_seconds),
        "first run s": round(sum(first.seconds), 3),
        "full run s, median": round(statistics.median(full), 3),
        "full run s, min": round(min(full), 3),
        "full run s, max": round(max(full), 3),
        "idle run s, median": round(statistics.median(idle), 3),
        "matched, all rules": sum(rule.tally.matched for rule in first.rules),
        "peak memory MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
    }


if __name__ == "__main__":
    main()
