"""A small CRM beside Ansgar: its tables, what it asks before it acts, what it does when called, and its job."""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from os import environ
from typing import Any
from uuid import uuid4

import httpx

from docs.integrate.ansgar_http import AWAY, PASSING, Ansgar, Answer, Json, Problem, Receiver

SOURCE = "/small-crm"  # with an event's id it names the event, for good
IDLE = 300.0  # seconds after which the job looks by itself
LOOK = "INSERT INTO to_look_at VALUES (?, ?)"
JOIN = "INSERT OR IGNORE INTO member VALUES (?, ?)"
LEAVE = "DELETE FROM member WHERE selection = ? AND contact = ?"
TABLES = """
CREATE TABLE IF NOT EXISTS contact (id TEXT PRIMARY KEY, state TEXT, unpaid INT DEFAULT 0, archived INT DEFAULT 0);
CREATE TABLE IF NOT EXISTS outbox (place INTEGER PRIMARY KEY, contact TEXT NOT NULL, event TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS answered (call TEXT PRIMARY KEY, status INTEGER NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS accepted (call TEXT PRIMARY KEY, contact TEXT, expires_at TEXT NOT NULL, is_done INTEGER);
CREATE TABLE IF NOT EXISTS ledger (call TEXT NOT NULL, contact TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS card (contact TEXT PRIMARY KEY, etag TEXT NOT NULL, content TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS alert (id INTEGER PRIMARY KEY, contact TEXT NOT NULL, blocks TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS member (selection TEXT NOT NULL, contact TEXT NOT NULL, PRIMARY KEY (selection, contact));
CREATE TABLE IF NOT EXISTS feed (selection TEXT PRIMARY KEY, cursor INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS to_look_at (what TEXT NOT NULL, why TEXT NOT NULL);
"""


class Crm:
    """Contacts and what the integration keeps, in one database. `wake` tells the job that there is something to do."""

    def __init__(self, file: str = ":memory:") -> None:
        self._db, self._turn = sqlite3.connect(file, check_same_thread=False), threading.RLock()
        self._db.executescript(TABLES)
        self.wake, self.is_over = threading.Event(), threading.Event()

    def close(self) -> None:
        """End the job, and let go of the database."""
        self.is_over.set()
        self.wake.set()
        self._db.close()

    @contextmanager
    def changing(self) -> Iterator[sqlite3.Connection]:
        """Give the tables for one transaction: all that is done in it is kept, or nothing."""
        with self._turn, self._db:
            yield self._db

    def rows(self, question: str, *values: object) -> list[tuple[Any, ...]]:
        """Return what the tables answer."""
        with self._turn:
            return self._db.execute(question, values).fetchall()

    def state(self, contact: str) -> Json:
        """Return a contact as Ansgar is told of it; empty where there is none."""
        found = self.rows("SELECT state FROM contact WHERE id = ?", contact)
        return dict(json.loads(found[0][0])) if found else {}

    def save(self, contact: str, **fields: object) -> None:
        """Change a contact: its state and the event about it, with the next version, are kept together."""
        with self.changing():
            self._note("crm.contact.changed", contact, {**fields, "version": self._keep(contact, fields)})

    def log(self, kind: str, contact: str, collection: str, item: Json) -> None:
        """Note an item, such as a consent, with an event of its own; the contact's version grows with it."""
        with self.changing():
            others = [one for one in self.state(contact).get(collection, []) if one.get("id", one) != item.get("id")]
            self._note(kind, contact, item)
            version = self._keep(contact, {collection: [*others, item]})
            self._note("crm.contact.changed", contact, {"version": version})

    def merge(self, ends: str, stays: str) -> None:
        """Let a contact end in another. What was noted about it goes out before that, and nothing afterwards."""
        with self.changing() as db:
            self._note("crm.contact.merged", ends, {"into": stays})
            forget(db, ends)

    def _keep(self, contact: str, fields: Json) -> int:
        held = self.state(contact)
        state = {**held, **fields, "id": contact, "version": held.get("version", 0) + 1}
        put = "INSERT INTO contact (id, state) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET state = excluded.state"
        self._db.execute(put, (contact, json.dumps(state)))
        return int(state["version"])

    def _note(self, kind: str, contact: str, data: Json) -> None:
        """Put an event into the outbox, under the id that it keeps, however often it is sent."""
        ((at,),) = self.rows("SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now')")
        event = {"specversion": "1.0", "source": SOURCE, "id": str(uuid4()), "type": kind, "subject": contact}
        row = (contact, json.dumps({**event, "time": at, "data": data}))
        self._db.execute("INSERT INTO outbox (contact, event) VALUES (?, ?)", row)
        self.wake.set()


