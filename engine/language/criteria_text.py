"""Criteria text: nodes become groups and criteria, or every problem in them."""

from collections.abc import Mapping as Map
from dataclasses import replace

from engine.language.criteria import Criterion, Group, Subject, Test
from engine.language.kinds import Kind
from engine.language.operands import Reader
from engine.language.operators.catalogue import BY_KIND, NAMES
from engine.language.scope import Scope
from engine.language.source import Mapping, Node, Scalar, Sequence
from engine.language.subjects.catalogue import SUBJECTS
from engine.language.subjects.kind_of_subject import SubjectKind
from engine.language.subjects.related import written
from engine.vocabulary.problem import nearest, nearest_or_all
from engine.vocabulary.truth import Truth

# Each with what it says, for the reference.
GROUPS: Map[str, str] = {
    "all": "all of these hold",
    "any": "at least one of these holds",
    "none": "none of these holds",
    "at_least_of": "`{count: 2, of: […]}`: at least so many of these hold",
}
CRITERION_KEYS: Map[str, str] = {
    "if_missing": "`match` or `no_match`: what the criterion is where it would be unknown",
    "case": "`exact`: capitals count; else they do not, in texts and lists",
}
CASED = frozenset({Kind.TEXT, Kind.LIST})


def read_criteria(scope: Scope, node: Node) -> Group | None:
    """Return the criteria under `if`, a condition or a list `where`: groups, which must all hold, or a plain list."""
    if isinstance(node, Sequence):
        return _group(scope, "all", node)
    if isinstance(node, Mapping) and node.entries:
        if any(key.text in SUBJECTS for key, _ in node.entries):
            part = _part(scope, node)
            return Group("all", (part,), node.place) if part else None
        groups = [group for key, value in node.entries if (group := _keyed_group(scope, key, value)) is not None]
        return groups[0] if len(groups) == 1 else Group("all", tuple(groups), node.place)
    scope.report("R004", node.place, "criteria are a list, or the groups `all`, `any`, `none`")
    return None


def read_subject(scope: Scope, block: Mapping) -> Subject | Group | None:
    """Return the subject of a block that has no tests, such as a member of `latest_of`."""
    found = _subject(scope, block)
    if found is None:
        return None
    kind, _, subject = found
    scope.only(block, (kind.key, *kind.further), f"`{kind.key}`")
    return subject


def _keyed_group(scope: Scope, key: Scalar, node: Node) -> Group | None:
    if key.text == "at_least_of":
        return _at_least_of(scope, node)
    if key.text in GROUPS:
        return _group(scope, key.text, node)
    known = {*GROUPS, *SUBJECTS}
    scope.report("R101", key.place, f"unknown key `{key.text}` among criteria", nearest_or_all(key.text, known))
    return None


def _group(scope: Scope, kind: "str", node: Node) -> Group | None:
    items = scope.sequence(node, f"`{kind}`")
    if items is None:
        return None
    if not items.items:
        scope.report("R004", node.place, f"`{kind}` without criteria", "add a criterion, or remove the group")
    parts = [part for item in items.items if (part := _part(scope, item)) is not None]
    return Group(kind, tuple(parts), node.place)  # type: ignore[arg-type]  # one of GROUPS


def _at_least_of(scope: Scope, node: Node) -> Group | None:
    hint = "write `at_least_of: {count: 2, of: [criterion, criterion, …]}`"
    block = scope.keyed(node, "`at_least_of`", ("count", "of"), remedy=hint)
    group = _group(scope, "all", block["of"]) if block else None
    if block is None or group is None:
        return None
    count, most = block["count"], len(group.parts)
    if not isinstance(count, Scalar) or not count.text.isdecimal() or not 0 < int(count.text[:9]) <= most:
        scope.report("R106", count.place, f"`count` is a whole number from 1 to {most}, how many criteria there are")
        return None
    return replace(group, kind="at_least_of", least=int(count.text))


def _part(scope: Scope, node: Node) -> Criterion | Group | None:
    block = scope.mapping(node, "a criterion")
    if block is None:
        return None
    if not block.entries:
        scope.report("R107", node.place, "a criterion that asks nothing", "write a subject and a test, or remove it")
        return None
    if all(key.text in GROUPS for key, _ in block.entries):
        return read_criteria(scope, block)
    found = _subject(scope, block)
    if found is None:
        return None
    kind, key, subject = found
    if subject is None:
        return None
    if isinstance(subject, Group):
        scope.only(block, (kind.key,), f"`{kind.key}`")
        return subject
    return _criterion(scope, kind, key, subject, block)


