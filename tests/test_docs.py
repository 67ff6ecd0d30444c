"""The docs are true: every YAML block loads without a warning, every link leads somewhere, every code is listed."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from actions.catalogue import ACTIONS
from docs.site_hooks import on_page_markdown
from engine.language.audience import Audience
from engine.language.codes import CODES
from engine.language.load import Loader
from engine.model.shipped import SHIPPED_MODEL
from engine.service.console.chapters import CHAPTERS
from engine.service.rule_testing import tried
from tests.rehearsals import hall_of
from tests.rulebooks import STOCKHOLM

ROOT = Path(__file__).parent.parent
DOCS = sorted(
    [
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / f"{name}.md" for name in ("README", "CHANGELOG", "CONTRIBUTING", "SECURITY")),
    ]
)
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


def test_every_page_stands_once_in_the_navigation_of_the_site() -> None:
    """Whoever reads the site finds each page, and each by one way."""
    named = re.findall(r"^ +- (?:.*: )?(\S+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE)

    assert sorted(named) == sorted(path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md"))


def test_the_pages_for_contributors_name_only_what_exists() -> None:
    """Each file that they tell of is there, and so is each test of a threat; `*` stands for some."""
    pages = (ROOT / "CONTRIBUTING.md", ROOT / "docs" / "security.md")
    named = {one for page in pages for one in re.findall(r"`((?:[a-z_]+/)+[\w.*]*)`", page.read_text())}

    assert len(named) > 40
    assert sorted(name for name in named if name != "var/ansgar.chain.key" and not any(ROOT.glob(name))) == []


def test_links_that_leave_the_docs_are_names_on_the_site() -> None:
    """The site holds docs/ alone: what stands beside it is named there, and links within stay links."""
    page = SimpleNamespace(file=SimpleNamespace(src_uri="operations/README.md"))

    assert on_page_markdown("[all](../../config.example.yaml) [in](../open.md#x) [a](#b)", page) == (
        "all (`config.example.yaml`) [in](../open.md#x) [a](#b)"
    )


def test_the_page_of_the_console_has_every_chapter_and_names_entries_of_the_chain() -> None:
    """Operators find each chapter on their page; what it calls an entry of the chain, the audit page lists."""
    page, audit = ((ROOT / "docs" / name).read_text() for name in ("console.md", "audit.md"))
    entries = set(re.findall(r"`([a-z]+\.[a-z_]+)`", page))

    assert {one.name.in_language("en") for one in CHAPTERS} <= set(re.findall(r"^\| ([A-Z]\w+) \|", page, re.MULTILINE))
    assert len(entries) > 15
    assert {entry for entry in entries if f"`{entry}`" not in audit} == set()
