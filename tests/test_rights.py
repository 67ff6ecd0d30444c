"""The shipped rules: a rule for every right, all on the page about them, in both languages, tested, and nothing lawless live."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from actions.catalogue import ACTIONS
from engine.language.load import Loaded, Loader
from engine.language.rule import Rule
from engine.language.source import parse, plain_value
from engine.language.untested import untested
from engine.model.shipped import SHIPPED_MODEL
from tests.rulebooks import STOCKHOLM

ROOT = Path(__file__).parent.parent
RULES = ROOT / "rules"
PAGE = (ROOT / "docs" / "rights.md").read_text(encoding="utf-8")
ARTICLES = (7, *range(13, 23), 33, 34)
TEXTS = {"title", "description", "subject", "body", "message", "question"}
LIVE_TO_CONTACTS = {"notice-to-new-contact"}


def loaded() -> Loaded:
    """Return the shipped rules with their tests."""
    return Loader(SHIPPED_MODEL, ACTIONS, STOCKHOLM, ("en", "sv")).load_paths([RULES], with_tests=True)


LOADED = loaded()
SHIPPED = {} if LOADED.rulebook is None else LOADED.rulebook.rules
every_rule = pytest.mark.parametrize("rule", SHIPPED.values(), ids=list(SHIPPED))


def in_page() -> dict[str, set[str]]:
    """Return the rules that the table of rights names, by article."""
    rows = re.findall(r"^\| [^|]+ \| (Art\. \d+) \| ([^|]+) \| [^|]+ \| [^|]+ \|$", PAGE, re.MULTILINE)
    return {article: set(re.findall(r"`([a-z-]+)`", rules)) for article, rules in rows}


def texts(value: Any) -> Iterator[tuple[str, Any]]:
    """Give every text for people in a rule file, with its key."""
    if isinstance(value, dict):
        for key, one in value.items():
            if key in TEXTS:
                yield key, one
            yield from texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts(one)


def reaching_contacts(rule: Rule) -> list[str]:
    """Return the actions of a rule that write to the contact or change the record, wherever they stand."""
    late = rule.deadline.if_late if rule.deadline else ()
    calls = (*rule.calls, *rule.closing, *late)
    return [one.verb for one in calls if getattr(one, "to", None) == "the contact" or one.verb == "set_field"]


@pytest.mark.parametrize("article", [f"Art. {number}" for number in ARTICLES])
def test_every_article_has_a_row_with_rules_that_declare_it(article: str) -> None:
    """The table of rights promises of a rule only what the rule says of itself, and of each article something."""
    named = in_page()[article]
    declaring = {rule.id for rule in SHIPPED.values() if article in rule.articles}

    assert named
    assert named - declaring == set()


def test_every_shipped_rule_has_a_paragraph_of_its_own() -> None:
    """The page speaks of each rule once, says of those about rights whether they are live, and of no other rule."""
    told = re.findall(r"^\* \*\*`([a-z-]+)`\*\*(?: \((live|watch))?", PAGE, re.MULTILINE)

    assert Counter(rule for rule, _ in told) == Counter(list(SHIPPED))
    assert [rule for rule, stage in told if stage and stage != SHIPPED[rule].stage] == []
    assert [rule for rule, stage in told if not stage and SHIPPED[rule].stage != "live"] == []


@every_rule
def test_what_deletes_or_reaches_contacts_ships_in_watch(rule: Rule) -> None:
    """Nobody is erased, written to or changed because a folder was copied; the privacy notice alone is a duty at once."""
    if rule.deletes:
        assert (rule.stage, bool(rule.legal_basis), rule.limit is not None) == ("watch", True, True)
    if reaching_contacts(rule) and rule.id not in LIVE_TO_CONTACTS:
        assert rule.stage == "watch"


@every_rule
def test_every_rule_has_somebody_who_answers_for_it_and_its_articles(rule: Rule) -> None:
    """An owner for each, and articles where it serves a right."""
    assert rule.owner
    assert rule.articles or Path(rule.place.source.name).parent.name == "customers"
    assert all(re.fullmatch(r"Art\. \d+", one) for one in rule.articles)


@pytest.mark.parametrize("path", sorted(RULES.rglob("*.yaml")), ids=lambda path: str(path.relative_to(RULES)))
def test_every_text_is_there_in_both_languages(path: Path) -> None:
    """Titles, descriptions, messages, questions and tasks: what people read, in English and Swedish."""
    if path.name.endswith(".test.yaml"):
        return
    found = [one for node in parse(path.read_text(), path.name).documents for one in texts(plain_value(node))]
    described = [rule for rule in SHIPPED.values() if Path(rule.place.source.name) == path]

    assert [(key, text) for key, text in found if set(text) != {"en", "sv"}] == []
    assert described
    assert all(rule.description is not None for rule in described)
    assert path.read_text().startswith("# ")


def test_every_rule_is_tested_as_if_it_were_live_and_deleted() -> None:
    """A match, a non-match and a missing value of each: what is asked of live rules that delete."""
    deleting = next(rule for rule in SHIPPED.values() if rule.deletes)
    as_if = {name: replace(rule, stage="live", calls=deleting.calls) for name, rule in SHIPPED.items()}

    assert LOADED.problems == ()
    assert [problem.message for problem in untested(as_if, LOADED.tests)] == []


def test_every_rule_is_seen_over_time() -> None:
    """Each has a test in which the clock moves, something changes or something happens, and what then holds."""
    moving = {one.rule for one in LOADED.tests if len(one.steps) > 1}

    assert set(SHIPPED) - moving == set()