def _subject(scope: Scope, block: Mapping) -> tuple[SubjectKind, Scalar, Subject | Group | None] | None:
    named = [(key, value) for key, value in block.entries if key.text in SUBJECTS]
    if len(named) != 1:
        first = block.entries[0][0]
        if named:
            message, hint = (
                f"two subjects in one criterion: `{named[0][0].text}` and `{named[1][0].text}`",
                "make two criteria",
            )
            first = named[1][0]
        else:
            message = "a criterion without a subject"
            near = next((hint for key, _ in block.entries if (hint := nearest(key.text, SUBJECTS))), "")
            hint = near or f"begin with one of: {', '.join(SUBJECTS)}"
        scope.report("R107", first.place, message, hint)
        return None
    (key, value), kind = named[0], SUBJECTS[named[0][0].text]
    if isinstance(value, Scalar) and not value.text.strip():
        scope.report("R004", key.place, f"`{key.text}` of what?", "name it")
        return None
    if isinstance(value, Scalar) != kind.takes_list and not (isinstance(value, Scalar) and value.is_null):
        return kind, key, kind.read(scope, value, block)  # type: ignore[arg-type]  # checked by takes_list
    scope.report("R004", value.place, f"`{key.text}` takes {'a list' if kind.takes_list else 'a single word'}")
    return None


def _criterion(scope: Scope, kind: SubjectKind, key: Scalar, subject: Subject, block: Mapping) -> Criterion:
    tests = []
    exact = _exact(scope, subject, block)
    known = BY_KIND[subject.kind]
    for name, value in block.entries:
        if name is key or name.text in kind.further or name.text in CRITERION_KEYS:
            continue
        operator = known.get(name.text)
        if operator is None:
            _report_test(scope, name, key, subject, (*known, *kind.further, *CRITERION_KEYS))
            continue
        operand = Reader(scope, subject.kind, exact).read(value, operator.operand)
        if operand is not None:
            tests.append(Test(operator, operand, written(value), exact))
    others = [name for name, _ in block.entries if name.text not in {key.text, *kind.further, *CRITERION_KEYS}]
    if not others:
        hint = f"add one of: {', '.join(known)}"
        scope.report("R108", key.place, f"`{key.text}` without a test", hint)
    words = [f"{name.text} {written(value)}" for name, value in block.entries if name.text in {key.text, *kind.further}]
    return Criterion(subject, tuple(tests), ", ".join(words), key.place, _if_missing(scope, block))


def _report_test(scope: Scope, name: Scalar, key: Scalar, subject: Subject, known: tuple[str, ...]) -> None:
    homes = [one.key for one in SUBJECTS.values() if name.text in one.further]
    if homes:
        hint = f"it goes with {', '.join(f'`{home}`' for home in homes)}"
        scope.report("R101", name.place, f"`{name.text}` does not go with `{key.text}`", hint)
    elif name.text in NAMES:
        kinds = sorted({kind.value for kind, tests in BY_KIND.items() if name.text in tests})
        message = f"`{name.text}` is a test for {' and '.join(kinds)}, and this is a {subject.kind.value}"
        scope.report(
            "R105", name.place, message, f"tests of a {subject.kind.value}: {', '.join(BY_KIND[subject.kind])}"
        )
    else:
        scope.report("R104", name.place, f"unknown test `{name.text}`", nearest_or_all(name.text, known))


def _exact(scope: Scope, subject: Subject, block: Mapping) -> bool:
    node = block.get("case")
    if node is None:
        return False
    if not isinstance(node, Scalar) or node.text != "exact":
        scope.report("R106", node.place, "`case` can only be `exact`")
    elif subject.kind not in CASED:
        scope.report("R105", node.place, f"`case` is for text, and this is a {subject.kind.value}")
    return True


def _if_missing(scope: Scope, block: Mapping) -> Truth | None:
    node = block.get("if_missing")
    if node is None:
        return None
    settled = {"match": Truth.TRUE, "no_match": Truth.FALSE}
    word = scope.text(node, "`if_missing`")
    if word is None:
        return None
    if word.text not in settled:
        scope.report("R106", word.place, f"`if_missing` cannot be `{word.text}`", nearest_or_all(word.text, settled))
    return settled.get(word.text)
