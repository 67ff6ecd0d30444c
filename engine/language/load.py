"""Loading: a folder of rule files becomes one rulebook, all or nothing, with every problem found at once."""

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Map
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from engine.language.arguments import SLUG, template
from engine.language.criteria_text import read_criteria, read_subject
from engine.language.order import in_order
from engine.language.review import reviewed
from engine.language.rule import KEEPS_SELECTION, Call, Message, Rule, Rulebook
from engine.language.rule_text import RuleReader
from engine.language.scope import Scope
from engine.language.source import Mapping, Node, Parsed, Scalar, Sequence, parse, read_file
from engine.model.entity import Model
from engine.vocabulary.problem import Problem, Problems, nearest_or_all

SUFFIXES = frozenset({".yaml", ".yml"})
FILE_KEYS = ("conditions", "messages", "rules", "tests")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of loading: the rulebook if there was no error, and all problems in order."""

    rulebook: Rulebook | None
    problems: tuple[Problem, ...]
    files: tuple[str, ...] = ()

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that keep the rulebook from loading."""
        return tuple(problem for problem in self.problems if not problem.is_warning)


@dataclass(frozen=True, slots=True)
class Loader:
    """What loading needs to know besides the text. `today`, where known, makes warnings about dates surer."""

    model: Model
    actions: Map[str, type[Call]]
    zone: ZoneInfo
    languages: tuple[str, ...] = ("en",)
    today: date | None = None

    def load_paths(self, paths: Iterable[Path]) -> Loaded:
        """Return the rulebook of files and folders; sub-folders included, dot-files and `*.test.yaml` left out."""
        texts: dict[str, str] = {}
        problems: list[Problem] = []
        for path, root in sorted({file: given for given in paths for file in rule_files(given)}.items()):
            try:
                texts[str(path)] = read_file(path, str(path), within=root)
            except Problems as found:
                problems += found.found
        return self.load_texts(texts, problems)

    def load_texts(self, texts: Map[str, str], problems: Iterable[Problem] = ()) -> Loaded:
        """Return the rulebook of texts by name."""
        gathered = _Gathered(list(problems))
        for name, text in texts.items():
            gathered.add(parse(text, name))
        scope = self._scope(gathered)
        gathered.check_names()
        for name, node in scope.conditions.items():
            read_criteria(replace(scope, within=(name,)), node)
        rules = self._rules(scope, gathered)
        messages = dict(_messages(scope, gathered))
        ordered = in_order(rules, scope)
        failed = any(not one.is_warning for one in scope.problems)
        if not failed:
            scope.problems.extend(reviewed(ordered, self.model, self.today))
        found = tuple(sorted(set(scope.problems), key=lambda one: one.order))
        return Loaded(None if failed else Rulebook(ordered, messages), found, tuple(texts))

    def _scope(self, gathered: "_Gathered") -> Scope:
        return Scope(
            self.model, self.model.entity("contact"), self.zone, gathered.problems, read_criteria, read_subject,
            {key.text: node for key, node in gathered.conditions}, dict(_selections(gathered.rules)),
            frozenset(key.text for key, _ in gathered.messages), languages=self.languages,
        )  # fmt: skip

    def _rules(self, scope: Scope, gathered: "_Gathered") -> dict[str, Rule]:
        reader = RuleReader(self.actions)
        rules: dict[str, Rule] = {}
        for node in gathered.rules:
            rule = reader.read(scope, node)
            if rule is None:
                continue
            if rule.id in rules:
                first = rules[rule.id].place
                scope.report("R111", rule.place, f"two rules are called `{rule.id}`", f"the other one: {first}")
            rules.setdefault(rule.id, rule)
        return rules


def rule_files(path: Path) -> Iterator[Path]:
    """Give the rule files at or below a path; links that lead out of it are left for `read_file` to refuse."""
    if not path.is_dir():
        yield path
        return
    for file in path.rglob("*"):
        parts = file.relative_to(path).parts
        is_rule_file = file.suffix in SUFFIXES and not file.name.endswith((".test.yaml", ".test.yml"))
        if is_rule_file and not any(part.startswith(".") for part in parts) and not file.is_dir():
            yield file


@dataclass(slots=True)
class _Gathered:
    """The nodes of all files by section."""

    problems: list[Problem]
    conditions: list[tuple[Scalar, Node]] = field(default_factory=list)
    messages: list[tuple[Scalar, Node]] = field(default_factory=list)
    rules: list[Node] = field(default_factory=list)

    def add(self, parsed: Parsed) -> None:
        self.problems += parsed.problems
        for document in parsed.documents:
            if not isinstance(document, Mapping):
                self._report("R004", document, "a rule file is a mapping", f"begin with one of: {', '.join(FILE_KEYS)}")
                continue
            for key, value in document.entries:
                self._section(key, value)

    def check_names(self) -> None:
        """Note names that are used twice or not written as names are."""
        for what, entries in (("condition", self.conditions), ("message", self.messages)):
            seen: dict[str, Scalar] = {}
            for key, _ in entries:
                if not SLUG.fullmatch(key.text):
                    hint = "write small letters, digits and hyphens"
                    self._report("R110", key, f"`{key.text}` is no name for a {what}", hint)
                if key.text in seen:
                    self._report(
                        "R111", key, f"two {what}s are called `{key.text}`", f"the other one: {seen[key.text].place}"
                    )
                seen.setdefault(key.text, key)

    def _section(self, key: Scalar, value: Node) -> None:
        if key.text not in FILE_KEYS:
            self._report("R101", key, f"unknown key `{key.text}` in a rule file", nearest_or_all(key.text, FILE_KEYS))
        elif key.text in {"conditions", "messages"}:
            if not isinstance(value, Mapping):
                self._report("R004", value, f"`{key.text}` is a mapping of names")
                return
            (self.conditions if key.text == "conditions" else self.messages).extend(value.entries)
        elif not isinstance(value, Sequence):
            self._report("R004", value, f"`{key.text}` is a list", "begin each with `- `")
        elif key.text == "rules":
            self.rules.extend(value.items)

    def _report(self, code: str, node: Node, message: str, remedy: str = "") -> None:
        self.problems.append(Problem(code, node.place, message, remedy))


def _selections(rules: Iterable[Node]) -> Iterator[tuple[str, str]]:
    """Give (selection, rule) for each rule text that keeps a selection, before rules are read."""
    for node in rules:
        rule_id = node.get("rule") if isinstance(node, Mapping) else None
        then = node.get("then") if isinstance(node, Mapping) else None
        for call in then.items if isinstance(then, Sequence) else (then,):
            kept = call.get(KEEPS_SELECTION) if isinstance(call, Mapping) else None
            name = kept.get("name") if isinstance(kept, Mapping) else kept
            if isinstance(name, Scalar) and isinstance(rule_id, Scalar):
                yield name.text, rule_id.text


def _messages(scope: Scope, gathered: _Gathered) -> Iterator[tuple[str, Message]]:
    for key, node in gathered.messages:
        block = scope.mapping(node, "a message")
        if block is None:
            continue
        scope.only(block, ("subject", "body"), "a message")
        subject, body = (block.get(part) for part in ("subject", "body"))
        if subject is None or body is None:
            scope.report("R102", key.place, "a message needs `subject` and `body`")
            continue
        read = template(scope, subject), template(scope, body)
        if read[0] is not None and read[1] is not None:
            yield key.text, Message(key.text, read[0], read[1])
