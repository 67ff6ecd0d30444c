"""The wide bench as a whole, small: every figure is there, nothing contradicts, and all of it is told."""

import importlib
import json
from pathlib import Path
from typing import Any

import pytest

from bench import report
from bench.place import SQLITE
from bench.wide import Wide

PER_CONTACT = 5


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Measure 200 contacts."""
    folder = tmp_path_factory.mktemp("wide")
    wide = Wide(200, (100,), SQLITE, folder, 1, 50, 3, is_checked=True, tell=lambda _: None, rulebooks=(10, 20))
    return dict(wide.measured())


def test_all_is_measured_and_nothing_contradicts(found: dict[str, Any]) -> None:
    """Deltas leave nothing for full runs, nobody says otherwise than Ansgar, and JSON takes it all."""
    assert [one["moved by a full run after it"] for one in found["scenarios"]] == [0] * 6
    assert [one["verdicts that differ"] for one in found["rivals"] if "verdicts that differ" in one] != []
    assert {sum(one.get("verdicts that differ", {}).values()) for one in (*found["rivals"], found["duckdb"])} == {0}
    assert [one["contacts"] for one in found["growth"]] == [100, 200]
    assert [one["rules"] for one in found["latency"]] == [10, 20]
    assert len(found["rivals"]) == PER_CONTACT
    assert json.loads(json.dumps(found)) == found


def test_the_table_has_a_line_for_each(found: dict[str, Any]) -> None:
    """Each scenario and each rival stands in it, also one that is not installed, with the goals of the issues."""
    found = found | {"duckdb": {"name": "DuckDB", "trouble": "not installed: pip install 'ansgar[bench]'"}}
    lines = [(what.strip(), figures, goal) for what, figures, goal in report.lines(found)]

    assert ("DuckDB", "not installed: pip install 'ansgar[bench]'", "") in lines
    assert [goal for what, _, goal in lines if what == "full run ÷ this"] == ["3,000", "100", "15", "", "", "0.909"]
    assert any(what.startswith("durable-rules") for what, _, _ in lines)


def test_charts_are_drawn_from_it(found: dict[str, Any], tmp_path: Path) -> None:
    """The same figures make the same pictures, which name no date."""
    pytest.importorskip("matplotlib", reason="charts need ansgar[bench]")
    draw = importlib.import_module("bench.charts").draw

    first, again = (draw([found], tmp_path / name) for name in ("a", "b"))

    assert [file.name for file in first] == ["runs.svg", "growth.svg", "rivals.svg"]
    assert [file.read_text() for file in first] == [file.read_text() for file in again]
