"""`set_field`: the CRM is asked to change a field of the record."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from actions.asking import ask
from actions.sending import CRM, Sending
from engine.language.arguments import TEXT, argument, shaped
from engine.language.kinds import KIND_OF, FieldOperand, Literal, Operand, OperandKind
from engine.language.operands import Reader
from engine.language.scope import Scope
from engine.language.source import Node
from engine.language.speech import Speech
from engine.language.statement import Statement
from engine.model.entity import FieldType
from engine.model.facts import Facts, Value
from engine.model.snapshot import plain
from engine.vocabulary.calendar import local_date, start_of_day
from engine.vocabulary.effect import Effect
from engine.vocabulary.outcome import Outcome
from engine.vocabulary.problem import nearest_or_all


@shaped(TEXT)
def _field_name(scope: Scope, node: Node) -> str | None:
    """Read the name of a field of the rule's entity."""
    found = scope.text(node, "the name of a field")
    if found is not None and found.text not in scope.entity.fields:
        hint = nearest_or_all(found.text, scope.entity.fields)
        scope.report("R103", found.place, f"unknown field `{found.text}` of {scope.entity.name}", hint)
        return None
    return found.text if found else None


@shaped({"description": "a value of the field's type, or `{field: another}`"})
def _new_value(scope: Scope, node: Node) -> "NewValue | None":
    """Read a value of the type of the field that stands beside it; None where that field is unknown."""
    name = scope.action.get("field") if scope.action else None
    one = scope.entity.fields.get(getattr(name, "text", ""))
    if one is None:
        return None
    wanted = OperandKind.TEXTS if one.type is FieldType.LIST else OperandKind.VALUE
    found = Reader(scope, KIND_OF[one.type], exact=False).read(node, wanted)
    if isinstance(found, Literal) and one.choices and found.value not in one.choices:
        scope.report("R106", node.place, f"`{found.value}` cannot be", nearest_or_all(str(found.value), one.choices))
        return None
    return NewValue(one.type, found) if isinstance(found, Literal | FieldOperand | tuple) else None


@dataclass(frozen=True, slots=True)
class NewValue:
    """What a field of a type is to hold: a value written out, or that of another field of the record."""

    type: FieldType
    operand: Operand | tuple[str, ...]

    def of(self, facts: Facts, zone: ZoneInfo) -> Value | None:
        """Return the value for a record; None where it is not known."""
        match self.operand:
            case Literal(value):
                found: Value | None = value
            case FieldOperand(path):
                found = facts.value(path)
            case _:
                found = self.operand
        if self.type is FieldType.DATE and isinstance(found, datetime):
            return local_date(found, zone)
        if self.type is FieldType.DATETIME and isinstance(found, date) and not isinstance(found, datetime):
            return start_of_day(found, zone)
        return found


@dataclass(frozen=True, slots=True)
class SetField:
    """Ask the CRM to change a field. Here it changes when the CRM says so, as everything does."""

    verb: ClassVar[str] = "set_field"
    effect: ClassVar[Effect] = Effect.REMOTE
    shorthand: ClassVar[str] = ""

    field: str = argument(_field_name, about="a field of the record itself")
    to: NewValue = argument(_new_value, about="the new value; what is missing is not passed on (NO_VALUE)")

    @property
    def receiver(self) -> str:
        """Who is called."""
        return CRM

    def words(self, speech: Speech) -> Statement:
        """Return which field is to hold what."""
        operand = self.to.operand
        values = [speech.value(one) for one in (operand if isinstance(operand, tuple) else (operand,))]
        field, value = speech.field((self.field,)), speech.tongue.both(values)
        return speech.state(
            en=f"The CRM is asked to change {field} to {value}.",
            sv=f"CRM-systemet ombeds att ändra {field} till {value}.",
        )

    def perform(self, sending: Sending) -> Outcome:
        """Ask for the change, or say why it was withheld: what is not known is never written elsewhere."""
        crm = sending.outside.crm
        if crm is None:
            return Outcome("withheld", "NO_CRM")
        value = self.to.of(sending.facts, sending.moment.zone)
        if value is None:
            return Outcome("withheld", "NO_VALUE")
        return ask(sending, crm, "field.requested", {"field": self.field, "value": plain(value)})
