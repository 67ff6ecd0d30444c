"""Wording: text for people, in one language or several. No part of what a rule means."""

from collections.abc import Mapping
from dataclasses import dataclass

ANY_LANGUAGE = ""


@dataclass(frozen=True, slots=True)
class Wording:
    """A text per language; the key "" stands for text that was written without a language."""

    texts: Mapping[str, str]

    def in_language(self, *wanted: str) -> str:
        """Return the text in the first wanted language there is, else in any."""
        for language in (*wanted, ANY_LANGUAGE):
            if language in self.texts:
                return self.texts[language]
        return next(iter(self.texts.values()), "")


def bilingual(*, en: str, sv: str) -> Wording:
    """Return a text of our own in the languages that the service speaks; leaving one out does not type-check."""
    return Wording({"en": en, "sv": sv})
