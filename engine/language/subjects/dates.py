"""A date of the record, where a rule names one by a field or by a block such as `{last: activities}`."""

from engine.language.criteria import Group, Subject
from engine.language.kinds import Kind
from engine.language.scope import Scope
from engine.language.source import Mapping, Node, Scalar
from engine.language.subjects.field import FIELD


def read_date(scope: Scope, node: Node) -> Subject | None:
    """Return the subject that a field's name or a block stands for; None with a problem noted where it is no date."""
    subject: Subject | Group | None
    if isinstance(node, Scalar):
        subject = FIELD.read(scope, node, Mapping((), node.place))
    elif isinstance(node, Mapping):
        subject = scope.read_subject(scope, node)
    else:
        scope.report("R106", node.place, "a field, or a block such as `{last: activities}`, was expected")
        return None
    if subject is None:
        return None
    if isinstance(subject, Group) or subject.kind is not Kind.DATE:
        kind = Kind.TRUTH if isinstance(subject, Group) else subject.kind
        scope.report("R105", node.place, f"a date was expected here, not a {kind.value}")
        return None
    return subject
