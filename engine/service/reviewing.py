"""Reviewing: what a person sees of a review, and the answer that somebody gives (Art. 22)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.evaluate.explain import explained, with_sources
from engine.language.description import Describer
from engine.language.rule import Rule, Rulebook
from engine.model.facts import HOLDS, Facts
from engine.model.snapshot import Snapshot, as_json
from engine.service.doubts import Doubts
from engine.service.examining import surroundings
from engine.service.four_eyes import may_decide
from engine.service.guarding import reviewed
from engine.service.guards import applying
from engine.service.installation import Installation
from engine.service.logs import logger
from engine.service.naming import NOT_THERE, REFUSED, UNFIT, Declined
from engine.service.recording import record
from engine.service.review_queue import question_of, told
from engine.service.scene import Scene
from engine.store import deletions, reviews
from engine.store.chain import Act
from engine.store.database import Connection
from engine.store.reviews import ANSWERS, KEEP, OPEN, Review
from engine.store.schema import Store
from engine.vocabulary.calendar import Moment
from engine.vocabulary.tongue import TONGUES
from engine.vocabulary.verdict import Trace

LOG = logger("reviewing")
KEPT_BY_PERSON = "KEPT_BY_PERSON"
THEN = "then"  # the section of a description that says what happens


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person answers: to carry out what the rule proposes, or to keep things as they are; why; and who it is."""

    answer: str
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A review as a person looks at it: the same for a screen and as JSON."""

    head: dict[str, Any]
    words: tuple[str, ...]
    tree: Trace | None

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON prints it."""
        return self.head | {"words": list(self.words), "tree": self.tree.as_json() if self.tree else None}


