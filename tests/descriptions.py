"""Descriptions for tests: rules in words, and what must never be left in them."""

import re
from collections.abc import Iterator

from engine.language.description import Describer, Description
from engine.language.rule import Rulebook
from engine.model.shipped import SHIPPED_MODEL
from engine.vocabulary.tongue import TONGUES
from tests.rulebooks import STOCKHOLM, rulebook

QUOTED = re.compile(r"[“”][^”]*”")
RAW = re.compile(r"[{}<>$�]|[a-z]_[a-z]|\b(None(?! of these)|True|False)\b|  ")


def describer(book: Rulebook, language: str) -> Describer:
    """Return what describes the rules of a rulebook, with a channel called `ops`."""
    return Describer(book, SHIPPED_MODEL, STOCKHOLM, TONGUES[language], ("en", "sv"), frozenset({"ops"}))


def describe(book: Rulebook, rule: str, language: str) -> Description:
    """Return a rule of a rulebook in words."""
    return describer(book, language).describe(book.rules[rule])


def texts(description: Description, section: str = "") -> Iterator[str]:
    """Give every sentence of a description, or of one of its sections."""
    for one in description.sections:
        for statement in one.statements if section in {"", one.name} else ():
            yield from statement.every_text()


def said(text: str, section: str, language: str, rule: str = "the-rule") -> list[str]:
    """Return the sentences of a section of a rule in a text."""
    return list(texts(describe(rulebook(text), rule, language), section))


def raw(description: Description) -> list[str]:
    """Return the sentences in which something stands that only programmers read, quotations aside."""
    return [text for text in texts(description) if RAW.search(QUOTED.sub("“”", text)) or not text.strip()]
