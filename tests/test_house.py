"""The house rules that no linter knows: budgets of size, names, docstrings that state behaviour, mirrored tests."""

import ast
import re
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = sorted(
    path
    for top in ("engine", "actions", "bench")
    for path in (ROOT / top).rglob("*.py")
    if "versions" not in path.parts
)
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))
BANNED = {
    "utils",
    "helpers",
    "common",
    "misc",
    "base",
    "core",
    "types",
    "constants",
    "models",
    "manager",
    "handlers",
    "data",
    "lib",
    "shared",
}
MOST_SUPPRESSIONS = 60  # may only fall


def functions(path: Path) -> list[ast.FunctionDef]:
    """Return every function of a file."""
    return [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)]


def length(node: ast.FunctionDef) -> int:
    """Return how many lines a function takes."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_keep_their_budgets(path: Path) -> None:
    """No file over 300 lines, no function over 50."""
    assert len(path.read_text().splitlines()) <= 300
    assert [node.name for node in functions(path) if length(node) > 50] == []


def test_the_median_function_is_short() -> None:
    """Half of all functions have fewer than 12 lines."""
    assert statistics.median(length(node) for path in SOURCES for node in functions(path)) < 12


def test_no_dumping_grounds() -> None:
    """No file or folder has a name that says nothing."""
    names = {part.removesuffix(".py") for path in SOURCES for part in path.relative_to(ROOT).parts}

    assert set() == names & BANNED


@pytest.mark.parametrize("path", TESTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_test_states_its_behaviour_in_a_sentence(path: Path) -> None:
    """Each test function has a docstring that ends as a sentence does."""
    silent = [
        node.name
        for node in functions(path)
        if node.name.startswith("test_") and not (ast.get_docstring(node) or "").endswith(".")
    ]

    assert silent == []


def test_suppressions_only_become_fewer() -> None:
    """Every ignore is counted; each has its reason beside it."""
    found = [
        line
        for path in (*SOURCES, *TESTS)
        for line in path.read_text().splitlines()
        if re.search(r"# (type: ignore|noqa)", line)
    ]

    assert len(found) <= MOST_SUPPRESSIONS


def test_nothing_that_is_committed_names_a_machine_or_a_registry() -> None:
    """No path of a developer's machine and no host of a package registry stands in a tracked file."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    words = (("pypi", r"\.org"), ("python", "hosted"), ("npm", "js"), ("/root", "/"), ("/work", "/"))
    hosts = re.compile("|".join(map("".join, words)))

    assert [
        name
        for name in listed.stdout.split()
        if (ROOT / name).is_file() and hosts.search((ROOT / name).read_text(errors="ignore"))
    ] == []


def test_rules_are_read_without_what_is_heavy(tmp_path: Path) -> None:
    """Who edits a rule sees its errors at once: no database, server, HTTP client or pydantic is imported for them."""
    (tmp_path / "config.yaml").write_bytes((ROOT / "config.example.yaml").read_bytes())
    (tmp_path / "wrong.yaml").write_text("rules: [{rule: a, if: [{field: categry, is: x}], then: [stop]}]")
    code = """
import sys
from engine.service.cli.main import main
try:
    main()
finally:
    heavy = {
        "sqlalchemy", "alembic", "httpx", "fastapi", "uvicorn", "structlog", "rich", "apprise", "holidays", "pydantic",
        "re2", "engine.language.review",
    }
    print(heavy & sys.modules.keys(), file=sys.stderr)
"""
    call = [sys.executable, "-c", code, "check", "wrong.yaml"]
    found = subprocess.run(call, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert (found.returncode, "did you mean `category`?" in found.stdout) == (1, True)
    assert found.stderr.strip() == "set()"
