"""Funnels of rules: counted at night beside the audit, and when somebody asks; never while a page is looked at."""

from datetime import datetime, time
from time import perf_counter

from engine.language.rule import Rule
from engine.service.activation import in_effect
from engine.service.logs import logger
from engine.service.naming import NOT_THERE, REFUSED, Declined
from engine.service.runner import by_events, opened_assessment
from engine.service.scene import Scene
from engine.store import funnel, registry
from engine.store.funnel import Counted
from engine.vocabulary.calendar import Moment, from_wall_clock

LOG = logger("funnels")
AT = time(3)  # by the clocks of the zone
SPELL = 5.0  # seconds of counting with one tick: what else is due does not wait for all rules


def count(scene: Scene, rule_id: str, moment: Moment, run: int | None = None) -> Counted:
    """Count the funnel of a rule in force now, on the occasion of a run or of none, and keep it. Raises Declined."""
    rule = _active(scene, moment).get(rule_id)
    if rule is None:
        raise Declined(NOT_THERE, f"there is no rule `{rule_id}` in force")
    if not _is_countable(rule):
        raise Declined(REFUSED, f"`{rule_id}` is off, or asks for inputs: it has no funnel")
    return _count(scene, rule, moment, run)


def count_nightly(scene: Scene, moment: Moment) -> int:
    """Count the rules whose funnel is of before the night, or of another version, for a spell; return how many."""
    due = from_wall_clock(datetime.combine(moment.today, AT), moment.zone)
    if moment.now < due:
        return 0
    with scene.store.database.reading() as connection:
        known = funnel.last_counts(connection)
    started, done = perf_counter(), 0
    for rule in _active(scene, moment).values():
        version, counted_at = known.get(rule.id, ("", due))
        if not _is_countable(rule) or (version == rule.version and counted_at >= due):
            continue
        if scene.is_stopping() or perf_counter() - started > SPELL:
            break
        _count(scene, rule, moment, None)
        done += 1
    if done:
        LOG.info("funnels counted", rules=done)
    return done


def _active(scene: Scene, moment: Moment) -> dict[str, Rule]:
    with scene.store.database.reading() as connection:
        known = registry.registered(connection)
    return dict(in_effect(scene.installation, scene.rulebook, known).rules)


def _is_countable(rule: Rule) -> bool:
    return rule.stage != "off" and not rule.needs


def _count(scene: Scene, rule: Rule, moment: Moment, run: int | None) -> Counted:
    store = scene.store
    with (
        store.database.reading() as connection,
        opened_assessment(connection, store, moment, without=(rule.id,)) as assessment,
    ):
        found = funnel.count(assessment, rule, by_events(assessment, rule))
    counted = Counted(rule.id, rule.version, moment.now, run, found)
    with store.database.writing() as connection:
        funnel.keep(connection, counted)
    return counted
