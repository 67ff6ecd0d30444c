"""Recipients: whoever was given data is told of its erasure, restriction, rectification, one by one (GDPR Art. 19)."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from engine.crm.event import Event
from engine.crm.webhooks import Endpoint
from engine.service.logs import logger
from engine.service.notice_text import Kind
from engine.service.notices import Notice, post_in
from engine.service.retrying import next_attempt
from engine.service.scene import Scene
from engine.store import erasure, recipients
from engine.store.changes import Changed
from engine.store.database import Connection
from engine.store.deletions import Deletion
from engine.store.recipients import (
    ANONYMISATION,
    ERASURE,
    PARTIAL_ERASURE,
    RECTIFICATION,
    RESTRICTION,
    RESTRICTION_LIFTED,
    Matter,
    Word,
)
from engine.vocabulary.calendar import Moment
from engine.vocabulary.outcome import GoneForGood, PermanentFailure, TemporaryFailure

LOG = logger("recipients")
TOLD, POSTPONED, PARKED = "recipients told", "recipients postponed", "recipients parked"
RESTING, GONE = "recipients resting", "recipients gone"  # nothing more is for them in this pass
# By kind, what `told_of` calls it and the type of the event.
EVENTS: Mapping[str, tuple[str, str]] = {
    ERASURE: ("erasure", "contact.erased"),
    ANONYMISATION: ("erasure", "contact.anonymised"),
    PARTIAL_ERASURE: ("erasure", "contact.purposes.erased"),
    RESTRICTION: ("restriction", "contact.restricted"),
    RESTRICTION_LIFTED: ("restriction", "contact.restriction.lifted"),
    RECTIFICATION: ("rectification", "contact.rectified"),
}
UNKNOWN = "UNKNOWN_RECIPIENT"
ANSWERED = frozenset({"answered", "closed", "done"})  # a status of a request for rectification that was granted
REQUEST_ANSWERED = "crm.request.answered"


def tell(scene: Scene, connection: Connection, matter: Matter, moment: Moment) -> int:
    """Write down for each recipient whom it concerns what it is to be told, in the caller's transaction.

    Return for how many that is new: each is told once of one kind and cause.
    """
    topic = EVENTS[matter.kind][0]
    names = [name for name, one in scene.installation.settings.recipients.items() if topic in one.told_of]
    if not names or not matter.contact:
        return 0
    details = {"since": moment.now.isoformat(), **matter.details}
    whole = Matter(matter.kind, matter.entity, matter.record, matter.contact, matter.cause, details)
    id_hash = scene.tombstones.id_hash(matter.entity, matter.contact)
    return len(recipients.add(connection, names, whole, id_hash, moment.now))


def erased(one: Deletion, contact: object) -> Matter:
    """Return what recipients are to be told of a deletion that is confirmed; `contact` is the person's id."""
    kind = PARTIAL_ERASURE if one.purposes else ANONYMISATION if one.how == "anonymise" else ERASURE
    details = {"purposes": list(one.purposes)} if one.purposes else {}
    return Matter(kind, one.entity, one.record or 0, str(contact or ""), f"deletion-{one.key}", details)


def restrictions_moved(scene: Scene, moment: Moment) -> None:
    """Let recipients be told of the restrictions that have begun or ended since they were told of any."""
    if not any(EVENTS[RESTRICTION][0] in one.told_of for one in scene.installation.settings.recipients.values()):
        return
    tables = scene.store.tables
    with scene.store.database.reading() as connection:
        is_news = bool(recipients.restrictions_untold(connection, tables))
    if is_news:
        with scene.store.database.writing() as connection:
            for key, whose, has_ended in recipients.restrictions_untold(connection, tables):
                kind = RESTRICTION_LIFTED if has_ended else RESTRICTION
                tell(scene, connection, Matter(kind, *whose, f"restriction-{key}"), moment)


def rectified(scene: Scene, connection: Connection, touched: Iterable[Changed], moment: Moment) -> None:
    """Let recipients be told of requests for rectification that have been answered, among records that changed.

    What a record brings along that is new here lies in the past, unless an event says that it was answered.
    """
    if not scene.installation.settings.recipients:
        return
    for change in touched:
        if REQUEST_ANSWERED in change.events or ("requests" in change.names and not change.is_new):
            for matter in _rectifications(scene, connection, change):
                tell(scene, connection, matter, moment)


def _rectifications(scene: Scene, connection: Connection, change: Changed) -> list[Matter]:
    """Return the answered requests of a record; their ids are the CRM's, and may name somebody: a hash stands here."""
    facts = scene.records.facts(connection, change.entity, change.record)
    if facts is None:
        return []
    answered = [
        scene.tombstones.id_hash(f"request of {change.entity}", f"{facts.id}\x1f{item.id}")
        for item in facts.items("requests")
        if str(item.values.get("type")).casefold() == RECTIFICATION
        and str(item.values.get("status")).casefold() in ANSWERED
    ]
    return [Matter(RECTIFICATION, change.entity, change.record, facts.id, f"request-{one[:32]}") for one in answered]


