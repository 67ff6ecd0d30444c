"""Words of the console: every kind that a page names is there, and all of it in both languages."""

import re
from pathlib import Path

import pytest

from engine.service.console import pages, words
from engine.service.console.chapters import CHAPTERS
from engine.vocabulary.tongue import LANGUAGES

FOLDER = Path(pages.__file__).parent
NAMED = re.compile(r"""voice\.word\(\s*["'](\w+)["']""")


@pytest.mark.parametrize("file", sorted((*FOLDER.glob("*.html"), *FOLDER.glob("*.py"))), ids=lambda file: file.name)
def test_a_page_names_kinds_of_words_that_there_are(file: Path) -> None:
    """A kind that nobody knows would be a fault of the page for whoever it concerns first."""
    assert set(NAMED.findall(file.read_text())) <= set(words.KINDS)


def test_all_words_are_there_in_both_languages() -> None:
    """Nobody finds a word of the other language in a page."""
    every = [*(one.name for one in CHAPTERS), *words.DONE.values()]
    every += [wording for kind in words.KINDS.values() for wording in kind.values()]

    assert [one.texts for one in every if not set(LANGUAGES) <= set(one.texts)] == []
