"""The docs are true: every YAML block loads without a warning, every link leads somewhere, every code is listed."""

import re
from pathlib import Path

import pytest

from actions.catalogue import ACTIONS
from engine.language.audience import Audience
from engine.language.codes import CODES
from engine.language.load import Loader
from engine.model.shipped import SHIPPED_MODEL
from engine.service.rule_testing import tried
from tests.rehearsals import hall_of
from tests.rulebooks import STOCKHOLM

ROOT = Path(__file__).parent.parent
DOCS = sorted([*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md"])
NAMED = Audience(channels=frozenset({"ops"}), webhooks=frozenset({"bridge"}))
LANGUAGES = ("en", "sv")
# What a block can be: rules; rules that are wrong (held to their code by test_errors.py); what a program reads or prints.
# Python and shell are parts of files that are run (tests/acceptance/test_integrating.py).
# What a console shows is typed and compared by tests/acceptance/test_tutorial.py.
BLOCKS = {"yaml", "console", "yaml wrong", "json", "text", "python", "sh", ""}
every_page = pytest.mark.parametrize("path", DOCS, ids=lambda path: str(path.relative_to(ROOT)))


def blocks(path: Path) -> list[tuple[str, str]]:
    """Return the fenced blocks of a page: what each is, and its text."""
    return re.findall(r"^ *```([^\n`]*)\n(.*?)^ *```$", path.read_text(), re.DOTALL | re.MULTILINE)


def anchors(path: Path) -> set[str]:
    """Return the anchors of a page, as code forges make them of headings."""
    headings = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@every_page
def test_every_yaml_block_loads(path: Path) -> None:
    """An admin can copy any example: it checks clean, and its tests pass."""
    assert {kind for kind, _ in blocks(path)} <= BLOCKS
    for text in (text for kind, text in blocks(path) if kind == "yaml"):
        loader = Loader(SHIPPED_MODEL, ACTIONS, STOCKHOLM, LANGUAGES, NAMED)
        loaded = loader.load_texts({"rules.yaml": text}, with_tests=True)
        assert loaded.rulebook is not None, "\n".join(problem.render() for problem in loaded.problems)
        if path.name != "errors.md":  # whose right examples need not be right in other respects
            assert [problem.render() for problem in loaded.problems] == []
        with hall_of(loaded) as hall:
            assert [test.sentence for test in loaded.tests if tried(hall, test).failure] == []


@every_page
def test_every_link_leads_somewhere(path: Path) -> None:
    """Links between the pages name files that are there, and headings in them."""
    links = re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", path.read_text())
    wrong = [
        f"{file}#{heading}"
        for file, heading in links
        if not (target := path.parent / file if file else path).exists() or (heading and heading not in anchors(target))
    ]

    assert wrong == []


def test_the_page_on_writing_rules_tests_most_of_its_rules() -> None:
    """What a block claims is shown by a test in it: at least two in three have one."""
    found = [text for kind, text in blocks(ROOT / "docs" / "rule-language.md") if kind == "yaml"]

    assert len(found) * 2 <= 3 * sum("\ntests:\n" in text for text in found)


def test_the_architecture_page_names_only_what_exists() -> None:
    """Each file that the page walks through is there."""
    page = (ROOT / "docs" / "architecture.md").read_text()
    named = set(re.findall(r"`((?:[a-z_]+/)+[a-z_]*(?:\.py)?)[:`]", page))
    places = (ROOT, ROOT / "engine")

    assert sorted(name for name in named if not any((place / name).exists() for place in places)) == []


def test_every_code_in_the_source_is_listed_and_every_listed_one_is_used() -> None:
    """The list of codes is neither short nor long."""
    used = {
        code
        for path in (ROOT / "engine").rglob("*.py")
        if path.name != "codes.py"
        for code in re.findall(r'"([RW]\d{3})"', path.read_text())
    }

    assert set(CODES) == used
