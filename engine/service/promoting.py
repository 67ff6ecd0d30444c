"""Promoting: a rule becomes live because people saw the plan of this very version and set (L14)."""

from dataclasses import dataclass, replace

from engine.language.rule import Rule, Rulebook
from engine.service.activation import LIVE, activated, awaiting_promotion
from engine.service.installation import Installation
from engine.service.naming import ALREADY, REFUSED, SET_CHANGED, Declined
from engine.service.planning import planned
from engine.service.recording import ANYBODY, record
from engine.store import promotions, registry
from engine.store.chain import Act
from engine.store.database import Connection
from engine.store.schema import Store


class NothingToPromote(Exception):
    """A rule that promoting would not change; the text says why."""


class PromotionRefused(Exception):
    """A promotion that a guard refuses; the text says what to do."""


class PlanChanged(PromotionRefused):
    """The plan is another by now than the one that somebody saw."""


@dataclass(frozen=True, slots=True)
class Word:
    """What somebody says for a plan: its digest, who, and why."""

    plan: str
    by: str = ""
    reason: str = ""


def asked(installation: Installation, store: Store, rulebook: Rulebook, rule: Rule, word: Word) -> bool:
    """Let a rule be live as `promote` does, for doors that decline: raises Declined where it is refused."""
    try:
        return promote(installation, store, rulebook, rule, word)
    except PlanChanged as error:
        raise Declined(SET_CHANGED, str(error)) from None
    except NothingToPromote as error:
        raise Declined(ALREADY, str(error)) from None
    except PromotionRefused as error:
        raise Declined(REFUSED, str(error)) from None


def promote(installation: Installation, store: Store, rulebook: Rulebook, rule: Rule, word: Word) -> bool:
    """Let a rule be live, if the plan that somebody saw is still true; return False while a second word is missing.

    Raises NothingToPromote or PromotionRefused.
    """
    _check_who(installation, word)
    now = installation.clock.now()
    with store.database.writing() as connection:
        _check_waiting(installation, connection, rulebook, rule)
        plan = planned(installation, store, connection, rulebook, installation.moment(), [rule.id])
        present = plan.rules[0]
        if present.found.error is not None:
            raise PromotionRefused(f"`{rule.id}` cannot be evaluated: {present.found.error}")
        if present.digest != word.plan:
            raise PlanChanged(
                f"the plan of `{rule.id}` is another by now, in its version or in who would enter: "
                f"look at `ansgar plan {rule.id}` and promote what you saw"
            )
        key = activated(installation, connection, rulebook, now)[1][rule.id]
        who = promotions.say(connection, key, word.plan, (word.by or ANYBODY, word.reason), now)
        act = Act(word.by or ANYBODY, "plan.approved", rule.id, rule.version, details={"plan": word.plan})
        if installation.settings.approvals.four_eyes and len(who) == 1:
            record(installation, connection, act, now)
            return False
        record(installation, connection, replace(act, what="rule.promoted"), now)
        promotions.promote(connection, key, rule.version, who[0] if who[0] != ANYBODY else None)
        activated(installation, connection, rulebook, now)
    return True


def _check_who(installation: Installation, word: Word) -> None:
    people, four_eyes = installation.settings.people, installation.settings.approvals.four_eyes
    if word.by and word.by not in people and (people or four_eyes):  # any name will do where nobody is listed
        raise PromotionRefused(f"`{word.by}` is nobody of `people` in the configuration")
    if four_eyes and not word.by:
        raise PromotionRefused("`approvals: {four_eyes: true}` asks who says so: add `--by NAME`")


def _check_waiting(installation: Installation, connection: Connection, rulebook: Rulebook, rule: Rule) -> None:
    if not installation.settings.approvals.plan_before_live:
        raise NothingToPromote(
            f"promoting is for `approvals: {{plan_before_live: true}}`; here `stage: live` in {rule.place} suffices"
        )
    if rule.stage != LIVE:
        raise NothingToPromote(f"`{rule.id}` is `stage: {rule.stage}`; write `stage: live` in {rule.place} first")
    known = registry.registered(connection)
    sources = awaiting_promotion(installation, rulebook, known).get(rule.id)
    if sources is None:
        raise NothingToPromote(f"`{rule.id}` is live already")
    if sources:
        raise PromotionRefused(f"`{rule.id}` reads {', '.join(sorted(sources))}: promote that first")
