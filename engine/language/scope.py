"""The scope in which a node is read: the model, the entity or item it speaks of, and where problems are collected."""

from collections.abc import Callable, Iterable
from collections.abc import Mapping as Map
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from engine.language.audience import Audience
from engine.language.codes import REMEDIES
from engine.language.source import Mapping, Node, Scalar, Sequence
from engine.model.entity import Collection, Entity, Field, Model
from engine.vocabulary.problem import Place, Problem, nearest_or_all

if TYPE_CHECKING:
    from engine.language.criteria import Group, Subject


DEEPEST_PATH = 5  # a field behind four references


@dataclass(frozen=True, slots=True)
class Scope:
    """What a reader knows.

    `selections` names the rule that keeps each selection, `alerts` the rules that raise one, `inputs` all that rules
    need; `within` the conditions that are being read; `deletes` is set while a rule is read that deletes, because a
    missing date weighs more there; `action` is the mapping of the action whose keys are being read. Without an
    `audience`, who is named is not checked. `languages` are those of texts.
    """

    model: Model
    entity: Entity
    zone: ZoneInfo
    problems: list[Problem]
    read_criteria: "Callable[[Scope, Node], Group | None]"
    read_subject: "Callable[[Scope, Mapping], Subject | Group | None]"
    conditions: Map[str, Node] = field(default_factory=dict)
    selections: Map[str, str] = field(default_factory=dict)
    alerts: frozenset[str] = frozenset()
    messages: frozenset[str] = frozenset()
    inputs: frozenset[str] = frozenset()
    collection: Collection | None = None
    within: tuple[str, ...] = ()
    deletes: bool = False
    action: Mapping | None = None
    audience: Audience | None = None
    read_conditions: "dict[tuple[str, str, str, bool], tuple[Group | None, int]]" = field(default_factory=dict)
    languages: tuple[str, ...] = ()

    def report(self, code: str, place: Place, message: str, remedy: str = "") -> None:
        """Note a problem; reading goes on, so that all are found at once."""
        self.problems.append(Problem(code, place, message, remedy or REMEDIES.get(code, "")))

    def warn(self, code: str, place: Place, message: str, remedy: str = "") -> None:
        """Note something that is allowed, and seldom meant."""
        self.problems.append(Problem(code, place, message, remedy, is_warning=True))

    def inside(self, collection: Collection) -> "Scope":
        """Return the scope of criteria on the items of a collection."""
        return replace(self, collection=collection)

    @property
    def fields(self) -> Map[str, Field]:
        """The fields that criteria here can name first."""
        return self.collection.fields if self.collection else self.entity.fields

    def text(self, node: Node | None, what: str) -> Scalar | None:
        """Return a node that must be a word or text, or note what stands there instead."""
        if isinstance(node, Scalar) and node.text.strip() and not node.is_null:
            return node
        if node is not None:
            self.report("R004", node.place, f"{what} is a single word or text")
        return None

    def mapping(self, node: Node, what: str) -> Mapping | None:
        """Return a node that must be a mapping, or note what stands there instead."""
        if isinstance(node, Mapping):
            return node
        self.report("R004", node.place, f"{what} is a mapping, `key: value` on lines of its own")
        return None

    def keyed(
        self, node: Node, what: str, needed: tuple[str, ...], further: tuple[str, ...] = (), remedy: str = ""
    ) -> Mapping | None:
        """Return a mapping that has the keys it needs; note what is missing, and what is neither needed nor further."""
        block = self.mapping(node, what)
        if block is None:
            return None
        self.only(block, (*needed, *further), what)
        if any(block.get(key) is None for key in needed):
            self.report("R102", block.place, f"{what} needs {' and '.join(f'`{key}`' for key in needed)}", remedy)
            return None
        return block

    def sequence(self, node: Node, what: str) -> Sequence | None:
        """Return a node that must be a list, or note what stands there instead."""
        if isinstance(node, Sequence):
            return node
        self.report("R004", node.place, f"{what} is a list", "write `[a, b]`, or each on a line of its own after `- `")
        return None

    def only(self, mapping: Mapping, known: Iterable[str], what: str) -> None:
        """Note every key of a mapping that is not known there."""
        words = tuple(known)
        for key, _ in mapping.entries:
            if key.text not in words:
                self.report("R101", key.place, f"unknown key `{key.text}` in {what}", nearest_or_all(key.text, words))

    def field_path(self, node: Scalar) -> tuple[tuple[str, ...], Field] | None:
        """Return the path and the field that a dotted word names, following references."""
        path = tuple(node.text.split("."))
        if len(path) > DEEPEST_PATH:
            hint = f"a path follows {DEEPEST_PATH - 1} references at most"
            self.report("R103", node.place, f"`{node.text[:80]}` leads too far", hint)
            return None
        if len(path) > 1 and self.collection is not None:
            hint = "criteria on an item name the item's own fields"
            self.report("R103", node.place, f"`{node.text[:80]}` leads out of the item", hint)
            return None
        fields, owner = self.fields, self.collection.name if self.collection else self.entity.name
        for step in path[:-1]:
            reference = fields.get(step)
            if reference is None or reference.references is None:
                names = [name for name, one in fields.items() if one.references]
                hint = nearest_or_all(step, names) if names else "there are no references here"
                self.report("R103", node.place, f"`{step}` is no reference of {owner}", hint)
                return None
            owner = reference.references
            fields = self.model.entity(owner).fields
        found = fields.get(path[-1])
        if found is None:
            self.report("R103", node.place, f"unknown field `{path[-1]}` of {owner}", nearest_or_all(path[-1], fields))
            return None
        return path, found

    def collection_named(self, node: Scalar, name: str) -> Collection | None:
        """Return the collection of the entity that a word names."""
        if self.collection is not None:
            self.report("R107", node.place, "inside `where` criteria speak of the item alone", "use `field`")
            return None
        found = self.entity.collections.get(name)
        if found is None:
            message = f"unknown collection `{name}` of {self.entity.name}"
            self.report("R103", node.place, message, nearest_or_all(name, self.entity.collections))
        return found
