"""The bench of twenty thousand contacts: import and full evaluation of ten rules, as the first issues ask for."""

import json
import resource
import statistics
from pathlib import Path
from time import perf_counter
from typing import Any

from bench.contacts import synthetic
from bench.place import SQLITE, opened
from bench.rules import CRITERIA, ten
from engine.service.importing import Importer

CONTACTS, SALES = 20_000, 70_000


def measured(folder: Path, rounds: int) -> dict[str, Any]:
    """Return the figures: seconds of import, of the first full run, and of full runs that move nothing."""
    place = opened(SQLITE, folder, ten(), CONTACTS)
    lines = [json.dumps(one).encode() for one in synthetic(CONTACTS, SALES)]
    started = perf_counter()
    report = Importer(place.store, "contact", place.now).take(lines)
    import_seconds = perf_counter() - started
    _, first = place.run()
    full = [sum(place.run(full=True)[1].seconds) for _ in range(rounds)]
    idle = [sum(place.run()[1].seconds) for _ in range(rounds)]
    place.store.database.close()
    return {
        "contacts": CONTACTS,
        "sales": SALES,
        "rules": len(CRITERIA),
        "created": report.taken.created,
        "import s": round(import_seconds, 2),
        "import items/s": round((CONTACTS + SALES) / import_seconds),
        "first run s": round(sum(first.seconds), 3),
        "full run s, median": round(statistics.median(full), 3),
        "full run s, min": round(min(full), 3),
        "full run s, max": round(max(full), 3),
        "idle run s, median": round(statistics.median(idle), 3),
        "matched, all rules": sum(rule.tally.matched for rule in first.rules),
        "peak memory MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
    }
