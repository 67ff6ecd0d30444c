"""The catalogue of codes: every code is there, every wrong example gives its code, every right one is clean."""

import re
from pathlib import Path

import pytest

from actions.catalogue import ACTIONS
from engine.language.audience import Audience
from engine.language.codes import CODES
from engine.language.load import Loaded, Loader
from engine.model.shipped import SHIPPED_MODEL
from tests.rulebooks import STOCKHOLM

PAGE = (Path(__file__).parents[1] / "docs" / "errors.md").read_text()
ENTRIES = {entry[:4]: entry for entry in PAGE.split("\n## ")[1:]}
# What no rule text alone can show: a file that cannot be read, a field that no record of a store has.
ELSEWHERE = {"R001", "W207"}


def loaded(text: str) -> Loaded:
    """Return what came of loading an example, in an installation that nobody has configured."""
    loader = Loader(SHIPPED_MODEL, ACTIONS, STOCKHOLM, ("en", "sv"), Audience())
    return loader.load_texts({"rules.yaml": text}, with_tests=True)


def codes(text: str) -> set[str]:
    """Return the codes of all problems in an example, tests included."""
    found = loaded(text)
    return {problem.code for problem in (*found.problems, *found.test_problems)}


def test_every_code_has_an_entry_and_every_entry_a_code() -> None:
    """The page is neither short nor long."""
    assert set(CODES) == set(ENTRIES)


@pytest.mark.parametrize("code", sorted(ENTRIES.keys() - ELSEWHERE))
def test_the_wrong_example_gives_its_code_and_the_right_one_does_not(code: str) -> None:
    """Cause, remedy and examples of each entry are true."""
    wrong, right = (re.search(rf"```yaml{kind}\n(.*?)```", ENTRIES[code], re.DOTALL) for kind in (" wrong", ""))

    assert wrong is not None
    assert right is not None
    assert code in codes(wrong[1])
    assert {one for one in codes(right[1]) if one.startswith("R")} == set()
    assert code not in codes(right[1])
