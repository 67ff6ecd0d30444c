"""Rule text: one mapping under `rules` becomes a rule, or every problem in it."""

from collections.abc import Mapping as Map
from dataclasses import MISSING, dataclass, replace
from typing import cast

from engine.language.algebra import simplified
from engine.language.arguments import duration, keys_of, slug, wording, words
from engine.language.check import ALWAYS, ASKED, Check, read_check
from engine.language.criteria import Group
from engine.language.criteria_text import read_criteria
from engine.language.deadline_text import read_deadline
from engine.language.deletion_text import check_deletion, read_limit
from engine.language.needs import Need, read_needs
from engine.language.parameters import RuleText, filled
from engine.language.recipients import check_editor, check_owner
from engine.language.repeat import read_repeat
from engine.language.rule import RAISES_ALERT, Call, Rule, Stage, digest_of
from engine.language.rule_keys import RULE_KEYS
from engine.language.scope import Scope
from engine.language.source import Mapping, Node, Scalar, Sequence
from engine.language.subjects.catalogue import SUBJECTS
from engine.language.weight import DEEPEST_SCORES, MOST_CRITERIA, score_depth, weight
from engine.vocabulary.duration import Duration
from engine.vocabulary.effect import Effect
from engine.vocabulary.problem import Place, Problems, Source, nearest_or_all
from engine.vocabulary.wording import Wording

TEXTS = ("owner", "legal_basis", "edited_by")
WORDINGS = ("title", "description")
LISTS = ("articles", "tags")
STAGES = ("live", "watch", "off")
NOT_YET = ("approval",)
LASTING = "for_at_least"


@dataclass(frozen=True, slots=True)
class RuleReader:
    """Reads rules with the actions that exist."""

    actions: Map[str, type[Call]]

    def read(self, scope: Scope, text: RuleText, inputs: Map[str, str] | None = None) -> Rule | None:
        """Return the rule of a text, with its inputs or what stands in for them.

        None, with problems noted, where it cannot be used.
        """
        before = len(scope.problems)
        written = scope.mapping(text.node, "a rule")
        if written is None:
            return None
        needs = read_needs(scope, written.get("needs"))
        scope, block = with_inputs(scope, written, needs, inputs)
        self._check_keys(scope, block)
        rule_id = self._id(scope, block, text.variant)
        scope = self._in_entity(scope, block)
        calls = self._calls(scope, block.get("then"), block)
        scope = replace(scope, deletes=any(call.effect is Effect.IRREVERSIBLE for call in calls))
        criteria, lasting = self._criteria(scope, block)
        closing = self._once(scope, block.get("when_no_longer"), "when_no_longer")
        deadline = read_deadline(scope, block.get("deadline"), lambda node: self._if_late(scope, node))
        repeat = read_repeat(scope, block.get("repeat"), needs)
        check = self._check(scope, block, needs)
        owner, legal_basis, editor = (self._text(scope, block, key) for key in TEXTS)
        articles, tags = (self._list(scope, block, key) for key in LISTS)
        title, description = (wording(scope, node) if (node := block.get(key)) else None for key in WORDINGS)
        stage = self._stage(scope, block)
        limit = read_limit(scope, block.get("stop_if_more_than"))
        check_owner(scope, block.get("owner"))
        check_editor(scope, block.get("edited_by"))
        check_deletion(scope, block, owner, legal_basis, limit)
        if rule_id is None or criteria is None or any(not one.is_warning for one in scope.problems[before:]):
            return None
        predicate = simplified(criteria.form())
        if score_depth(predicate) > DEEPEST_SCORES:
            message = f"`score` and `at_least_of` within one another, more than {DEEPEST_SCORES} deep"
            scope.report("R005", (block.key("if") or block).place, message, "make rules of their own of the inner ones")
            return None
        meaning = (lasting, repeat, deadline.meaning if deadline else None, closing)
        version = digest_of((scope.entity.name, predicate, calls, limit, meaning))
        place = (block.key("rule") or block).place
        return Rule(
            rule_id, scope.entity.name, stage, criteria, predicate, calls, version, place,
            title or Wording({"": rule_id}), description, owner, legal_basis, articles, tags, check, limit,
            lasting, repeat, deadline, closing, needs, inputs or {}, editor,
        )  # fmt: skip

    def _check(self, scope: Scope, block: Mapping, needs: tuple[Need, ...]) -> Check:
        node = block.get("check")
        check = read_check(scope, node) if node is not None else ASKED if needs else ALWAYS
        if needs and node is not None and not check.asked:
            hint = "write `check: {when_asked: a.name}`, or remove `check`"
            scope.report("R117", node.place, "a rule that needs inputs is looked at only when asked", hint)
        return check

    def _check_keys(self, scope: Scope, block: Mapping) -> None:
        for key, _ in block.entries:
            if key.text in NOT_YET:
                scope.report("R120", key.place, f"`{key.text}` is not part of this version")
            elif key.text not in RULE_KEYS:
                known = nearest_or_all(key.text, RULE_KEYS)
                scope.report("R101", key.place, f"unknown key `{key.text}` in a rule", known)

    def _id(self, scope: Scope, block: Mapping, variant: str) -> str | None:
        node = block.get("rule")
        if node is None:
            self._missing(scope, block, "rule")
            return None
        name = slug(scope, node)
        return f"{name}[{variant}]" if name and variant else name

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

    def _criteria(self, scope: Scope, block: Mapping) -> tuple[Group | None, Duration | None]:
        node = block.get("if")
        if node is None:
            self._missing(scope, block, "if")
            return None, None
        lasting = None
        if isinstance(node, Mapping) and (length := node.get(LASTING)) is not None and not _is_criterion(node):
            lasting = duration(scope, length)
            node = Mapping(tuple(entry for entry in node.entries if entry[0].text != LASTING), node.place)
        return self._group(scope, node), lasting

    def _group(self, scope: Scope, node: Node) -> Group | None:
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

    def _calls(self, scope: Scope, node: Node | None, block: Mapping) -> tuple[Call, ...]:
        if node is None:
            self._missing(scope, block, "then")
            return ()
        items = node.items if isinstance(node, Sequence) else (node,)
        calls = [call for item in items if (call := self._call(scope, item)) is not None]
        return tuple(calls)

    def _once(self, scope: Scope, node: Node | None, key: str) -> tuple[Call, ...]:
        """Return actions that happen once, as all must where there is no case for others to last as long as."""
        if node is None:
            return ()
        calls = self._calls(scope, node, Mapping((), node.place))
        for call in calls:
            if call.effect is not Effect.REMOTE:
                hint = "use an action that happens once, such as `notify`"
                scope.report("R115", node.place, f"`{call.verb}` cannot stand under `{key}`", hint)
        return calls

    def _if_late(self, scope: Scope, node: Node) -> tuple[Call, ...]:
        """Return what happens when a deadline is missed: once, or as long as the case, but nothing is deleted."""
        calls = self._calls(scope, node, Mapping((), node.place))
        for call in calls:
            if call.effect is not Effect.REMOTE and call.verb != RAISES_ALERT:
                hint = f"use an action that happens once, or `{RAISES_ALERT}`"
                scope.report("R115", node.place, f"`{call.verb}` cannot stand under `if_late`", hint)
        return calls

    def _call(self, scope: Scope, node: Node) -> Call | None:
        block = scope.mapping(node, "an action")
        if block is None or len(block.entries) != 1:
            if block is not None:
                scope.report("R004", block.place, "an action is one verb with its settings", "put each after a `- `")
            return None
        (verb, value) = block.entries[0]
        action = self.actions.get(verb.text)
        if action is None:
            scope.report("R115", verb.place, f"`{verb.text}` is no action", nearest_or_all(verb.text, self.actions))
            return None
        return read_call(scope, action, verb, value)


