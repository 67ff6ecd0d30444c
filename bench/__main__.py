"""The bench: import and full evaluation over synthetic contacts, in a store of its own."""

import argparse
import json
import random
import resource
import statistics
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

from actions.catalogue import ACTIONS
from engine.language.load import Loader
from engine.language.rule import Rulebook
from engine.model.shipped import SHIPPED_MODEL
from engine.service.config import Settings
from engine.service.importing import Importer
from engine.service.installation import Installation
from engine.service.runner import run
from engine.store.database import open_database
from engine.store.schema import open_store
from engine.vocabulary.clock import MovingClock

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SEED = 1
CRITERIA = (
    "[{field: category, one_of: [Customer]}, {count: sales, where: {status: sold}, in_last: 1 year, equals: 0}]",
    "[{last: sales, where: {status: sold}, older_than: 2 years}]",
    "[{sum: sales.amount, where: {status: sold}, in_last: 2 years, more_than: 50000}]",
    "[{field: created_on, older_than: 3 years}, {field: category, is: Prospect}]",
    "[{consent: marketing, is: given}, {field: country, none_of: [SE, NO]}]",
    "[{legal_basis: any, is: none}, {field: created_on, older_than: 30 days}]",
    "[{latest_of: [created_on, {last: sales}], older_than: 18 months}]",
    "{any: [{field: restrict_processing, is: true}, {field: objects_to_marketing, is: true}]}",
    "[{field: birth_date, anniversary_in_next: 7 days}]",
    "[{count: sales, where: {status: lost}, in_last: 90 days, at_least: 2}, {selection: rule-3, is_member: false}]",
)


def main() -> None:
    """Run the bench and print its table."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("--contacts", type=int, default=20_000)
    parser.add_argument("--sales", type=int, default=70_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = measured(Path(folder), options.contacts, options.sales, options.rounds)
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
    first = run(installation, store, rulebook(), installation.moment())
    later = [run(installation, store, rulebook(), installation.moment()).seconds for _ in range(rounds)]
    full = [sum(seconds) for seconds in later]
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
        "matched, all rules": sum(rule.tally.matched for rule in first.rules),
        "peak memory MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
    }


def rulebook() -> Rulebook:
    """Return the ten rules."""
    rules = [
        f"- {{rule: rule-{number}, stage: live, if: {criteria}, then: [{{keep_in_selection: rule-{number}}}]}}"
        for number, criteria in enumerate(CRITERIA)
    ]
    loaded = Loader(SHIPPED_MODEL, ACTIONS, Settings().zone).load_texts({"bench.yaml": "rules:\n" + "\n".join(rules)})
    if loaded.rulebook is None:
        raise SystemExit("\n".join(problem.render() for problem in loaded.problems))
    return loaded.rulebook


def synthetic(contacts: int, sales: int) -> Iterator[dict[str, Any]]:
    """Give contacts from a seeded generator; sales are shared out unevenly, as in life."""
    rng = random.Random(SEED)  # noqa: S311 - made-up data, repeatable on purpose
    counts = [0] * contacts
    for number in range(sales):
        # Half of all sales are with a tenth of the contacts.
        counts[rng.randrange(contacts if number % 2 else max(1, contacts // 10))] += 1
    for number, count in enumerate(counts):
        yield {
            "id": f"p{number}",
            "name": f"Person {number}",
            "email": f"p{number}@example.se",
            "category": rng.choice(("Customer", "Customer", "Key account", "Prospect", "Lead")),
            "country": rng.choice(("SE", "SE", "NO", "DK", "DE")),
            "created_on": day(rng, 3_000),
            "birth_date": day(rng, 30_000),
            "restrict_processing": rng.random() < 0.02,
            "objects_to_marketing": rng.random() < 0.05,
            "sales": [
                {
                    "id": f"s{n}",
                    "status": rng.choice(("sold", "sold", "open", "lost")),
                    "amount": rng.randrange(1, 90_000),
                    "at": day(rng, 2_000),
                }
                for n in range(count)
            ],
            "consents": [
                {"purpose": "marketing", "status": rng.choice(("given", "given", "withdrawn")), "at": day(rng, 900)}
            ]
            if rng.random() < 0.6
            else [],
        }


def day(rng: random.Random, most: int) -> str:
    """Return a day at most so many days ago."""
    return (date(2026, 3, 1) - timedelta(days=rng.randrange(most))).isoformat()


if __name__ == "__main__":
    main()
