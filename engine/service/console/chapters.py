"""Chapters of the console: what its navigation leads to, in order; a new chapter is one entry."""

from dataclasses import dataclass

from engine.vocabulary.wording import Wording, bilingual


@dataclass(frozen=True, slots=True)
class Chapter:
    """One entry of the navigation: the path below the console, and what it is called."""

    path: str
    name: Wording


CHAPTERS = (
    Chapter("", bilingual(en="Today", sv="Idag")),
    Chapter("runs", bilingual(en="Runs", sv="Körningar")),
    Chapter("rules", bilingual(en="Rules", sv="Regler")),
    Chapter("contacts", bilingual(en="Contacts", sv="Kontakter")),
    Chapter("selections", bilingual(en="Selections", sv="Urval")),
    Chapter("alerts", bilingual(en="Alerts", sv="Varningar")),
    Chapter("deletions", bilingual(en="Deletions", sv="Raderingar")),
    Chapter("reviews", bilingual(en="Reviews", sv="Granskningar")),
    Chapter("holds", bilingual(en="Holds", sv="Spärrar")),
    Chapter("messages", bilingual(en="Messages", sv="Meddelanden")),
    Chapter("audit", bilingual(en="Audit", sv="Revision")),
)
