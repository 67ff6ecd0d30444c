"""Four eyes: who may decide about what a rule does: somebody of `people` other than whoever changed the rule last."""

from engine.service.installation import Installation
from engine.service.naming import REFUSED, Declined
from engine.store import registry
from engine.store.database import Connection
from engine.vocabulary.problem import nearest_or_all


def may_decide(installation: Installation, connection: Connection, rule_id: str, person: str) -> None:
    """Return where a person may decide about what a rule does; raises Declined with what to do where not."""
    people, editor = installation.settings.people, registry.last_editor(connection, rule_id)
    if not person:
        raise Declined(REFUSED, "this needs the word of somebody who is named: add `--by NAME`")
    if person not in people:
        remedy = nearest_or_all(person, people) if people else "list who decides under `people`"
        raise Declined(REFUSED, f"`{person}` is nobody of `people` in the configuration; {remedy}")
    if editor == person:
        raise Declined(REFUSED, f"`{person}` was the last to change `{rule_id}`: somebody else has to decide")
    if editor is None and installation.settings.approvals.four_eyes:
        raise Declined(
            REFUSED,
            f"nobody knows who changed `{rule_id}` last, and `approvals: {{four_eyes: true}}` asks for somebody else: "
            "write `edited_by: NAME` in the rule",
        )
