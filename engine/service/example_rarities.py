"""What is rare among the example records, by their number and not by chance: each shipped rule finds somebody."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

Record = dict[str, Any]

PROJECTS = 60
REQUESTS = {  # the number of a contact, of 240 each: type and status of a request
    7: ("portability", "open"),
    27: ("access", "verified"),
    47: ("restriction", "open"),
    87: ("review", "open"),
    127: ("marketing objection", "answered"),
    147: ("portability", "verified"),
    167: ("erasure", "granted"),
    187: ("restriction", "ending"),
    207: ("access", "extended"),
}
PHASES = ("Running", "Running", "Finished", "Stopped")


def contact_with_rarities(record: Record, number: int, today: date) -> Record:
    """Return a contact with what few have: invoices of what was sold, requests of all types, visits, a breach."""
    is_customer = record.get("category") == "Customer"
    sold = [one["at"] for one in record["sales"] if one["status"] == "sold"]
    if sold:
        record["last_invoice_on"] = max(sold)
    record["special_category"] = number % 97 == 5
    if number % 240 in REQUESTS:
        kind, status = REQUESTS[number % 240]
        record["requests"].append({"id": "r2", "type": kind, "status": status, "at": _ago(today, 12)})
        record["restrict_processing"] = status == "ending" or record.get("restrict_processing", False)
    if is_customer and number % 40 == 3:
        record["activities"] += [_outgoing(f"v{week}", "visit", today, 7 * week) for week in (2, 5)]
    if is_customer and number % 40 == 13:
        record["activities"] += [_outgoing(f"c{week}", "phone", today, 7 * week) for week in (2, 5, 9)]
    if number % 480 == 300:
        record["activities"].append({"id": "b", "type": "breach", "status": "open", "at": _ago(today, 0)})
    if is_customer and not record["consents"] and number % 20 == 11:
        asked = {"purpose": "marketing", "status": "requested", "legal_basis": "consent", "at": _ago(today, 30)}
        record["consents"].append(asked)
    if record.get("category") == "Prospect" and number % 25 == 9:
        record["category"] = "Subscriber"
    return record


def company_with_rarities(record: Record, number: int, today: date) -> Record:
    """Return a company with what few have: many open requests; and the first one, our own, a breach to report."""
    if number == 0:
        record["requests"] = [{"id": "b", "type": "breach", "status": "open", "at": _ago(today, 0)}]
    if number % 60 == 30:
        record["requests"] = [
            {"id": f"r{one}", "type": "support", "status": "open", "at": _ago(today, 3 * one)} for one in range(1, 6)
        ]
    return record


def example_projects(today: date) -> Iterator[Record]:
    """Give the projects of the example companies, every third with something planned."""
    for number in range(PROJECTS):
        planned = [_outgoing("next", "meeting", today, -10), _outgoing("last", "meeting", today, 4)]
        yield {
            "id": f"j-{number:02}",
            "name": f"Project {number}",
            "status": PHASES[number % len(PHASES)],
            "company": f"c-{number:03}",
            "created_on": _ago(today, 20 + 5 * number),
            "activities": planned if number % 3 == 0 else [],
        }


def _outgoing(its_id: str, kind: str, today: date, days: int) -> Record:
    return {"id": its_id, "type": kind, "direction": "outgoing", "status": "done", "at": _ago(today, days)}


def _ago(today: date, days: int) -> str:
    return (today - timedelta(days=days)).isoformat()
