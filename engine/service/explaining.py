"""Explaining: why a rule matches a record or not, what or when would change that, and what guards say of a deletion."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from engine.evaluate.explain import as_text, explained, patiently, with_sources
from engine.evaluate.flips import Outlook, foreseen
from engine.language.rule import Rule, Rulebook
from engine.model.facts import Facts
from engine.service.doubts import Ground
from engine.service.guarding import guards_of
from engine.service.guarding import in_words as guards_in_words
from engine.service.review_queue import in_words, told
from engine.store import reviews
from engine.store.facts import Records
from engine.vocabulary.calendar import Moment
from engine.vocabulary.verdict import Trace, Verdict


@dataclass(frozen=True, slots=True)
class Explanation:
    """A verdict with its reasons; `guarded` is None for a rule that deletes nobody."""

    rule: str
    contact: str
    verdict: Verdict
    tree: Trace
    outlook: Outlook
    reviews: list[dict[str, Any]]
    guarded: dict[str, Any] | None
    zone: tzinfo

    def as_json(self) -> dict[str, Any]:
        """Return what `explain --json` prints."""
        found = {"rule": self.rule, "contact": self.contact, "verdict": self.verdict.value, "tree": self.tree.as_json()}
        return found | self.outlook.as_json() | {"reviews": self.reviews} | (self.guarded or {})

    def as_text(self) -> Iterator[str]:
        """Give the lines that people read."""
        yield f"{self.rule} for {self.contact}: {self.verdict.value}"
        yield from as_text(self.tree)
        yield from self.outlook.as_text()
        yield from map(in_words, self.reviews)
        yield from guards_in_words(self.guarded, self.zone) if self.guarded else ()


def explain(ground: Ground, rulebook: Rulebook, rule: Rule, contact: str, moment: Moment) -> Explanation | None:
    """Return why a rule is what it is for a record, by its id; None where that is not held."""
    store = ground.store
    records = Records(store.tables, store.zone)
    with store.database.reading() as connection:
        key = records.key_of(connection, rule.entity, contact)
        facts: Facts | None = None if key is None else records.facts(connection, rule.entity, key)
        if key is None or facts is None:
            return None
        asked = reviews.read(connection, store.tables, reviews.of_record(rule.id, key))
        guarded = guards_of(ground, connection, rule, facts, key, moment) if rule.deletes else None
    facts = with_sources(rulebook, rule, facts, moment)
    _, trace = explained(rule, facts, moment)
    tree, outlook = foreseen(rule.criteria, trace, facts, moment)
    verdict, tree = patiently(rule, facts, moment, tree)
    languages = ground.installation.settings.languages
    said = [told(one, rulebook, languages, moment.now) for one in asked]
    return Explanation(rule.id, contact, verdict, tree, outlook, said, guarded, moment.zone)