def deliver(scene: Scene, moment: Moment) -> Counter[str]:
    """Tell each recipient what is due; return what became of how much. Who is down delays nobody else."""
    restrictions_moved(scene, moment)
    done: Counter[str] = Counter()
    for name, endpoint in scene.outside.recipients.items():
        done += _Line(scene, moment, name, endpoint).deliver()
    done += _park_strangers(scene, moment)
    return done


@dataclass(frozen=True, slots=True)
class _Line:
    """The line to one recipient, for one pass."""

    scene: Scene
    moment: Moment
    name: str
    endpoint: Endpoint

    def deliver(self) -> Counter[str]:
        """Tell the recipient what is due, until it is to be left alone."""
        with self.scene.store.database.reading() as connection:
            found = recipients.due(connection, self.name, self.moment.now)
            is_gone = bool(found) and recipients.is_gone(connection, self.name)
        if is_gone:
            self._disable()
            return Counter({GONE: 1})
        done: Counter[str] = Counter()
        for word in found:
            if self.scene.is_stopping():
                break
            state = self._attempt(word)
            done[state] += 1
            if state in {RESTING, GONE}:
                break
        return done

    def _attempt(self, word: Word) -> str:
        try:
            self.scene.outside.tell(self.endpoint, _event(word, self.moment))
        except TemporaryFailure as failure:
            return self._again(word, failure)
        except GoneForGood:
            self._disable()
            return GONE
        except PermanentFailure as failure:
            return self._park(word, failure)
        with self.scene.store.database.writing() as connection:
            recipients.was_told(connection, word, self.moment.now)
            if word.kind in {ERASURE, ANONYMISATION}:
                erasure.mark(connection, word.key)  # an id that was just forgotten is to be in no file
        LOG.info("recipient told", recipient=self.name, told=word.key, kind=word.kind)
        return TOLD

    def _again(self, word: Word, failure: TemporaryFailure) -> str:
        """Note when a recipient is called again. One that was not even called lets all that is for it wait."""
        now = self.moment.now
        if not failure.was_tried:
            with self.scene.store.database.writing() as connection:
                recipients.delay(connection, self.name, now + (failure.after or timedelta()))
            return RESTING
        until = next_attempt(failure, word.attempts, word.key, now)
        if until is None:
            return self._park(word, failure)
        with self.scene.store.database.writing() as connection:
            recipients.postpone(connection, word, str(failure), until)
        LOG.warning("recipient not told yet", recipient=self.name, told=word.key, reason=str(failure))
        return POSTPONED

    def _park(self, word: Word, failure: TemporaryFailure | PermanentFailure) -> str:
        said = failure.said if isinstance(failure, PermanentFailure) else ""
        with self.scene.store.database.writing() as connection:
            first = recipients.park(connection, word, f"{failure}: {said}" if said else str(failure), self.moment.now)
            _post(self.scene, connection, Kind.NOT_TOLD, self.name, first, self.moment)
        LOG.warning("recipient not told", recipient=self.name, told=word.key, reason=str(failure))
        return PARKED

    def _disable(self) -> None:
        """Park all that waits for a recipient that takes no more calls."""
        with self.scene.store.database.writing() as connection:
            first = recipients.park_all(connection, self.name, recipients.GONE, self.moment.now)
            _post(self.scene, connection, Kind.RECIPIENT_GONE, self.name, first, self.moment)
        LOG.warning("recipient takes no more calls", recipient=self.name)


def _event(word: Word, moment: Moment) -> Event:
    """Return what a recipient is told, under a key that is the same at each attempt and in a store brought back."""
    about = f"{word.recipient}\x1f{word.kind}\x1f{word.cause}\x1f{word.id_hash}"
    key = f"told-{sha256(about.encode()).hexdigest()[:32]}"
    data = {"order": key, "entity": word.entity, "contact": word.contact, **word.details}
    return Event(key, EVENTS[word.kind][1], data, moment.now)


def _park_strangers(scene: Scene, moment: Moment) -> Counter[str]:
    """Park what is for recipients whom the configuration no longer names: a person says what becomes of it."""
    with scene.store.database.reading() as connection:
        found = recipients.strangers(connection, scene.outside.recipients.keys())
    for name in found:
        with scene.store.database.writing() as connection:
            first = recipients.park_all(connection, name, UNKNOWN, moment.now)
            _post(scene, connection, Kind.RECIPIENT_UNKNOWN, name, first, moment)
        LOG.warning("recipient unknown", recipient=name)
    return Counter({PARKED: len(found)}) if found else Counter()


def _post(scene: Scene, connection: Connection, kind: Kind, name: str, first: int, moment: Moment) -> None:
    """Tell operators of a recipient, once for as long as something of it stays parked."""
    notice = Notice(kind, f"{name} since {first}", details={"recipient": name})
    post_in(scene, connection, notice, moment)
