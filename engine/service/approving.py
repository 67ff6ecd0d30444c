"""Approving: deletions that are ready wait for the word of people, where their rule asks for it; silence keeps."""

from dataclasses import dataclass, replace

from engine.language.approval import Approval
from engine.service.examining import Found
from engine.service.four_eyes import may_decide
from engine.service.guarding import deletion_call
from engine.service.installation import Installation
from engine.service.naming import NOT_APPROVED, Declined
from engine.service.notices import asked, post_in
from engine.service.recording import ANYBODY
from engine.service.scene import Scene
from engine.store import approvals, deletion_queue, deletions
from engine.store.approvals import APPROVED, AWAITS_APPROVAL, NO_APPROVAL, UNANSWERED, Request
from engine.store.database import Connection
from engine.store.deletions import Deletion
from engine.store.records import RecordTables
from engine.vocabulary.calendar import Moment


@dataclass(frozen=True, slots=True)
class Word:
    """What somebody says: who they are and why. `digest` stands for the set that they saw, where they name it."""

    by: str = ""
    reason: str = ""
    digest: str = ""


def needed(scene: Scene, one: Deletion) -> Approval | None:
    """Return the approval that the rule of a deletion asks for."""
    rule = scene.rulebook.rules.get(one.rule)
    return deletion_call(rule, one).approval if rule is not None else None


def await_word(
    scene: Scene, connection: Connection, one: Deletion, needed: Approval, digest: str, moment: Moment
) -> Found:
    """Let a deletion that is ready wait for people's word; return how it stands.

    One that was approved as it is stays approved. What was approved and has changed since is asked for anew.
    """
    state = approvals.state_of(connection, one.approval)
    if state == APPROVED and one.digest == digest:
        return Found("ready", digest=digest)
    if one.state == "approved":
        deletions.move(connection, one, "due", at=moment.now, reason="STALE", approval=None, digest=None)
        return Found("due", "STALE")
    if state == UNANSWERED:
        return Found("kept", NO_APPROVAL)
    is_asked = state == approvals.OPEN
    until = needed.within.after(moment.now, moment)
    approval = (
        one.approval if is_asked else approvals.asked_for(connection, one, until, moment.now, as_batch=needed.as_batch)
    )
    found = Found("due", AWAITS_APPROVAL)
    if (one.state, one.reason, one.approval, one.digest) != (*found.standing, approval, digest):
        deletions.move(
            connection, one, found.state, at=moment.now, reason=found.reason, approval=approval, digest=digest
        )
        if approval is not None:
            post_in(scene, connection, asked(one.rule, approval, needed.of), moment)
    return found


def give(
    connection: Connection, tables: RecordTables, request: Request, needed: Approval, word: Word, moment: Moment
) -> int:
    """Take somebody's word for exactly the set of a request; return how many more are needed."""
    said = approvals.say(connection, request, (word.by or ANYBODY, word.reason), moment.now)
    missing = needed.people - len(said)
    if missing > 0:
        return missing
    approvals.give(connection, request.key, moment.now)
    names = ", ".join(said)
    for each in deletion_queue.named(connection, tables, request.deletions).values():
        one = each
        if one.state == "kept":
            deletions.move(connection, one, "due", at=moment.now, by=names, reason=AWAITS_APPROVAL)
            one = replace(one, state="due", reason=AWAITS_APPROVAL)
        deletions.move(connection, one, "approved", at=moment.now, by=names, reason=None)
    return 0


def check_person(installation: Installation, connection: Connection, rule_id: str, needed: Approval, by: str) -> None:
    """Refuse a word that does not count: of nobody known, of somebody who is not asked, or of no name where one is.

    With `four_eyes` it is not the word of whoever changed the rule last, and who that is must be known.
    """
    people = installation.settings.people
    whom = ", ".join(needed.of)
    if not by:
        if needed.people > 1 or installation.settings.approvals.four_eyes:
            raise Declined(NOT_APPROVED, f"this needs the word of {needed.people} of {whom}: add `--by NAME`")
        return
    if by not in people:
        raise Declined(NOT_APPROVED, f"`{by}` is nobody of `people` in the configuration")
    if by not in needed.of and not set(people[by].roles) & set(needed.of):
        raise Declined(NOT_APPROVED, f"the rule asks for the word of {whom}, and `{by}` is neither")
    if installation.settings.approvals.four_eyes:
        may_decide(installation, connection, rule_id, by)
