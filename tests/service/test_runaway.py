"""Runaway (R7): ten thousand contacts, and all that could delete them by mistake; then those who may be deleted are."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from engine.service import deciding
from engine.service.config import Settings
from engine.service.doubts import CLOCK_NAME, accept
from engine.store import deletions, holds, notices
from engine.store.tables import RECEIPT, RECYCLE_BIN, RULE
from tests.installations import Place
from tests.rulebooks import rulebook
from tests.scripted_crm import ScriptedCrm

MANY, LAWFUL, BAITS = 10_000, 40, ("bait-0", "bait-1", "bait-2")
CANARY = "zzcanary"
RULES = """\
rules:
  - rule: no-consent
    owner: dpo
    legal_basis: GDPR Art. 17(1)(b)
    stage: live
    if:
      - {field: category, one_of: [Prospect, Customer]}
      - {consent: storage, one_of: [never_given, withdrawn, expired]}
    then: [{schedule_deletion: {grace: 7 days, recycle_bin: 14 days}}]
    stop_if_more_than: {contacts: 50, percent: 2}
  - rule: idle
    owner: dpo
    legal_basis: GDPR Art. 5(1)(e)
    stage: live
    if:
      - {field: category, is: Prospect}
      - {count: activities, in_last: 2 years, equals: 0}
    then: [{schedule_deletion: {grace: 7 days, purposes: all}}]
    stop_if_more_than: {contacts: 50, percent: 2}
"""
SETTINGS = Settings.of(
    {
        "people": {"eva": {"email": "eva@firm.example", "roles": ["dpo"]}},
        "limits": {"deletions_per_day": 100, "percent_per_day": 2},
    }
)
GIVEN = [{"purpose": "storage", "status": "given", "at": "2025-01-01"}]
REFUSED = [{"purpose": "storage", "status": "withdrawn", "at": "2026-02-01"}]
LATELY = [{"id": "a", "at": "2026-02-28"}]


def its_id(number: int) -> str:
    """Return an id that is in no other."""
    return f"p{number:05}p"


def person(number: int) -> dict[str, Any]:
    """Return one of the crowd: a consent, an activity, and a name that can be looked for."""
    return {
        "id": its_id(number),
        "name": f"{CANARY}{number:05}",
        "category": "Prospect",
        "consents": GIVEN,
        "activities": LATELY,
    }


class Crowd:
    """Ten thousand contacts, the CRM that has them, and what was told about them so far."""

    def __init__(self, folder: Path, crm: ScriptedCrm) -> None:
        self.crm, self.place = crm, Place(folder, RULES, SETTINGS)
        self.place.crm, crm.clock = crm.asked, self.place.clock
        self.send(person)
        self.told = 0
        self.live()

    def send(self, change: Callable[[int], dict[str, Any]], count: int = MANY) -> None:
        """Let the CRM send something of everybody."""
        self.place.take(*(change(number) for number in range(count)))

    def live(self, days: int = 0) -> None:
        """Let days pass, each with news in the feed and a run that acts; or run at once."""
        for _ in range(max(days, 1)):
            if days:
                self.place.clock.move(timedelta(days=1))
                self.place.take({"id": "pulse", "activities": [{"id": "a", "at": self.place.clock.now().isoformat()}]})
            self.place.live()

    def gone(self) -> tuple[int, int, int]:
        """Return how many the CRM deleted, how many lie in the bin, and how many receipts there are."""
        with self.place.store.database.reading() as connection:
            counts = [
                connection.execute(select(func.count()).select_from(one)).scalar_one() for one in (RECYCLE_BIN, RECEIPT)
            ]
        return len(self.crm.ledger.done), counts[0], counts[1]

    def news(self) -> list[str]:
        """Return why a person was told that something waits, since this was last asked."""
        with self.place.store.database.reading() as connection:
            found = [one for one in reversed(notices.listing(connection)) if one["id"] > self.told]
        self.told = max([self.told, *(one["id"] for one in found)])
        return [str(one["details"].get("reason", one["kind"])) for one in found]

    def bait(self, name: str) -> None:
        """Let somebody refuse consent, lawfully, and be due on the next day."""
        self.place.take({"id": name, "name": CANARY, "category": "Customer", "consents": REFUSED, "activities": LATELY})
        self.live()
        self.live(days=6)
        self.place.clock.move(timedelta(days=1))

    def settle(self) -> None:
        """Let a person put right what the last cause left: keep what waits, release what is paused."""
        now = self.place.clock.now()
        with self.place.store.database.writing() as connection:
            for one in deletions.read(connection, self.place.store.tables):
                if one.state in deletions.BEFORE_ORDER:
                    deciding.keep(self.place.installation, connection, one, now, "eva")
            paused = connection.execute(select(RULE.c.id).where(RULE.c.paused.is_not(None))).scalars().all()
        for rule in paused:
            self.release(rule)

    def release(self, rule: str) -> None:
        """Let a person release a rule that its limit paused: what was stopped is nobody any more."""
        place = self.place
        for _ in range(2):  # the first time, the set is another than the one that was stopped
            with place.store.database.writing() as connection:
                moment = place.installation.moment()
                count = deciding.release_by_limit(place.installation, connection, place.rules, rule, moment)
            if count is not None:
                assert count == 0
                return
        raise AssertionError(f"{rule} is still paused")


def an_edit_that_matches_all(crowd: Crowd) -> Iterator[None]:
    """Somebody writes `given` for `withdrawn`."""
    edited = RULES.replace("one_of: [never_given, withdrawn, expired]", "one_of: [never_given, given]")
    crowd.place.rules = rulebook(edited)
    yield
    crowd.place.rules = rulebook(RULES)


def a_feed_of_all_false_consents(crowd: Crowd) -> Iterator[None]:
    """The CRM says of everybody that consent was withdrawn."""
    crowd.send(lambda number: {"id": its_id(number), "consents": REFUSED})
    yield
    crowd.send(lambda number: {"id": its_id(number), "consents": GIVEN})


def a_clock_ten_years_ahead(crowd: Crowd) -> Iterator[None]:
    """The machine's clock is set to another decade."""
    before = crowd.place.clock.now()
    crowd.place.clock.move(timedelta(days=3653))
    yield
    crowd.place.clock.move(before - crowd.place.clock.now())
    with crowd.place.store.database.writing() as connection:
        accept(crowd.place.scene(), connection, crowd.place.rules, CLOCK_NAME)


