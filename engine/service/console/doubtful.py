"""Who is undecided: the records of which a rule cannot tell now, each with the criteria that are unknown, in words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.evaluate.explain import with_sources
from engine.language.criteria import Criterion, Group, Record
from engine.language.description import Describer
from engine.language.rule import Rule
from engine.service.scene import Scene
from engine.store import run_pages
from engine.store.database import Connection
from engine.vocabulary.calendar import Moment
from engine.vocabulary.tongue import Tongue
from engine.vocabulary.truth import Truth


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A record of which a rule cannot tell: its key and id, and the criteria that are unknown."""

    key: int
    id: str
    unknown: tuple[str, ...]


def describer(scene: Scene, tongue: Tongue) -> Describer:
    """Return what says the rules of a scene in a tongue."""
    settings = scene.installation.settings
    model, channels = scene.installation.model, frozenset(settings.channels)
    return Describer(scene.rulebook, model, settings.zone, tongue, settings.languages, channels)


def doubtful(
    scene: Scene, connection: Connection, rule: Rule, page: tuple[int, int], moment: Moment, tongue: Tongue
) -> list[Doubtful]:
    """Return records of which a rule cannot tell, a `page` (behind which key, how many at most)."""
    keys = run_pages.undecided(connection, rule.id, *page)
    sources = scene.rulebook.sources
    facts = scene.records.facts_of(connection, rule.entity, keys, rules=sources) if keys else {}
    words, found = describer(scene, tongue), []
    for key in keys:
        if (held := facts.get(key)) is not None:
            known = with_sources(scene.rulebook, rule, held, moment)
            unknown = [words.criterion(rule, one) for one in _unknown(rule.criteria, known, moment)]
            found.append(Doubtful(key, held.id, tuple(dict.fromkeys(unknown))))
    return found


def _unknown(part: Criterion | Group, record: Record, moment: Moment) -> Iterator[Criterion]:
    """Give the criteria that leave a whole open."""
    if part.truth(record, moment) is not Truth.UNKNOWN:
        return
    if isinstance(part, Criterion):
        yield part
    else:
        for one in part.parts:
            yield from _unknown(one, record, moment)


def steps(scene: Scene, rule: Rule, tongue: Tongue) -> Sequence[tuple[str, ...]]:
    """Return in words what of a rule must hold, one thing after another; of each the sentence and those below it."""
    return [tuple(one.every_text()) for one in describer(scene, tongue).steps(rule)]
