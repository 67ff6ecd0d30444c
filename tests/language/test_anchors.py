"""Anchors: from which dates a rule measures age."""

import pytest

from engine.language.anchors import Anchors, anchors_of
from tests.rulebooks import rulebook


@pytest.mark.parametrize(
    ("criterion", "fields", "collections"),
    [
        ("{field: created_on, older_than: 1 year}", {"created_on"}, set()),
        ("{field: created_on, newer_than: 1 year}", {"created_on"}, set()),
        ("{latest_of: [created_on, birth_date], older_than: 1 year}", {"created_on", "birth_date"}, set()),
        ("{field: company.created_on, older_than: 1 year}", {"company.created_on"}, set()),
        ("{last: activities, older_than: 1 year}", set(), {("activities", "at")}),
        ("{field: created_on, in_next: 1 month}", set(), set()),
        ("{field: created_on, before: 2020-01-01}", set(), set()),
        ("{count: activities, in_last: 2 years, equals: 0}", set(), set()),
    ],
)
def test_l8_what_is_compared_with_an_age_is_an_anchor(
    criterion: str, fields: set[str], collections: set[tuple[str, str]]
) -> None:
    """Fields, also behind a reference or among several, and the items of which the last one counts."""
    (rule,) = rulebook(f"rules: [{{rule: a, if: {{all: [{criterion}]}}, then: []}}]").rules.values()
    paths = frozenset(tuple(one.split(".")) for one in fields)

    assert anchors_of(rule.predicate) == Anchors(paths, frozenset(collections))
