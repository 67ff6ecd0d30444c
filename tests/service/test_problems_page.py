"""The page on problems lists every kind that the code gives, with its status, and no other."""

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from engine.service.http.problems import AWAY, DECLINED
from tests.doors import Api
from tests.installations import Place

ROOT = Path(__file__).parent.parent.parent
ROW = re.compile(r"^\| `([a-z-]+)` \| ([\d, ]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
FRAMEWORK = {("not-found", 404), ("method-not-allowed", 405)}  # what has no route of ours


def calls(folder: str, name: str) -> Iterator[tuple[Any, list[ast.expr]]]:
    """Give module and arguments of every call by which a problem of some class is made."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        module = None
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
                module = module or import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
                yield module, node.args


def of_code(module: Any, argument: ast.expr) -> str:
    """Return the code that an argument stands for."""
    if isinstance(argument, ast.Constant):
        return str(argument.value)
    assert isinstance(argument, ast.Name), ast.unparse(argument)
    return str(getattr(module, argument.id))


def given() -> set[tuple[str, int]]:
    """Return every kind with its status that the code gives."""
    written = {
        (args[1].value, args[0].value)
        for _, args in calls("engine/service/http", "HttpProblem")
        if isinstance(args[0], ast.Constant) and isinstance(args[1], ast.Constant)
    }
    codes = {of_code(module, args[0]) for module, args in calls("engine/service", "Declined")}
    declined = {DECLINED.get(one, (409, one.lower().replace("_", "-"))) for one in codes}
    results = {of_code(module, args[0]) for module, args in calls("engine/service", "NotTaken")}
    return {
        *((str(kind), int(str(status))) for kind, status in written),
        *((kind, status) for status, kind in declined),
        *((kind, 404 if kind == "unknown" else 409) for kind in results),
        *((kind, 409) for kind in AWAY.values()),
        *FRAMEWORK,
    }


def listed() -> dict[str, set[int]]:
    """Return the kinds that the page lists, each with its statuses."""
    rows = ROW.findall((ROOT / "docs" / "problems.md").read_text())
    assert all(meaning.strip() and remedy.strip() for *_, meaning, remedy in rows)
    return {kind: {int(one) for one in statuses.split(",")} for kind, statuses, *_ in rows}


def test_the_page_lists_every_kind_of_problem_and_no_other() -> None:
    """With each status that it comes with, what it means and what to do."""
    assert {(kind, status) for kind, statuses in listed().items() for status in statuses} == given()


def test_what_has_no_literal_kind_is_one_of_the_tables() -> None:
    """The calls that the test above cannot read are those of the three that look a kind up."""
    computed = {
        (module.__name__.rpartition(".")[2], ast.unparse(args[1]))
        for module, args in calls("engine/service/http", "HttpProblem")
        if not (isinstance(args[0], ast.Constant) and isinstance(args[1], ast.Constant))
    }

    assert computed == {
        ("orders", "error.code"),
        ("problems", "kind"),
        ("problems", "phrase.lower().replace(' ', '-')"),
    }


@pytest.mark.parametrize(
    ("method", "path", "kind"), [("GET", "/nowhere", "not-found"), ("PUT", "/v1/holds", "method-not-allowed")]
)
def test_what_has_no_route_is_a_problem_as_well(method: str, path: str, kind: str, tmp_path: Path) -> None:
    """Its kind is the phrase of its status."""
    found = Api(Place(tmp_path)).anybody().call(method, path)

    assert found.json()["type"].rpartition("/")[2] == kind
