"""Planned once: whether an effect was planned before is found by its case or record, however many a rule has."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from tests.installations import Place

RULE = """\
rules:
  - rule: told
    stage: live
    {repeat}
    if: [{{field: category, is: Lead}}]
    then: [{{notify: {{to: dpo, using: hello}}}}]
messages: {{hello: {{subject: Hello, body: Hello}}}}
"""
REPEATS = ("", "repeat: every 1 day", "repeat: once per contact")


@pytest.mark.parametrize("repeat", REPEATS)
def test_a_first_run_does_not_look_through_all_effects_of_a_rule_for_each_contact(repeat: str, tmp_path: Path) -> None:
    """No statement that plans messages searches the intents by rule and call alone, which all of them share."""
    place = Place(tmp_path, RULE.format(repeat=repeat))
    place.take(*({"id": f"c-{number}", "category": "Lead"} for number in range(3)))
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, bound: Any, _context: Any, _many: bool) -> None:
        if statement.startswith("INSERT INTO intent"):
            asked.append((statement, bound))

    event.listen(place.store.database.engine, "before_cursor_execute", note)
    place.run()
    event.remove(place.store.database.engine, "before_cursor_execute", note)
    with place.store.database.reading() as connection:
        plans = [
            str(row[3])
            for statement, bound in asked
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", bound)
        ]

    searches = [one for one in plans if one.startswith(("SEARCH intent", "SCAN intent"))]
    assert searches
    assert all('("case"=?' in one or "(case=?" in one or "(record=?" in one for one in searches), searches
