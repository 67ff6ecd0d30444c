"""The teller of a report: values, instants and codes in its language, and what the sections of its page are made of."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from engine.language.audience import CONTACT_OWNER, ROLE_NAMES, THE_CONTACT
from engine.language.statement import Statement
from engine.model.facts import Value
from engine.service.report import words
from engine.service.report.document import Told
from engine.service.report.words import Words, named
from engine.vocabulary.tongue import TONGUES, Tongue
from engine.vocabulary.wording import Wording


@dataclass(frozen=True, slots=True)
class Block:
    """A table whose first cell names the row, or sentences under a heading."""

    caption: str = ""
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    statements: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportSection:
    """One question and its answer."""

    name: str
    heading: str
    notes: tuple[str, ...] = ()
    blocks: tuple[Block, ...] = ()


@dataclass(frozen=True, slots=True)
class Teller:
    """Says values, instants and codes in the language of a report."""

    language: str
    zone: ZoneInfo
    tongue: Tongue = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tongue", TONGUES[self.language])

    def say(self, *, en: str, sv: str) -> str:
        """Return the sentence of the language."""
        return self.tongue.say(en=en, sv=sv)

    def wording(self, text: Wording) -> str:
        """Return a text in the language."""
        return text.in_language(self.language)

    def instant(self, at: datetime | None) -> str:
        """Return an instant to the minute; nothing where there is none."""
        return self.tongue.instant(at.replace(second=0, microsecond=0), self.zone) if at else ""

    def day(self, at: datetime | None) -> str:
        """Return the day of an instant; nothing where there is none."""
        return self.tongue.day(at.astimezone(self.zone).date()) if at else ""

    def yes(self, *, is_so: bool) -> str:
        """Return yes or no."""
        return self.say(en="yes", sv="ja") if is_so else self.say(en="no", sv="nej")

    def code(self, known: Words, code: str | None) -> str:
        """Return what a code is called."""
        return named(known, code, self.language)

    def reason(self, code: str | None) -> str:
        """Return why something is as it is."""
        return self.code(words.REASONS, code)

    def value(self, one: Told) -> str:
        """Return a value as people read it."""
        if one.unclear:
            return self.say(
                en="unclear: it was sent in a form that cannot be read",
                sv="oklart: det kom i en form som inte kan läsas",
            )
        return self.shown(one.value)

    def shown(self, value: Value | None) -> str:
        """Return a plain value as people read it."""
        match value:
            case None:
                return ""
            case bool():
                return self.yes(is_so=value)
            case Decimal():
                return self.tongue.number(value)
            case datetime():
                return self.instant(value)
            case date():
                return self.tongue.day(value)
            case tuple():
                return ", ".join(value)
        return value

    def whom(self, to: str | None) -> str:
        """Return to whom something went."""
        if to == THE_CONTACT:
            return self.say(en="you", sv="dig")
        if to == CONTACT_OWNER:
            return self.say(en="the person responsible for you", sv="den som ansvarar för dig")
        return self.code(ROLE_NAMES, to) if to in ROLE_NAMES else str(to or "")
