"""Kinds of value that a test can be applied to, and kinds of operand that a test can take."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum

from engine.model.entity import FieldType
from engine.model.shipped import LEGAL_BASES
from engine.vocabulary.wording import bilingual


class Kind(Enum):
    """What a subject's value is, as far as tests care."""

    TEXT = "text"
    NUMBER = "number"
    FLAG = "flag"
    DATE = "date"
    LIST = "list"
    CONSENT = "consent"
    BASIS = "legal basis"
    MEMBER = "selection"
    ALERT = "alert"
    HOLD = "hold"
    TRUTH = "condition"


KIND_OF: dict[FieldType, Kind] = {
    FieldType.TEXT: Kind.TEXT,
    FieldType.NUMBER: Kind.NUMBER,
    FieldType.MONEY: Kind.NUMBER,
    FieldType.FLAG: Kind.FLAG,
    FieldType.DATE: Kind.DATE,
    FieldType.DATETIME: Kind.DATE,
    FieldType.LIST: Kind.LIST,
}

CONSENT_STATES = ("given", "withdrawn", "expired", "never_given")
BASES = LEGAL_BASES
# What these words are called in sentences.
WORDS = {
    "given": bilingual(en="given", sv="givet"),
    "withdrawn": bilingual(en="withdrawn", sv="återkallat"),
    "expired": bilingual(en="expired", sv="utgånget"),
    "never_given": bilingual(en="never given", sv="aldrig givet"),
    "consent": bilingual(en="consent", sv="samtycke"),
    "contract": bilingual(en="a contract", sv="ett avtal"),
    "legal_obligation": bilingual(en="a legal obligation", sv="en rättslig förpliktelse"),
    "vital_interests": bilingual(en="vital interests", sv="grundläggande intressen"),
    "public_task": bilingual(en="a public task", sv="en uppgift av allmänt intresse"),
    "legitimate_interests": bilingual(en="legitimate interests", sv="ett berättigat intresse"),
    "none": bilingual(en="no basis at all", sv="ingen alls"),
}


@dataclass(frozen=True, slots=True)
class Literal:
    """An operand written out. A `date` means that whole day, a `datetime` an instant."""

    value: str | Decimal | bool | date | datetime


@dataclass(frozen=True, slots=True)
class FieldOperand:
    """An operand that is another field of the same record."""

    path: tuple[str, ...]
    type: FieldType


Operand = Literal | FieldOperand


class OperandKind(Enum):
    """What stands after a test."""

    VALUE = "a value"
    VALUES = "a list of values"
    PAIR = "a list of two values, the lower one first"
    DURATION = "a duration such as `90 days`"
    SHORT_DURATION = "a duration of less than a year"
    TEXT = "a text"
    TEXTS = "a list of texts"
    PATTERN = "a pattern (RE2)"
    YES_NO = "true or false"
    YES = "true"
