"""Rule text: one mapping under `rules` becomes a rule, or every problem in it."""

from collections.abc import Mapping as Map
from dataclasses import MISSING, dataclass, replace
from typing import cast

from engine.language.algebra import simplified
from engine.language.arguments import keys_of, slug, wording, words
from engine.language.check import ALWAYS, read_check
from engine.language.criteria import Group, weight
from engine.language.criteria_text import read_criteria
from engine.language.deletion_text import check_deletion, read_limit
from engine.language.recipients import check_owner
from engine.language.rule import Call, Rule, Stage, digest_of
from engine.language.scope import Scope
from engine.language.source import Mapping, Node, Scalar, Sequence
from engine.vocabulary.effect import Effect
from engine.vocabulary.problem import nearest_or_all
from engine.vocabulary.wording import Wording

TEXTS = ("description", "owner", "legal_basis")
LISTS = ("articles", "tags")
MOST_CRITERIA = 2_000
STAGES = ("live", "watch", "off")
KEYS = (
    *("rule", "title", "description", "owner", "legal_basis", "articles", "stage", "applies_to", "tags"),
    *("check", "if", "then", "stop_if_more_than"),
)
NOT_YET = ("when_no_longer", "repeat", "deadline", "for_each", "needs", "approval")
VERBS_NOT_YET = ("request_review", "send_report")


@dataclass(frozen=True, slots=True)
class RuleReader:
    """Reads rules with the actions that exist."""

    actions: Map[str, type[Call]]

    def read(self, scope: Scope, node: Node) -> Rule | None:
        """Return the rule of a node; None, with problems noted, where it cannot be used."""
        before = len(scope.problems)
        block = scope.mapping(node, "a rule")
        if block is None:
            return None
        self._check_keys(scope, block)
        rule_id = self._id(scope, block)
        scope = self._in_entity(scope, block)
        calls = self._calls(scope, block)
        scope = replace(scope, deletes=any(call.effect is Effect.IRREVERSIBLE for call in calls))
        criteria = self._criteria(scope, block)
        check = read_check(scope, check_node) if (check_node := block.get("check")) is not None else ALWAYS
        description, owner, legal_basis = (self._text(scope, block, key) for key in TEXTS)
        articles, tags = (self._list(scope, block, key) for key in LISTS)
        title = wording(scope, title_node) if (title_node := block.get("title")) is not None else None
        stage = self._stage(scope, block)
        limit = read_limit(scope, block.get("stop_if_more_than"))
        check_owner(scope, block.get("owner"))
        check_deletion(scope, block, owner, legal_basis, limit)
        if rule_id is None or criteria is None or any(not one.is_warning for one in scope.problems[before:]):
            return None
        predicate = simplified(criteria.form())
        version = digest_of((scope.entity.name, predicate, calls, limit))
        place = (block.key("rule") or block).place
        return Rule(
            rule_id, scope.entity.name, stage, criteria, predicate, calls, version, place,
            title or Wording({"": rule_id}), description, owner, legal_basis, articles, tags, check, limit,
        )  # fmt: skip

    def _check_keys(self, scope: Scope, block: Mapping) -> None:
        for key, _ in block.entries:
            if key.text in NOT_YET:
                scope.report("R120", key.place, f"`{key.text}` is not part of this version")
            elif key.text not in KEYS:
                scope.report("R101", key.place, f"unknown key `{key.text}` in a rule", nearest_or_all(key.text, KEYS))

    def _id(self, scope: Scope, block: Mapping) -> str | None:
        node = block.get("rule")
        if node is None:
            self._missing(scope, block, "rule")
            return None
        return slug(scope, node)

    def _missing(self, scope: Scope, block: Mapping, key: str) -> None:
        scope.report("R102", block.place, f"a rule needs `{key}`", f"add `{key}: …`")

    def _in_entity(self, scope: Scope, block: Mapping) -> Scope:
        node = block.get("applies_to")
        word = scope.text(node, "`applies_to`") if node is not None else None
        if word is None:
            return scope
        entity = scope.model.entities.get(word.text)
        if entity is None:
            hint = nearest_or_all(word.text, scope.model.entities)
            scope.report("R103", word.place, f"the model has no entity `{word.text}`", hint)
            return scope
        return replace(scope, entity=entity)

    def _criteria(self, scope: Scope, block: Mapping) -> Group | None:
        node = block.get("if")
        if node is None:
            self._missing(scope, block, "if")
            return None
        criteria = read_criteria(scope, node)
        if criteria is not None and weight(criteria) > MOST_CRITERIA:
            message = f"more than {MOST_CRITERIA:,} criteria once conditions are written out"
            scope.report("R005", node.place, message, "ask for less in one rule")
            return None
        return criteria

    def _stage(self, scope: Scope, block: Mapping) -> Stage:
        node = block.get("stage")
        word = scope.text(node, "`stage`") if node is not None else None
        if word is None:
            return "watch"
        if word.text not in STAGES:
            scope.report("R106", word.place, f"`{word.text}` is no stage", nearest_or_all(word.text, STAGES))
            return "watch"
        return cast("Stage", word.text)

    def _text(self, scope: Scope, block: Mapping, key: str) -> str:
        node = block.get(key)
        word = scope.text(node, f"`{key}`") if node is not None else None
        return word.text if word else ""

    def _list(self, scope: Scope, block: Mapping, key: str) -> tuple[str, ...]:
        node = block.get(key)
        return (words(scope, node) or ()) if node is not None else ()

    def _calls(self, scope: Scope, block: Mapping) -> tuple[Call, ...]:
        node = block.get("then")
        if node is None:
            self._missing(scope, block, "then")
            return ()
        items = node.items if isinstance(node, Sequence) else (node,)
        calls = [call for item in items if (call := self._call(scope, item)) is not None]
        return tuple(calls)

    def _call(self, scope: Scope, node: Node) -> Call | None:
        block = scope.mapping(node, "an action")
        if block is None or len(block.entries) != 1:
            if block is not None:
                scope.report("R004", block.place, "an action is one verb with its settings", "put each after a `- `")
            return None
        (verb, value) = block.entries[0]
        action = self.actions.get(verb.text)
        if action is None:
            code, hint = (
                ("R120", "") if verb.text in VERBS_NOT_YET else ("R115", nearest_or_all(verb.text, self.actions))
            )
            said = "is not part of this version" if code == "R120" else "is no action"
            scope.report(code, verb.place, f"`{verb.text}` {said}", hint)
            return None
        return read_call(scope, action, verb, value)


def read_call(scope: Scope, action: type[Call], verb: Scalar, value: Node) -> Call | None:
    """Return an action with its settings read from its mapping, or from a single word where it has a shorthand."""
    specs = keys_of(action)
    check = getattr(action, "check", None)
    if check is not None:
        check(scope, value)
    given: dict[str, Node]
    if isinstance(value, Mapping):
        scope.only(value, specs, f"`{verb.text}`")
        given = {key.text: one for key, one in value.entries if key.text in specs}
    elif action.shorthand and not (isinstance(value, Scalar) and value.is_null):
        given = {action.shorthand: value}
    else:
        given = {}
    scope = replace(scope, action=value if isinstance(value, Mapping) else None)
    settings = {specs[key].name: specs[key].metadata["read"](scope, one) for key, one in given.items()}
    missing = [name for name, spec in specs.items() if spec.default is MISSING and name not in given]
    for name in missing:
        scope.report("R102", verb.place, f"`{verb.text}` needs `{name}`", f"add `{name}: …`")
    if missing or any(one is None for one in settings.values()):
        return None
    return action(**settings)
