"""Rule text for tests, loaded as an installation would."""

from pathlib import Path
from zoneinfo import ZoneInfo

from actions.catalogue import ACTIONS
from engine.language.load import Loaded, Loader
from engine.language.rule import Rule, Rulebook
from engine.model.shipped import SHIPPED_MODEL

STOCKHOLM = ZoneInfo("Europe/Stockholm")


def load(text: str, *, languages: tuple[str, ...] = ("en",)) -> Loaded:
    """Return what came of loading one text."""
    return Loader(SHIPPED_MODEL, ACTIONS, STOCKHOLM, languages).load_texts({"rules.yaml": text})


def rulebook(text: str) -> Rulebook:
    """Return the rulebook of a text that must be right."""
    loaded = load(text)
    assert loaded.rulebook is not None, "\n".join(problem.render() for problem in loaded.problems)
    return loaded.rulebook


def rule(criteria: str, *, then: str = "[{keep_in_selection: chosen}]", more: str = "") -> Rule:
    """Return the rule that has the given criteria, written in flow style."""
    return rulebook(f"rules:\n  - rule: the-rule\n    if: {criteria}\n    then: {then}\n{more}").rules["the-rule"]


def codes(text: str) -> list[str]:
    """Return the codes of all problems in a text, in order."""
    return [problem.code for problem in load(text).problems]


def load_folder(folder: Path) -> Rulebook:
    """Return the rulebook of a folder that must be right."""
    loaded = Loader(SHIPPED_MODEL, ACTIONS, STOCKHOLM, ("en", "sv")).load_paths([folder])
    assert loaded.rulebook is not None, "\n".join(problem.render() for problem in loaded.problems)
    return loaded.rulebook
