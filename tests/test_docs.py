"""The docs are true: every YAML block loads, every file they name exists, every code is listed."""

import re
from pathlib import Path

import pytest

from engine.language.codes import CODES
from engine.service.rule_testing import tried
from tests.rehearsals import hall_of, load_with_tests

ROOT = Path(__file__).parent.parent
DOCS = sorted([*(ROOT / "docs").rglob("*.md"), ROOT / "README.md"])


@pytest.mark.parametrize("path", DOCS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_yaml_block_loads(path: Path) -> None:
    """An admin can copy any example: it checks clean, and its tests pass."""
    for block in re.findall(r"```yaml\n(.*?)```", path.read_text(), re.DOTALL):
        loaded = load_with_tests(block)
        assert loaded.rulebook is not None, "\n".join(problem.render() for problem in loaded.problems)
        with hall_of(loaded) as hall:
            assert [test.sentence for test in loaded.tests if tried(hall, test).failure] == []


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