def listed(
    installation: Installation,
    store: Store,
    rulebook: Rulebook,
    *,
    with_ended: bool,
    after: int = 0,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """Return the reviews that are open, or all of them, by their ids; with a limit so many at most behind an id."""
    now, languages = installation.clock.now(), installation.settings.languages
    chosen = () if with_ended else (reviews.is_open(),)
    with store.database.reading() as connection:
        if limit is None:
            found = reviews.read(connection, store.tables, *chosen)
        else:
            found = reviews.after(connection, store.tables, after, limit, *chosen)
    return [told(one, rulebook, languages, now) for one in found]


def shown(scene: Scene, key: int, moment: Moment, language: str, around: Doubts | None = None) -> Shown:
    """Return all that a person needs to answer a review. Raises Declined.

    `around` are the doubts about the whole input, where they are known already.
    """
    installation, rulebook = scene.installation, scene.rulebook
    if language not in TONGUES:
        raise Declined(UNFIT, f"rules are described in {' or '.join(TONGUES)}, not in `{language}`")
    with scene.store.database.reading() as connection:
        one = _review(scene, connection, key)
        rule, facts = _seen(scene, connection, one)
        proposed, guards = _at_stake(scene, connection, one, moment, around)
    head = told(one, rulebook, installation.settings.languages, moment.now)
    head |= {"version": one.version, "proposed": proposed, "guards": guards}
    if rule is None or facts is None:
        return Shown(head | {"inputs": {}}, (), None)
    description = describer_of(installation, rulebook, language).describe(rule)
    then = next((one.statements for one in description.sections if one.name == THEN), ())
    head["proposed"]["says"] = then[one.call].text if one.call < len(then) else None
    _, tree = explained(rule, with_sources(rulebook, rule, facts, moment), moment)
    return Shown(head | {"inputs": dict(_inputs(rule, facts, one))}, tuple(description.as_text()), tree)


def describer_of(installation: Installation, rulebook: Rulebook, language: str) -> Describer:
    """Return what says the rules of a rulebook in a language that the service speaks."""
    settings, model = installation.settings, installation.model
    channels = frozenset(settings.channels)
    return Describer(rulebook, model, settings.zone, TONGUES[language], settings.languages, channels)


def answer(scene: Scene, key: int, said: Answer, moment: Moment) -> Review:
    """Record what a person answers, and cancel the deletion that somebody wants to keep. Raises Declined."""
    reason = said.reason.strip()
    if said.answer not in ANSWERS:
        raise Declined(UNFIT, f"`{said.answer}` is no answer; write one of: {', '.join(ANSWERS)}")
    if not reason:
        raise Declined(REFUSED, "an answer needs a reason: say why")
    with scene.store.database.writing() as connection:
        one = _review(scene, connection, key)
        if one.state != OPEN:
            raise Declined(REFUSED, f"review {key} is {one.state}: nothing waits for its answer")
        may_decide(scene.installation, connection, one.rule, said.by)
        _check_asked(scene, one, said.by)
        _check_unchanged(scene, connection, one, moment)
        reviews.answer(connection, one, (said.answer, reason, said.by), moment.now)
        details: dict[str, str | int] = {"review": key, "answer": said.answer}
        record(
            scene.installation,
            connection,
            Act(said.by, "review.answered", one.rule, one.version, "", details),
            moment.now,
        )
        if one.deletion is not None and said.answer == KEEP:
            deletions.cancel(connection, deletions.is_one(one.deletion), KEPT_BY_PERSON, moment.now)
    LOG.info("review answered", review=key, rule=one.rule, answer=said.answer)
    return one


def _review(scene: Scene, connection: Connection, key: int) -> Review:
    found = reviews.by_key(connection, scene.store.tables, key)
    if found is None:
        raise Declined(NOT_THERE, f"there is no review {key}")
    return found


def _check_asked(scene: Scene, one: Review, by: str) -> None:
    """Decline an answer of somebody whom the rule does not ask."""
    asked = question_of(scene.rulebook, one)
    if asked is None and one.deletion is None:
        raise Declined(REFUSED, f"`{one.rule}` asks this no more: nothing waits for an answer to review {one.key}")
    roles = scene.installation.settings.people[by].roles
    if asked is not None and asked.from_ not in {by, *roles}:
        raise Declined(
            REFUSED, f"`{one.rule}` asks `{asked.from_}`, and `{by}` is not that person and has no such role"
        )


def _check_unchanged(scene: Scene, connection: Connection, one: Review, moment: Moment) -> None:
    """Decline an answer about something that is another by now, so that nobody decides what they did not look at."""
    if one.deletion is None:
        return
    deletion = deletions.by_key(connection, scene.store.tables, one.deletion)
    found = surroundings(scene, connection, deletion, moment) if deletion else None
    if deletion is None or found is None or deletion.state not in deletions.BEFORE_ORDER:
        raise Declined(REFUSED, f"the deletion of review {one.key} waits no more: its answer would change nothing")
    about = reviewed(found[0].rule, found[0].facts, found[1])
    if (about.version, about.digest) != (one.version, one.digest):
        raise Declined(
            REFUSED,
            f"the rule or the contact has changed since review {one.key} was opened: the next run opens another one; "
            "look at that",
        )


def _seen(scene: Scene, connection: Connection, one: Review) -> tuple[Rule | None, Facts | None]:
    facts = None if one.record is None else scene.records.facts(connection, one.entity, one.record)
    return scene.rulebook.rules.get(one.rule), facts


def _at_stake(
    scene: Scene, connection: Connection, one: Review, moment: Moment, around: Doubts | None
) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """Return what happens where the answer is to carry it out, and what the guards say of that."""
    deletion = deletions.by_key(connection, scene.store.tables, one.deletion) if one.deletion is not None else None
    if deletion is None:
        return {}, []
    found = surroundings(scene, connection, deletion, moment, around)
    guards = [{"code": code, "says": says} for code, says in applying(found[1])] if found else []
    causes = list(found[1].causes) if found else []
    proposed = {"action": "schedule_deletion", "state": deletion.state, "due_at": deletion.due_at, "causes": causes}
    return proposed, guards


def _inputs(rule: Rule, facts: Facts, one: Review) -> Iterator[tuple[str, Any]]:
    """Give each field and collection that the rule reads, with what is held there; of those referred to, their id."""
    held = as_json(Snapshot(facts.id, facts.values, facts.collections, facts.unclear))
    also = ("birth_date", "no_automated_decisions", "special_category") if one.deletion is not None else ()
    for name in sorted({*rule.reads, *also}):
        yield name.lstrip("~"), _input(name, facts, held)


def _input(name: str, facts: Facts, held: Mapping[str, object]) -> object:
    if name == HOLDS:
        return sorted(facts.holds)
    return "unclear" if name in facts.unclear else held.get(name)
