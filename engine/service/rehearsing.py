"""Rehearsing: an installation in memory in which rehearsals take place, one after the other.

Everything is the service's own: intake, changes, schedule, runs, cases, actions, guards. Only the world around is made
up: deletions are ordered from no CRM, nothing that is said or asked leaves the house, and whoever is addressed has an
address.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from engine.crm.event import Event
from engine.crm.letter import Letter
from engine.crm.outside import Outside
from engine.crm.webhooks import Endpoint
from engine.evaluate.decision import Decider
from engine.language.given_text import Given
from engine.language.rule import Askable, Call, Rule, Rulebook
from engine.language.rule_tests import RuleTest
from engine.model.entity import Model
from engine.service.config import LimitsSection, Person, Settings, StoreSection
from engine.service.installation import Installation
from engine.service.rehearsal import Asked, Rehearsal
from engine.service.scene import Scene, open_scene
from engine.store import rehearsal
from engine.vocabulary.clock import MovingClock
from engine.vocabulary.parts import walk

IN_MEMORY = "sqlite:///:memory:"
KEPT = ("time_zone", "holidays", "languages")  # settings that say what rules mean; the others say where effects go
DOMAIN = "rehearsal.invalid"  # where no mail arrives (RFC 2606)
REACHABLE_BY = ("email", "owner")
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Drawer:
    """Takes letters, and that is the end of them: what was said is known by the intents."""

    def deliver(self, letter: Letter) -> None:
        """Take a letter."""


@dataclass(frozen=True, slots=True)
class LiveText:
    """The text of a rule that needs inputs, of which a live rule is made."""

    text: Askable

    def ask(self, inputs: Mapping[str, str]) -> Rule:
        """Return the rule with inputs filled in; raises Problems where they do not fit."""
        return _live(self.text.ask(inputs))


@dataclass(frozen=True, slots=True)
class Hall:
    """Where rehearsals take place: a scene in which every rule is live, its clock, and what the CRM is asked for."""

    scene: Scene
    clock: MovingClock
    asked: list[Asked]

    def rehearsal(self, test: RuleTest) -> Rehearsal:
        """Return the rehearsal of a test at its beginning: nothing is left of the one before."""
        store, installation = self.scene.store, self.scene.installation
        rehearsal.empty(store.database, store.tables)
        rehearsal.forget_erased(self.scene.tombstones)
        self.clock.instant = test.now
        rulebook = self.scene.rulebook
        part = part_of(rulebook.asked([test.rule], test.inputs) if test.inputs else rulebook, test.rule)
        settings = replace(installation.settings, people=_people(part, test))
        scene = replace(self.scene, rulebook=part, installation=replace(installation, settings=settings))
        begun = Rehearsal(scene, part.rules[test.rule], self.clock, test.broken_feeds, self.asked)
        begun.begin(_reachable(test.given, part, installation.model))
        return begun


@contextmanager
def rehearsing(installation: Installation, rulebook: Rulebook, decider: Decider) -> Iterator[Hall]:
    """Give the hall for the tests of a rulebook. Of the installation it has the model, and how days are counted."""
    kept = {name: getattr(installation.settings, name) for name in KEPT}
    # A test moves the clock as far as it likes: that is no fault of the machine's.
    limits = LimitsSection(clock_jump="500 years")
    settings = Settings(**kept, limits=limits, store=StoreSection(url=IN_MEMORY, tombstones=IN_MEMORY))
    clock, asked = MovingClock(BEGINNING), list[Asked]()
    with TemporaryDirectory(prefix="ansgar-") as folder:
        made_up = Installation(settings, Path(folder), installation.model, clock)
        opened = made_up.open_store()
        rehearsal.allow_nobody(opened.database)
        scene = open_scene(made_up, opened, live(rulebook), decider)
        outside = _outside(installation.settings, asked)
        yield Hall(replace(scene, post=Drawer(), outside=outside), clock, asked)
        opened.database.close()


def live(rulebook: Rulebook) -> Rulebook:
    """Return a rulebook in which every rule is live, whatever its stage."""
    rules = {name: _live(rule) for name, rule in rulebook.rules.items()}
    return replace(rulebook, rules=rules, askable={name: LiveText(text) for name, text in rulebook.askable.items()})


def part_of(rulebook: Rulebook, rule_id: str) -> Rulebook:
    """Return the part of a rulebook that a rule needs: itself and what it reads, directly or through others.

    The rule comes last, because what it is asked with can let it read a rule that stands behind it.
    """
    wanted, found = set(), {rule_id}
    while found:
        wanted |= found
        found = {source for name in found for source in rulebook.rules[name].sources} - wanted
    order = [name for name in rulebook.rules if name in wanted - {rule_id}]
    return replace(rulebook, rules={name: rulebook.rules[name] for name in (*order, rule_id)})


def _live(rule: Rule) -> Rule:
    return replace(rule, stage="live")


def _outside(settings: Settings, asked: list[Asked]) -> Outside:
    """Return ways outside of the configured names that lead nowhere: what is asked for is noted."""

    def note(endpoint: Endpoint, event: Event) -> None:
        asked.append(Asked(endpoint.name, event.type, event.data))

    crm, *webhooks = (Endpoint(name, f"https://{DOMAIN}", "") for name in ("crm", *settings.webhooks))
    return Outside(dict.fromkeys(settings.channels, Drawer()), crm, {one.name: one for one in webhooks}, hand_over=note)


def _people(part: Rulebook, test: RuleTest) -> dict[str, Person]:
    """Return somebody for every word that may be a name or a role, so that each message has somebody to go to."""
    changes = (one for step in test.steps for one in step.change)
    owners = {owner for one in (*test.given, *changes) if isinstance(owner := one.snapshot.values.get("owner"), str)}
    words = {word for rule in part.rules.values() for word in _words((rule.owner, *_calls(rule)))}
    everybody = sorted(owners | words | {_made_up("owner")})
    return {word: Person(email=f"person-{number}@{DOMAIN}") for number, word in enumerate(everybody)}


def _calls(rule: Rule) -> tuple[Call, ...]:
    return (*rule.calls, *rule.closing, *(rule.deadline.if_late if rule.deadline else ()))


def _words(part: object) -> Iterator[str]:
    return (one for one in walk(part) if isinstance(one, str))


def _reachable(given: tuple[Given, ...], part: Rulebook, model: Model) -> tuple[Given, ...]:
    """Return what is given, with an address and an owner where nothing is said of them and no rule asks for them."""
    asked = {name for rule in part.rules.values() for name in rule.reads}
    free = [name for name in REACHABLE_BY if name not in asked]
    (*referred, record) = given
    return (*referred, _filled(record, [name for name in free if name in model.entity(record.entity).fields]))


def _filled(one: Given, names: Iterable[str]) -> Given:
    made_up = {name: _made_up(name) for name in names}
    return replace(one, snapshot=replace(one.snapshot, values={**made_up, **one.snapshot.values}))


def _made_up(name: str) -> str:
    return f"{name}@{DOMAIN}"
