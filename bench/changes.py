"""Changes: what a CRM reports of some contacts within a while, taken in by the real intake."""

import random
from itertools import islice

from bench.place import Place
from engine.model.facts import Item, Value
from engine.model.shipped import CONTACT
from engine.model.snapshot import Snapshot
from engine.store.intake import Intake
from engine.vocabulary.calendar import local_date

BATCH = 500
TYPES = (("email", "incoming"), ("email", "outgoing"), ("call", "outgoing"), ("mailing", "outgoing"))
CATEGORIES = ("Customer", "Prospect", "Lead", "Partner")


def take_in(place: Place, count: int, rng: random.Random) -> None:
    """Change so many contacts: half of them by a new activity, half by another value of a field."""
    chosen = rng.sample(range(place.contacts), count)
    found = (changed(place, number, rng) for number in chosen)
    intake = Intake(place.store.tables, CONTACT, place.store.zone, upserts=True)
    while batch := list(islice(found, BATCH)):
        with place.store.database.writing() as connection:
            intake.take(connection, batch, place.now)


def changed(place: Place, number: int, rng: random.Random) -> Snapshot:
    """Return what the CRM says of one contact that has changed."""
    today = local_date(place.now, place.store.zone)
    if number % 2:
        kind, direction = rng.choice(TYPES)
        done: dict[str, Value | None] = {"type": kind, "direction": direction, "status": "done", "at": place.now}
        activity = Item(f"n{place.now:%y%m%d%H%M%S}-{number}", done)
        return Snapshot(f"p{number}", {"last_activity_on": today}, {"activities": (activity,)})
    name = rng.choice(("owner", "category", "last_invoice_on"))
    values: dict[str, Value | None] = {
        "owner": f"owner-{rng.randrange(60)}",
        "category": rng.choice(CATEGORIES),
        "last_invoice_on": today,
    }
    return Snapshot(f"p{number}", {name: values[name]})
