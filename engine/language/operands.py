"""Operands: what stands after a test, read as the type of what it is compared with, from the text as written."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar

from engine.language.kinds import BASES, CONSENT_STATES, KIND_OF, FieldOperand, Kind, Literal, Operand, OperandKind
from engine.language.parameters import parameter_of
from engine.language.scope import Scope
from engine.language.source import Mapping, Node, Scalar, Sequence
from engine.model.values import LARGEST, LIST_SEPARATOR, SCALE, ValueRefused, read_when
from engine.vocabulary.duration import Duration, DurationError, read_duration
from engine.vocabulary.pattern import PatternError, compiled
from engine.vocabulary.problem import nearest_or_all

_NUMBER = re.compile(r"[-+]?\d{1,15}(\.\d{1,6})?")
MOST_VALUES = 1_000
LONGEST_OPERAND = 1_000
MONTHS_A_YEAR = 12
DAYS_A_YEAR = 365
MOST_DAYS_OFF = 14  # in a row; beyond them no stretch of working days is longer than twice as many days

_Member = TypeVar("_Member")
TOLD = ""  # the code of what need not be told again


class OperandError(ValueError):
    """An operand that does not fit; carries the code and what would fit."""

    def __init__(self, code: str, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.code, self.remedy = code, remedy


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads one operand for a kind of value, in a scope."""

    scope: Scope
    kind: Kind
    exact: bool

    def read(self, node: Node, operand: OperandKind) -> object | None:
        """Return the operand in the shape its kind asks for; None, with a problem noted, where it is unreadable."""
        readers: dict[OperandKind, Callable[[Node], object]] = {
            OperandKind.VALUE: self._value,
            OperandKind.VALUES: self._values,
            OperandKind.PAIR: self._pair,
            OperandKind.DURATION: self._duration,
            OperandKind.SHORT_DURATION: self._short_duration,
            OperandKind.TEXT: self._filled,
            OperandKind.TEXTS: lambda one: self._each(one, self._filled),
            OperandKind.PATTERN: self._pattern,
            OperandKind.YES_NO: self._yes_no,
            OperandKind.YES: self._yes,
        }
        try:
            return readers[operand](node)
        except OperandError as error:
            self._tell(error, node)
            return None

    def _tell(self, error: OperandError, node: Node) -> None:
        if error.code != TOLD:
            self.scope.report(error.code, node.place, str(error), error.remedy)

    def _value(self, node: Node) -> Operand:
        if isinstance(node, Mapping):
            return self._field(node)
        word = self._scalar(node)
        match self.kind:
            case Kind.NUMBER:
                return Literal(_number(word))
            case Kind.FLAG:
                return Literal(self._yes_no(word))
            case Kind.DATE:
                return Literal(self._when(word))
            case Kind.CONSENT:
                return Literal(_choice(word, CONSENT_STATES))
            case Kind.BASIS:
                return Literal(_choice(word, (*BASES, "none")))
            case _:
                return Literal(self._text(word))

    def _field(self, node: Mapping) -> Operand:
        named = node.get("field")
        if not isinstance(named, Scalar) or len(node.entries) != 1:
            raise OperandError("R106", "an operand is a value, or `{field: …}`")
        found = self.scope.field_path(named)
        if found is None:
            return Literal("")
        path, one = found
        kind = KIND_OF[one.type]
        if kind is not self.kind:
            raise OperandError("R106", f"`{named.text}` is a {kind.value}, and is compared with a {self.kind.value}")
        return FieldOperand(path, one.type)

    def _when(self, word: Scalar) -> date | datetime:
        try:
            return read_when(word.text, self.scope.zone)
        except ValueRefused as error:
            raise OperandError("R106", f"`{word.text}`: {error}") from None

    def _scalar(self, node: Node) -> Scalar:
        if not isinstance(node, Scalar):
            raise OperandError("R106", "one value was expected here")
        if node.is_null:
            raise OperandError(
                "R106", "a value was expected here", "to ask for a missing value, write `is_missing: true`"
            )
        if parameter_of(node) is not None:
            if not self.scope.within:
                raise OperandError(TOLD, "an unknown parameter, which was told where parameters are filled in")
            remedy = "use parameters in the rule itself, and write values into named conditions"
            raise OperandError("R123", f"`{node.text}`: a named condition has no parameters", remedy)
        return node

    def _each(self, node: Node, read: Callable[[Node], _Member]) -> tuple[_Member, ...]:
        """Return the members of a list; every one that does not fit is told where it stands."""
        if not isinstance(node, Sequence) or not 0 < len(node.items) <= MOST_VALUES:
            raise OperandError("R106", f"a list of 1 to {MOST_VALUES:,} values was expected", "write `[a, b]`")
        members: list[_Member] = []
        for item in node.items:
            try:
                members.append(read(item))
            except OperandError as error:
                self._tell(error, item)
        if len(members) != len(node.items):
            raise OperandError(TOLD, "a member that does not fit, which was told")
        return tuple(members)

    def _values(self, node: Node) -> tuple[Operand, ...]:
        return self._each(node, self._value)

    def _pair(self, node: Node) -> tuple[Operand, ...]:
        pair = self._values(node)
        if len(pair) != 2:  # noqa: PLR2004 - a pair
            raise OperandError("R106", "two values were expected", "write `[lowest, highest]`")
        low, high = (one.value if isinstance(one, Literal) else None for one in pair)
        if low is not None and high is not None and str(type(low)) == str(type(high)) and low > high:  # type: ignore[operator]
            raise OperandError("R106", "the first value is higher than the second", "write `[lowest, highest]`")
        return pair

    def _duration(self, node: Node) -> Duration:
        word = self._scalar(node)
        try:
            duration = read_duration(word.text)
        except DurationError as error:
            raise OperandError("R113", f"`{word.text}`: {error}") from None
        if duration.is_zero:
            raise OperandError(
                "R113", "a duration of nothing", "to compare with the present instant, use `before` or `after`"
            )
        return duration

    def _short_duration(self, node: Node) -> Duration:
        duration = self._duration(node)
        longest = duration.months * 31 + duration.days + duration.minutes / 1440
        if duration.workdays:
            longest += duration.workdays * 2 + MOST_DAYS_OFF
        if duration.months >= MONTHS_A_YEAR or longest >= DAYS_A_YEAR:
            raise OperandError("R113", "every date has an anniversary within a year", "write a shorter duration")
        return duration

    def _filled(self, node: Node) -> str:
        text = self._text(node)
        if not text:
            raise OperandError("R106", "an empty text", "to ask for an empty value, write `is: ''`")
        return text

    def _text(self, node: Node) -> str:
        text = self._scalar(node).text
        if len(text) > LONGEST_OPERAND:
            raise OperandError("R106", f"a text of more than {LONGEST_OPERAND:,} characters")
        if self.kind is Kind.LIST and LIST_SEPARATOR in text:
            raise OperandError("R106", "a list's texts never hold U+001F")
        return text

    def _pattern(self, node: Node) -> str:
        pattern = self._text(node)
        try:
            compiled(pattern, self.exact)
        except PatternError as error:
            raise OperandError("R114", f"not a pattern that RE2 takes: {error}") from None
        return pattern

    def _yes_no(self, node: Node) -> bool:
        word = self._scalar(node)
        if not word.plain or word.text not in {"true", "false"}:
            raise OperandError("R106", f"`{word.text}` is neither `true` nor `false`")
        return word.text == "true"

    def _yes(self, node: Node) -> bool:
        if not self._yes_no(node):
            raise OperandError("R106", "only `true` can stand here", "put the criterion into a `none` group")
        return True


def _number(word: Scalar) -> Decimal:
    if not _NUMBER.fullmatch(word.text):
        raise OperandError("R106", f"`{word.text}` is no number", "write digits, with a point before decimals")
    number = Decimal(word.text)
    if abs(number) >= LARGEST or number != round(number, SCALE):
        raise OperandError("R106", f"a number is below {LARGEST:,} in size and has {SCALE} decimals at most")
    return number


def _choice(word: Scalar, choices: tuple[str, ...]) -> str:
    if word.text not in choices:
        raise OperandError("R106", f"`{word.text}` cannot be", nearest_or_all(word.text, choices))
    return word.text
