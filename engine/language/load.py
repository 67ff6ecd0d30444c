"""Loading: a folder of rule files becomes one rulebook, all or nothing, with every problem found at once."""

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Map
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from engine.language.arguments import SLUG, message_text
from engine.language.audience import Audience
from engine.language.criteria_text import read_criteria, read_subject
from engine.language.expectations import Names
from engine.language.folder import SUFFIXES, rule_files
from engine.language.foretold import alerts_in, inputs_in, selections_in
from engine.language.order import in_order
from engine.language.parameters import RuleText, expanded
from engine.language.rule import Call, Message, Rule, Rulebook
from engine.language.rule_tests import RuleTest, RuleTestReader
from engine.language.rule_text import AskableText, RuleReader
from engine.language.scope import Scope
from engine.language.source import Mapping, Node, Parsed, Scalar, Sequence, parse, read_file
from engine.language.untested import untested
from engine.model.entity import Model
from engine.vocabulary.problem import Place, Problem, Problems, nearest_or_all

TEST_SUFFIX = ".test"
TEST_SUFFIXES = tuple(TEST_SUFFIX + suffix for suffix in sorted(SUFFIXES))
TESTS = "tests"
MOST_RULES = 5_000
MOST_CONDITIONS = 2_000
FILE_KEYS = ("conditions", "messages", "rules", "tests")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of loading: the rulebook if there was no error, and all problems in order.

    Tests, and the problems of tests, stand apart: a wrong test never keeps a rulebook from loading.
    """

    rulebook: Rulebook | None
    problems: tuple[Problem, ...]
    files: tuple[str, ...] = ()
    tests: tuple[RuleTest, ...] = ()
    test_problems: tuple[Problem, ...] = ()

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that keep the rulebook from loading."""
        return tuple(problem for problem in self.problems if not problem.is_warning)

    @property
    def all_problems(self) -> tuple[Problem, ...]:
        """The problems of rules and of tests together, in order."""
        return _sorted((*self.problems, *self.test_problems))


@dataclass(frozen=True, slots=True)
class Loader:
    """What loading needs to know besides the text.

    Without an audience, who is named in rules is not checked; `today`, where known, makes warnings about dates surer.
    """

    model: Model
    actions: Map[str, type[Call]]
    zone: ZoneInfo
    languages: tuple[str, ...] = ("en",)
    audience: Audience | None = None
    today: date | None = None

    def load_paths(
        self, paths: Iterable[Path], *, with_tests: bool = False, instead: Map[str, str] | None = None
    ) -> Loaded:
        """Return the rulebook of files and folders, sub-folders included and dot-files left out.

        Tests, those in `*.test.yaml` and those in rule files, are read only where they are asked for; those beside a
        rule file then belong to it. Texts `instead` of files stand for those of their names, whether they are there or
        not.
        """
        named = list(paths)
        if with_tests:
            named += [beside for path in named if (beside := tests_beside(path)) is not None and beside.is_file()]
        texts: dict[str, str] = {}
        gathered = _Gathered([])
        for path, root in sorted({file: given for given in named for file in rule_files(given)}.items()):
            if (is_test_file(path.name) and not with_tests) or (instead and str(path) in instead):
                continue
            try:
                texts[str(path)] = read_file(path, str(path), within=root)
            except Problems as found:
                gathered.problems_of(path.name).extend(found.found)
        return self._load({**texts, **(instead or {})}, gathered, with_tests=with_tests)

    def load_texts(self, texts: Map[str, str], *, with_tests: bool = False) -> Loaded:
        """Return the rulebook of texts by name."""
        return self._load(texts, _Gathered([]), with_tests=with_tests)

    def _load(self, texts: Map[str, str], gathered: "_Gathered", *, with_tests: bool) -> Loaded:
        for name, text in texts.items():
            gathered.add(parse(text, name), is_test=is_test_file(name))
        scope = self._scope(gathered)
        gathered.check_names()
        for name, node in scope.conditions.items():
            read_criteria(replace(scope, within=(name,)), node)
        rules, askable = self._rules(scope, gathered)
        messages = dict(_messages(scope, gathered))
        ordered = in_order(rules, scope)
        failed = any(not one.is_warning for one in scope.problems)
        tests = tuple(_tests(scope, gathered, rules, askable)) if with_tests else ()
        test_problems = _sorted(gathered.test_problems) if with_tests else ()
        if not failed:
            from engine.language.review import reviewed  # noqa: PLC0415 - an error is shown without it

            scope.problems.extend(reviewed(ordered, self.model, self.today))
        if not failed and with_tests and not test_problems:  # one that cannot be used may be the one that lacks
            scope.problems.extend(untested(ordered, tests))
        found = _sorted(scope.problems)
        rulebook = None if failed else Rulebook(ordered, messages, askable)
        return Loaded(rulebook, found, tuple(texts), tests, test_problems)

    def _scope(self, gathered: "_Gathered") -> Scope:
        return Scope(
            self.model, self.model.entity("contact"), self.zone, gathered.problems, read_criteria, read_subject,
            {key.text: node for key, node in gathered.conditions}, dict(selections_in(gathered.rules)),
            frozenset(alerts_in(gathered.rules)), frozenset(key.text for key, _ in gathered.messages),
            frozenset(inputs_in(gathered.rules)), audience=self.audience, languages=self.languages,
        )  # fmt: skip

    def _rules(self, scope: Scope, gathered: "_Gathered") -> tuple[dict[str, Rule], dict[str, AskableText]]:
        reader = RuleReader(self.actions)
        rules: dict[str, Rule] = {}
        askable: dict[str, AskableText] = {}
        for text in gathered.rules:
            rule = reader.read(scope, text)
            if rule is None:
                continue
            if rule.id in rules:
                first = rules[rule.id].place
                scope.report("R111", rule.place, f"two rules are called `{rule.id}`", f"the other one: {first}")
            rules.setdefault(rule.id, rule)
            if rule.needs:
                askable[rule.id] = AskableText(scope, text, reader, rule.needs)
        return rules, askable


