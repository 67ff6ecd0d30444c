"""Consents in SQL: the newest row of each stream of (purpose, legal basis), the more protective one on a tie."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Table, and_, case, exists, false, func, or_, select, true

from engine.store.records import FOLDED

CONSENTS, CONSENT = "consents", "consent"
UNCLEAR, NEVER_GIVEN, GIVEN, WITHDRAWN = "unclear", "never_given", "given", "withdrawn"


@dataclass(frozen=True, slots=True)
class Streams:
    """The consent rows of one record, and the instants that decide which of them hold."""

    rows: Table
    owner: FromClause
    now: ColumnElement[Any]
    today: ColumnElement[Any]

    def state(self, purpose: str) -> ColumnElement[str]:
        """Return the state of a purpose's consent as text; null where it is unclear."""
        return func.nullif(func.coalesce(self._newest(purpose, "consent"), NEVER_GIVEN), UNCLEAR)

    def holds(self, purpose: str | None, basis: str, *, negated: bool) -> ColumnElement[bool]:
        """Return whether a basis is valid for a purpose, or for any purpose when none is named; or whether not."""
        # What is searched stands in it once: a negation around it would search again.
        is_so, is_not = (false(), true()) if negated else (true(), false())
        if purpose is not None:
            state = func.coalesce(self._newest(purpose, basis), NEVER_GIVEN)
            return case((state == GIVEN, is_so), (state != UNCLEAR, is_not))
        one, other = self.rows.alias(), self.rows.alias()
        is_later = and_(other.c.at > one.c.at, other.c.at <= self.now)
        is_tied = other.c.at == one.c.at
        is_over_given = or_(other.c.at.is_(None), is_later, and_(is_tied, self._state(other) != GIVEN))
        is_over_unclear = or_(is_later, and_(is_tied, self._state(other) == WITHDRAWN))
        rivals = (*self._stream(other, basis), other.c["purpose" + FOLDED] == one.c["purpose" + FOLDED])

        def unrivalled(is_over: ColumnElement[bool]) -> ColumnElement[bool]:
            return ~exists().where(*rivals, is_over).correlate_except(other)

        stream = self._stream(one, basis)
        is_given = (one.c.at <= self.now, self._state(one) == GIVEN, unrivalled(is_over_given))
        is_unclear = (self._state(one) == UNCLEAR, unrivalled(is_over_unclear))
        valid, unclear = (exists().where(*stream, *case_).correlate_except(one) for case_ in (is_given, is_unclear))
        return case((valid, is_so), (~unclear, is_not))

    def _newest(self, purpose: str, basis: str) -> ColumnElement[Any]:
        rows = self.rows.alias()
        status = rows.c["status" + FOLDED]
        protection = case((status == WITHDRAWN, 0), (status != GIVEN, 1), else_=2)
        order = (rows.c.at.is_(None).desc(), rows.c.at.desc(), protection, rows.c.expires_on.asc().nulls_last())
        stream = select(self._state(rows)).where(*self._stream(rows, basis), rows.c["purpose" + FOLDED] == purpose)
        return stream.order_by(*order).limit(1).correlate_except(rows).scalar_subquery()

    def _stream(self, rows: FromClause, basis: str) -> tuple[ColumnElement[bool], ...]:
        """Return the conditions of the record's rows of a basis that count by now, or lack the date that would tell."""
        return (
            rows.c.owner_key == self.owner.c.key,
            func.coalesce(rows.c["legal_basis" + FOLDED], CONSENT) == basis,
            or_(rows.c.at.is_(None), rows.c.at <= self.now),
        )

    def _state(self, rows: FromClause) -> ColumnElement[str]:
        status = rows.c["status" + FOLDED]
        return case(
            (rows.c.at.is_(None), UNCLEAR),
            (status == WITHDRAWN, WITHDRAWN),
            (status != GIVEN, UNCLEAR),
            (rows.c.expires_on < self.today, "expired"),
            else_=GIVEN,
        )