def a_renamed_field(crowd: Crowd) -> Iterator[None]:
    """The CRM calls the category something else from now on, and the old name comes empty."""
    crowd.bait(BAITS[0])
    crowd.send(lambda number: {"id": its_id(number), "category": None})
    yield
    crowd.send(lambda number: {"id": its_id(number), "category": "Prospect"})


def an_empty_hold_list(crowd: Crowd) -> Iterator[None]:
    """All holds are lifted at once, those who are held back from a deletion among them."""
    place, names = crowd.place, [BAITS[1], *map(its_id, range(3))]
    crowd.bait(BAITS[1])
    place.clock.move(timedelta(days=-1))
    with place.store.database.writing() as connection:
        its = [
            holds.add(connection, ("contact", place.key_of(name)), "legal", "a lawsuit", place.clock.now())
            for name in names
        ]
    crowd.live(days=1)
    assert place.deletions()[BAITS[1]] == ("kept", "HOLD")
    with place.store.database.writing() as connection:
        for one in its:
            holds.lift(connection, one, place.clock.now())
    yield
    with place.store.database.writing() as connection:
        accept(place.scene(), connection, place.rules, "holds")


def wiped_activity_dates(crowd: Crowd) -> Iterator[None]:
    """An import brings everybody without what they did."""
    crowd.send(lambda number: {"id": its_id(number), "activities": []})
    yield
    crowd.send(lambda number: {"id": its_id(number), "activities": LATELY})


CAUSES = {
    an_edit_that_matches_all: {"limit"},
    a_feed_of_all_false_consents: {"limit"},
    a_clock_ten_years_ahead: {"limit"},
    a_renamed_field: {"INPUT_SUSPECT"},
    an_empty_hold_list: {"INPUT_SUSPECT"},
    wiped_activity_dates: {"limit"},
}


def test_r7_six_causes_of_a_runaway_delete_nobody_of_ten_thousand_and_forty_lawful_ones_go(tmp_path: Path) -> None:
    """Each cause is told and deletes nobody; then exactly the forty are gone, here and in the CRM, to the last byte."""
    with ScriptedCrm() as crm:
        crowd = Crowd(tmp_path, crm)
        assert crowd.news() == []
        for cause, told in CAUSES.items():
            happening = contextmanager(cause)
            with happening(crowd):
                crowd.live()
                assert crowd.gone() == (0, 0, 0), cause.__name__
                assert set(crowd.news()) == told, cause.__name__
            crowd.live()
            crowd.settle()
            crowd.live(days=1)
            crowd.news()

        crowd.send(lambda number: {"id": its_id(number), "consents": REFUSED}, LAWFUL)
        crowd.live()
        crowd.live(days=25)
        assert crowd.news() == []
        assert crowd.gone() == (LAWFUL, 0, LAWFUL)
        assert set(crm.ledger.done.values()) == {its_id(number) for number in range(LAWFUL)}
        assert not crm.ledger.twice
        assert not crm.ledger.late
        crm.verify()
        crowd.place.store.database.close()
        traces = [word for number in range(LAWFUL) for word in (its_id(number), f"{CANARY}{number:05}")]
        for file in filter(Path.is_file, tmp_path.rglob("*")):
            held = file.read_bytes()
            assert not [one for one in traces if one.encode() in held], file