def tests_beside(path: Path) -> Path | None:
    """Return the file that holds the tests of a rule file, whether it is there or not; None for anything else."""
    is_rule_file = path.suffix in SUFFIXES and not is_test_file(path.name)
    return path.with_suffix(TEST_SUFFIX + path.suffix) if is_rule_file else None


def is_test_file(name: str) -> bool:
    """True for the name of a file that holds tests alone."""
    return name.endswith(TEST_SUFFIXES)


@dataclass(slots=True)
class _Gathered:
    """The nodes of all files by section."""

    problems: list[Problem]
    conditions: list[tuple[Scalar, Node]] = field(default_factory=list)
    messages: list[tuple[Scalar, Node]] = field(default_factory=list)
    rules: list[RuleText] = field(default_factory=list)
    tests: list[Node] = field(default_factory=list)
    test_problems: list[Problem] = field(default_factory=list)

    def add(self, parsed: Parsed, *, is_test: bool) -> None:
        (self.test_problems if is_test else self.problems).extend(parsed.problems)
        for document in parsed.documents:
            if is_test:
                self._test_document(document)
            elif not isinstance(document, Mapping):
                self._report("R004", document, "a rule file is a mapping", f"begin with one of: {', '.join(FILE_KEYS)}")
            else:
                for key, value in document.entries:
                    self._section(key, value)

    def problems_of(self, name: str) -> list[Problem]:
        """Return where the problems of a file belong."""
        return self.test_problems if is_test_file(name) else self.problems

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
            if len(value.entries) > MOST_CONDITIONS:
                self._report(
                    "R005", value, f"more than {MOST_CONDITIONS:,} {key.text}", "split the file, and use fewer"
                )
                return
            (self.conditions if key.text == "conditions" else self.messages).extend(value.entries)
        elif key.text == TESTS:
            self.tests.append(value)
        elif not isinstance(value, Sequence):
            self._report("R004", value, f"`{key.text}` is a list", "begin each with `- `")
        else:
            if len(value.items) + len(self.rules) > MOST_RULES:
                self._report("R005", value, f"more than {MOST_RULES:,} rules", "split them over installations")
                return
            for item in value.items:
                self.rules.extend(expanded(item, self._note))

    def _test_document(self, document: Node) -> None:
        """Take the tests of a file that holds nothing else; what else stands there is a problem of tests."""
        found = document.get(TESTS) if isinstance(document, Mapping) else None
        if found is not None:
            self.tests.append(found)
        keys = (
            [key for key, _ in document.entries if key.text != TESTS] if isinstance(document, Mapping) else [document]
        )
        for node in keys:
            message, hint = f"a file of tests holds `{TESTS}` and nothing else", "rules stand in a file of their own"
            self.test_problems.append(Problem("R101", node.place, message, hint))

    def _report(self, code: str, node: Node, message: str, remedy: str = "") -> None:
        self._note(code, node.place, message, remedy)

    def _note(self, code: str, place: Place, message: str, remedy: str) -> None:
        self.problems.append(Problem(code, place, message, remedy))


def _messages(scope: Scope, gathered: _Gathered) -> Iterator[tuple[str, Message]]:
    for key, node in gathered.messages:
        block = scope.keyed(node, f"the message `{key.text}`", ("subject", "body"))
        if block is None:
            continue
        read = message_text(scope, block["subject"]), message_text(scope, block["body"])
        if read[0] is not None and read[1] is not None:
            yield key.text, Message(key.text, read[0], read[1])


def _tests(
    scope: Scope, gathered: _Gathered, rules: Map[str, Rule], askable: Map[str, AskableText]
) -> Iterator[RuleTest]:
    """Give every test that can be used; what is wrong with the others is noted among the problems of tests."""
    scope = replace(scope, problems=gathered.test_problems)
    named = {text.id for text in gathered.rules if text.id}
    selections = frozenset(rule.selection for rule in rules.values() if rule.selection)
    names = Names(frozenset(rules), scope.messages, selections)
    reader = RuleTestReader(rules, askable, frozenset(named - rules.keys()), names)
    for node in gathered.tests:
        items = scope.sequence(node, f"`{TESTS}`")
        for item in items.items if items else ():
            test = reader.read(scope, item)
            if test is not None:
                yield test


def _sorted(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    return tuple(sorted(set(problems), key=lambda one: one.order))
