"""Rows: what is handed to the driver is what the columns' own types would have made of the values."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, insert, select
from sqlalchemy.engine import Engine

from engine.model.entity import Entity, Field, FieldType, Model
from engine.store.records import RecordTables, columns_of, tables_of
from engine.store.rows import FieldRows, insert_rows, padded, selecting
from engine.vocabulary.calendar import start_of_day

STOCKHOLM = ZoneInfo("Europe/Stockholm")
FIELDS = {one.value: Field(one.value, one) for one in FieldType} | {
    "held": Field("held", FieldType.FLAG, guards=True),
}
THING = Entity("thing", "things", FIELDS)
ROWS = FieldRows(FIELDS, STOCKHOLM)
NAMES = ("id", *ROWS.columns)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\x1f"), max_size=5)
amounts = st.integers(-(10**15), 10**15).map(lambda whole: Decimal(whole).scaleb(-4))
values: Any = st.fixed_dictionaries(
    {},
    optional={
        "text": texts | st.none(),
        "number": amounts | st.none(),
        "money": amounts | st.none(),
        "flag": st.booleans() | st.none(),
        "held": st.booleans() | st.none(),
        "date": st.dates(date(1000, 1, 2), date(9998, 12, 30)) | st.none(),
        "datetime": st.datetimes(datetime(1000, 1, 2), datetime(9998, 12, 30), timezones=st.just(UTC)) | st.none(),
        "list": st.lists(texts, max_size=3).map(tuple) | st.none(),
    },
)


def opened(style: str | None = None) -> tuple[Engine, RecordTables]:
    """Return an empty store in memory; with the style `named` parameters go to the driver by name."""
    tables = tables_of(Model({"thing": THING}))
    engine = create_engine("sqlite://", **({"paramstyle": style} if style else {}))
    tables.metadata.create_all(engine)
    return engine, tables


def by_types(record: dict[str, Any]) -> dict[str, Any]:
    """Return the columns of a record as Python values, for the columns' own types to store."""
    row: dict[str, Any] = {}
    for name, value in record.items():
        row[name] = start_of_day(value, STOCKHOLM) if name == "date" and value is not None else value
        if name == "text":
            row["text__folded"] = None if value is None else value.casefold()
        if name == "list":
            row["list__folded"] = None if value is None else tuple(one.casefold() for one in value)
        if name == "held":
            row["held__unclear"] = False
    return row


@settings(max_examples=100, deadline=None)
@given(st.lists(values, min_size=1, max_size=4))
@pytest.mark.parametrize("style", [None, "named"])
def test_whole_rows_are_stored_as_the_types_of_their_columns_would(style: str | None, records: list[Any]) -> None:
    """Read back by type or as kept, a row that went to the driver whole is the row that went value by value."""
    engine, tables = opened(style)
    table = tables.records["thing"]
    with engine.begin() as connection:
        insert_rows(connection, table, NAMES, [(f"a{n}", *ROWS.fresh(one, ())) for n, one in enumerate(records)])
        for number, one in enumerate(records):
            connection.execute(insert(table).values(by_types(one) | {"id": f"b{number}"}))
        for wanted in (select(table), selecting(table)):
            found = [dict(row) for row in connection.execute(wanted.order_by(table.c.key)).mappings()]
            half = len(found) // 2
            own = [{**row, "id": "", "key": 0} for row in found]
            assert own[:half] == own[half:]
    engine.dispose()


def test_a_badly_sent_flag_is_kept_as_unclear_and_one_that_was_not_sent_as_nothing() -> None:
    """The column beside a guarding flag tells them apart."""
    position = ROWS.columns.index("held__unclear")

    assert ROWS.fresh({"held": None}, ("held",))[position] is True
    assert ROWS.fresh({"held": True}, ())[position] is False
    assert ROWS.fresh({}, ())[position] is None
    assert ROWS.sent({"held": None}, ("held",)) == {"held": None, "held__unclear": True}


def test_an_item_has_all_columns_whatever_was_sent() -> None:
    """So that two rows of one item can be compared as they are."""
    assert len(ROWS.all({})) == len(ROWS.all({"text": "Straße"})) == len(ROWS.columns)
    assert ROWS.all({"text": "Straße"})[:2] == ("Straße", "strasse")


def test_rows_stand_in_the_order_of_the_table() -> None:
    """The columns that a row is made of are those of the table, in its order."""
    _, tables = opened()

    assert [one.name for field in FIELDS.values() for one in columns_of(field)] == list(ROWS.columns)
    assert [one.name for one in tables.records["thing"].columns][4:] == list(ROWS.columns)


@pytest.mark.parametrize(("count", "length"), [(0, 0), (1, 1), (2, 2), (3, 4), (4, 4), (5, 8), (1000, 1024)])
def test_what_is_asked_for_comes_in_few_lengths(count: int, length: int) -> None:
    """The last is repeated, which asks for nothing more."""
    wanted = padded([str(n) for n in range(count)])

    assert (len(wanted), len(set(wanted))) == (length, count)