def forget(db: sqlite3.Connection, contact: str) -> None:
    """Remove a contact and every copy about it, save what still has to be told of it."""
    db.execute("DELETE FROM contact WHERE id = ?", (contact,))
    db.execute("DELETE FROM card WHERE contact = ?", (contact,))
    db.execute("DELETE FROM alert WHERE contact = ?", (contact,))
    db.execute("DELETE FROM member WHERE contact = ?", (contact,))


def card(crm: Crm, ansgar: Ansgar, contact: str) -> Json | None:
    """Return what to show beside a contact: the newest card, or, while Ansgar is away, the last one with `is_old`."""
    kept = crm.rows("SELECT etag, content FROM card WHERE contact = ?", contact)
    etag, last = kept[0] if kept else ("", "null")
    try:
        answer = ansgar.card(contact, etag)
    except (Problem, httpx.TransportError) as error:
        if isinstance(error, Problem) and error.status == HTTPStatus.NOT_FOUND:
            return None
        if isinstance(error, Problem) and error.status not in PASSING:
            raise
        return {**json.loads(last), "is_old": True} if kept else None
    if answer.status_code == HTTPStatus.NOT_MODIFIED:
        return dict(json.loads(last))
    with crm.changing() as db:
        db.execute("INSERT OR REPLACE INTO card VALUES (?, ?, ?)", (contact, answer.headers["etag"], answer.text))
    return dict(answer.json())


def mailing(crm: Crm, ansgar: Ansgar, contacts: Sequence[str], purpose: str) -> list[str]:
    """Return who may get a mailing. Whoever is blocked gets none, and without an answer nobody does."""
    push(crm, ansgar)  # what was changed here a moment ago counts
    allowed: list[str] = []
    for said in ansgar.decide("email", purpose, contacts):
        allowed += said["allowed"]
        strange = [one for one in said["blocked"] if {"UNKNOWN", "ERASED"} & set(one["reasons"])]
        with crm.changing() as db:
            db.executemany(LOOK, [(one["contact"], " ".join(one["reasons"])) for one in strange])
    return allowed


def push(crm: Crm, ansgar: Ansgar) -> None:
    """Send the outbox in its order. What got no answer stays, and goes out again under the same ids."""
    while rows := crm.rows("SELECT place, contact, event FROM outbox ORDER BY place LIMIT 1000"):
        told = ansgar.tell([json.loads(event) for _, _, event in rows])
        with crm.changing() as db:
            db.executemany(LOOK, [(rows[one["index"]][1], one["reason"]) for one in told["refused"]])
            db.executemany("DELETE FROM outbox WHERE place = ?", [(place,) for place, _, _ in rows])


def follow(crm: Crm, ansgar: Ansgar, selection: str) -> None:
    """Bring the copy of a selection up to date: by its changes, or, at first and after an erasure, by its members."""
    try:
        while known := crm.rows("SELECT cursor FROM feed WHERE selection = ?", selection):
            moves, cursor = ansgar.changes(selection, known[0][0])
            with crm.changing() as db:
                for one in moves:
                    db.execute(JOIN if one["joined"] else LEAVE, (selection, one["contact"]))
                db.execute("UPDATE feed SET cursor = ? WHERE selection = ?", (cursor, selection))
            if not moves:
                return
    except Problem as problem:
        if problem.status != HTTPStatus.GONE:
            raise
    members, cursor = ansgar.members(selection)
    with crm.changing() as db:
        db.execute("DELETE FROM member WHERE selection = ?", (selection,))
        db.executemany(JOIN, [(selection, one) for one in members])
        db.execute("INSERT OR REPLACE INTO feed VALUES (?, ?)", (selection, cursor))


def take_order(db: sqlite3.Connection, order: Json) -> Answer:
    """Delete a contact, accept to do it later, or refuse; never after the order's end."""
    if (order["entity"], order["how"], order["purposes"]) != ("contact", "erase", None):
        return 409, {"reason": "this CRM deletes whole contacts, and nothing else"}
    asked = "SELECT unpaid, archived, julianday(?) <= julianday('now') FROM contact WHERE id = ?"
    found = db.execute(asked, (order["expires_at"], order["contact"])).fetchone()
    unpaid, is_archived, is_over = found or (0, 0, 0)
    if is_over:
        return 500, {"reason": "this order has expired"}
    if unpaid:
        return 409, {"reason": "an invoice is unpaid"}
    if is_archived:  # the archive is emptied at night
        db.execute("INSERT INTO accepted VALUES (?, ?, ?, 0)", (order["order"], order["contact"], order["expires_at"]))
        return 202, {}
    delete(db, order["order"], order["contact"])
    return 200, {"result": "deleted"}


