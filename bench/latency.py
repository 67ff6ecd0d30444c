"""Latency: from a change of one contact to the stored verdicts of all rules that read it, and how many a second."""

import random
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

from bench.changes import BATCH
from bench.place import SQLITE, Place, filled, loaded, opened
from bench.spread import percentile, round_to
from engine.evaluate.decision import Decider
from engine.model.shipped import CONTACT
from engine.model.snapshot import Snapshot
from engine.service.scene import Scene, open_scene
from engine.service.watching import look_at_changes
from engine.store import changes
from engine.store.intake import Intake

MOST_CONTACTS = 10_000
ONE_IN = 10  # rules that read the field that changes
FIELD, VALUES = "category", ("Customer", "Prospect", "Lead", "Partner")
OTHERS = (
    "{{field: country, is: SE}}, {{field: created_on, older_than: {n} days}}",
    "{{field: owner, is: owner-{n}}}, {{field: last_activity_on, older_than: {n} days}}",
    "{{count: activities, where: {{direction: outgoing}}, in_last: {n} days, at_least: 2}}",
    "{{consent: marketing, is: given}}, {{field: birth_date, older_than: {n} days}}",
    "{{last: activities, where: {{direction: incoming}}, older_than: {n} days}}",
)
# A change moves one or two of the rules that read it, as in life; the others are judged and stay as they are.
READS = (
    "{{field: category, is: {value}}}, {{field: country, is: {country}}}, {{field: created_on, older_than: {n} days}}"
)
COUNTRIES = ("NO", "DK", "FI", "DE", "GB")


def rules_text(count: int) -> str:
    """Return a rulebook of so many rules, of which one in ten reads the field that changes."""
    rules = []
    for number in range(count):
        form = OTHERS[number % len(OTHERS)] if number % ONE_IN else READS
        country = COUNTRIES[number // ONE_IN % len(COUNTRIES)]
        asked = form.format(n=number + 10, value=VALUES[number // ONE_IN % len(VALUES)], country=country)
        rules.append(f"- {{rule: r{number}, stage: live, if: [{asked}], then: [{{keep_in_selection: r{number}}}]}}")
    return "rules:\n" + "\n".join(rules)


def single_changes(folder: Path, contacts: int, rules: int, samples: int) -> Mapping[str, Any]:
    """Return the percentiles of single changes, one after the other, and the rate of many at once; in SQLite."""
    place = opened(SQLITE, folder, loaded(rules_text(rules)), contacts)
    filled(place, quickly=True)
    place.run()
    with place.store.database.writing() as connection:
        changes.mark_seen(connection, changes.newest(connection))  # the run has seen all that was filled in
    decider = Decider()
    scene = open_scene(place.installation, place.store, place.rulebook, decider)
    rng = random.Random(3)
    seconds = [_seconds(place, scene, [number], rng) for number in rng.sample(range(contacts), samples)]
    many = rng.sample(range(contacts), min(contacts, BATCH))
    together = _seconds(place, scene, many, rng)
    decider.close()
    place.store.database.close()
    return {
        "rules": rules,
        "reading": len(range(0, rules, ONE_IN)),
        "p50 ms": round_to(percentile(seconds, 50) * 1000),
        "p99 ms": round_to(percentile(seconds, 99) * 1000),
        "changes": samples,
        "changes/s in batches": round(len(many) / together),
    }


def _seconds(place: Place, scene: Scene, numbers: list[int], rng: random.Random) -> float:
    """Return the seconds from before contacts are written to after their verdicts are committed."""
    found = [Snapshot(f"p{number}", {FIELD: rng.choice(VALUES)}) for number in numbers]
    began = perf_counter()
    with place.store.database.writing() as connection:
        Intake(place.store.tables, CONTACT, place.store.zone, upserts=True).take(connection, found, place.now)
    while look_at_changes(scene, place.installation.moment()):
        pass
    return perf_counter() - began
