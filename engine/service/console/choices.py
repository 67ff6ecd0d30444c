"""Choices: what lists are narrowed down to is one of the words that are known, or nothing."""

from collections.abc import Collection

from engine.service.http.problems import HttpProblem
from engine.vocabulary.problem import nearest_or_all


def chosen(what: str, word: str, known: Collection[str]) -> str:
    """Return a word that is known, or none; raises HttpProblem with the likest ones for another."""
    if word and word not in known:
        raise HttpProblem(422, "refused", f"the {what} that was asked for is not known: {nearest_or_all(word, known)}")
    return word