def delete(db: sqlite3.Connection, order: str, contact: str) -> None:
    """Carry a deletion out; what was still to be told of the contact goes as well."""
    forget(db, contact)
    db.execute("DELETE FROM outbox WHERE contact = ?", (contact,))
    db.execute("INSERT INTO ledger VALUES (?, ?)", (order, contact))


def raise_alert(db: sqlite3.Connection, alert: Json) -> Answer:
    """Keep what an alert blocks; raised again, the newest holds. Its text is on the card alone."""
    its = (alert["alert"], alert["contact"], " ".join(alert["blocks"]))
    db.execute("INSERT OR REPLACE INTO alert VALUES (?, ?, ?)", its)
    return 200, {}


def lower_alert(db: sqlite3.Connection, alert: Json) -> Answer:
    """Remove an alert, also one that was never told of."""
    db.execute("DELETE FROM alert WHERE id = ?", (alert["alert"],))
    return 200, {}


def ring(_db: sqlite3.Connection, _move: Json) -> Answer:
    """Take a move of a selection as a bell: the job reads the feed, which tells the same in its order."""
    return 200, {}


DEEDS: dict[str, Callable[[sqlite3.Connection, Json], Answer]] = {
    "deletion.ordered": take_order,
    "alert.raised": raise_alert,
    "alert.lowered": lower_alert,
    "selection.joined": ring,
    "selection.left": ring,
}


def taken(crm: Crm, call: str, event: Json) -> Answer:
    """Do what a call asks for, once: the deed, and the answer under the call's id, are kept together."""
    deed = DEEDS.get(event["type"])
    if deed is None:
        return 422, {"reason": f"this CRM takes no {event['type']}"}
    with crm.changing() as db:
        known = crm.rows("SELECT status, body FROM answered WHERE call = ?", call)
        if known:
            return known[0][0], json.loads(known[0][1])
        status, body = deed(db, event["data"])
        if status not in PASSING:
            db.execute("INSERT INTO answered VALUES (?, ?, ?)", (call, status, json.dumps(body)))
    crm.wake.set()
    return status, body


def receiver(crm: Crm, secret: str, port: int = 0) -> Receiver:
    """Return where Ansgar calls this CRM; its `serve_forever` is run in a thread."""
    return Receiver(secret, partial(taken, crm), lambda contact: bool(crm.state(contact)), port)


def finish(crm: Crm) -> None:
    """Carry out, at night, what was accepted, as long as its order holds."""
    with crm.changing() as db:
        db.execute("DELETE FROM accepted WHERE NOT is_done AND julianday(expires_at) <= julianday('now')")
        for call, contact in crm.rows("SELECT call, contact FROM accepted WHERE NOT is_done"):
            delete(db, call, contact)
            db.execute("UPDATE accepted SET is_done = 1 WHERE call = ?", (call,))
    crm.wake.set()


def report(crm: Crm, ansgar: Ansgar) -> None:
    """Tell what came of the orders that were accepted; where another outcome is known, a person looks."""
    for (call,) in crm.rows("SELECT call FROM accepted WHERE is_done"):
        odd = ansgar.report(call, {"result": "deleted"})
        with crm.changing() as db:
            db.executemany(LOOK, [(call, odd)] if odd else [])
            db.execute("DELETE FROM accepted WHERE call = ?", (call,))


def work(crm: Crm, ansgar: Ansgar, selections: Sequence[str]) -> float:
    """Do what waits; return the seconds until it is to be tried again, 0 where all was done."""
    try:
        push(crm, ansgar)
        report(crm, ansgar)
        for one in selections:
            follow(crm, ansgar, one)
    except Problem as problem:
        if problem.status not in PASSING:
            raise
        return problem.wait
    except httpx.TransportError:
        return AWAY
    return 0


def run(crm: Crm, ansgar: Ansgar, selections: Sequence[str]) -> None:
    """Work whenever something happened, and every five minutes, until `is_over`."""
    while not crm.is_over.is_set():
        crm.wake.clear()
        wait = work(crm, ansgar, selections)
        crm.is_over.wait(wait) if wait else crm.wake.wait(IDLE)


def main() -> None:
    """Be the CRM: all of it is sent once; then calls are taken in a thread, and the job runs in this one."""
    crm, ansgar = Crm(environ["CRM_FILE"]), Ansgar(environ["ANSGAR_URL"], environ["ANSGAR_TOKEN"])
    ansgar.import_all(crm.state(one) for (one,) in crm.rows("SELECT id FROM contact"))
    called = receiver(crm, environ["ANSGAR_CRM_SECRET"], int(environ["CRM_PORT"]))
    threading.Thread(target=called.serve_forever, daemon=True).start()
    run(crm, ansgar, environ["CRM_SELECTIONS"].split())


if __name__ == "__main__":
    main()