@dataclass(frozen=True, slots=True)
class AskableText:
    """The text of a rule that needs inputs, with all that reading it takes."""

    scope: Scope
    text: RuleText
    reader: RuleReader
    needs: tuple[Need, ...]

    def ask(self, inputs: Map[str, str]) -> Rule:
        """Return the rule with inputs filled in; raises Problems where they do not fit."""
        scope = replace(self.scope, problems=[], read_conditions={})
        rule = self.reader.read(scope, self.text, inputs)
        errors = [problem for problem in scope.problems if not problem.is_warning]
        if rule is None or errors:
            raise Problems(errors)
        return rule


def with_inputs(
    scope: Scope, block: Mapping, needs: tuple[Need, ...], inputs: Map[str, str] | None
) -> tuple[Scope, Mapping]:
    """Return a rule's text with its inputs, or what stands in for them, in the place of their parameters."""
    where = (block.key("needs") or block).place
    # What is missing is told once, and then stood in for, so that nothing else seems wrong because of it.
    values: dict[str, Node] = {need.name: Scalar(need.stand_in, where) for need in needs}
    open_ones = {need.stand_in: "" for need in needs if need.type == "selection"}
    scope = replace(scope, selections={**scope.selections, **open_ones})
    if inputs is not None:
        for name in sorted(inputs.keys() - values.keys()):
            scope.report("R101", where, f"`{name}` is no input of this rule", nearest_or_all(name, values))
        for name in sorted(values.keys() - inputs.keys()):
            scope.report("R102", where, f"the rule needs the input `{name}`", f"give it: --with {name}=…")
        values |= {name: Scalar(text, Place(Source("the inputs"), 1, 1)) for name, text in inputs.items()}
    rest = tuple(
        (key, node if key.text == "needs" else filled(node, values, scope.report)) for key, node in block.entries
    )
    return scope, Mapping(rest, block.place)


def _is_criterion(node: Mapping) -> bool:
    return any(key.text in SUBJECTS for key, _ in node.entries)


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
