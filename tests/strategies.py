"""Strategies: made-up rules, records and instants, chosen to sit on the edges where executions could differ."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

DAYS = (
    "2024-01-31", "2024-02-28", "2024-02-29", "2025-02-28", "2025-03-01", "2025-03-30", "2025-10-26", "2025-12-31",
    "2026-01-01", "2026-01-31", "2026-02-28", "2026-03-01", "2026-03-28", "2026-03-29", "2026-03-30", "2026-04-30",
)  # fmt: skip
INSTANTS = (
    "2026-03-29T01:30:00+01:00", "2026-03-29T03:00:00+02:00", "2025-10-26T02:30:00+02:00", "2025-10-26T02:30:00+01:00",
    "2026-02-28T23:59:59.999999+01:00", "2026-03-01T00:00:00+01:00", "2026-01-31T12:00:00Z", "2025-03-30T02:30:00",
)  # fmt: skip
TEXTS = ("Lead", "lead", "LEAD", "Straße", "STRASSE", "İstanbul", "ünder", "a_b%c", "", "NO", "0123", "true", "x" * 300)
NUMBERS = ("0", "1", "2", "-1", "0.5", "100", "99.9999", "-0.0001", "1000000")
DURATIONS = (
    "1 minute", "90 minutes", "1 hour", "24 hours", "1 day", "3 days", "1 week", "30 days", "1 month", "2 months",
    "1 quarter", "1 year", "1 year 6 months", "1 month 3 days", "1 month 12 hours", "2 days 4 hours", "400 days",
    "1 working day", "5 working days", "1 month 2 working days", "1 week 3 working days 6 hours",
)  # fmt: skip
SHORT = (
    "1 day",
    "7 days",
    "1 month",
    "90 days",
    "11 months",
    "364 days",
    "36 hours",
    "1 working day",
    "90 working days",
)
STATUSES = ("given", "withdrawn", "Given", "pending")
BASES = ("consent", "contract", "legal_obligation", "vital_interests", "public_task", "legitimate_interests")
PURPOSES = ("marketing", "Storage", "profiling")

texts = st.sampled_from(TEXTS)
whens = st.sampled_from((*DAYS, *INSTANTS))
numbers = st.sampled_from(NUMBERS)
durations = st.sampled_from(DURATIONS)
moments = st.one_of(
    st.sampled_from(
        [datetime.fromisoformat(f"{day}T{hour}:00+00:00") for day in DAYS for hour in ("00:00", "11:30", "23:00")]
    ),
    st.datetimes(datetime(2024, 1, 1), datetime(2026, 12, 31)).map(lambda wall: wall.replace(tzinfo=UTC)),
)

Block = dict[str, Any]
TEXT_FIELDS = ("category", "country", "owner", "company.category", "company.name")
CHANGING = ("category", "created_on", "email_bounces", "restrict_processing", "tags")
HOLDS = ("any", "lawsuit", "audit")
DATE_FIELDS = ("created_on", "birth_date", "last_activity_on", "last_invoice_on", "company.created_on")


def _maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), strategy)


def _tests(kind: str) -> st.SearchStrategy[Block]:
    by_kind: dict[str, list[tuple[str, st.SearchStrategy[Any]]]] = {
        "text": [
            ("is", texts),
            ("is", st.sampled_from(TEXT_FIELDS).map(lambda field: {"field": field})),
            ("is_not", texts),
            ("one_of", st.lists(texts, min_size=1, max_size=3)),
            ("none_of", st.lists(texts, min_size=1, max_size=3)),
            ("contains", texts.filter(bool)),
            ("starts_with", texts.filter(bool)),
            ("ends_with", texts.filter(bool)),
            ("matches", st.sampled_from(("^l.*d$", "ss", "[0-9]+", "ß|ü", "."))),
        ],
        "number": [
            ("equals", numbers),
            ("is", numbers),
            ("is_not", numbers),
            ("more_than", numbers),
            ("less_than", numbers),
            ("at_least", numbers),
            ("at_most", numbers),
            ("at_least", st.just({"field": "email_bounces"})),
            ("one_of", st.lists(numbers, min_size=1, max_size=3)),
            ("between", st.sampled_from((["0", "2"], ["-1", "0.5"], ["1", "100"]))),
        ],
        "date": [
            ("before", whens),
            ("after", whens),
            ("on", whens),
            ("is", whens),
            ("is_not", whens),
            ("none_of", st.lists(whens, min_size=1, max_size=2)),
            ("between", st.lists(st.sampled_from(DAYS), min_size=2, max_size=2).map(sorted)),
            ("older_than", durations),
            ("newer_than", durations),
            ("in_last", durations),
            ("in_next", durations),
            ("anniversary_in_next", st.sampled_from(SHORT)),
            ("today", st.just(True)),
            ("before", st.sampled_from(DATE_FIELDS).map(lambda field: {"field": field})),
            ("after", st.sampled_from(DATE_FIELDS).map(lambda field: {"field": field})),
            ("on", st.sampled_from(DATE_FIELDS).map(lambda field: {"field": field})),
        ],
        "flag": [("is", st.booleans()), ("is_not", st.booleans()), ("one_of", st.just([True]))],
        "list": [
            ("has", texts.filter(bool)),
            ("has_any", st.lists(texts.filter(bool), min_size=1, max_size=2)),
            ("has_all", st.lists(texts.filter(bool), min_size=1, max_size=2)),
            ("has_none", st.lists(texts.filter(bool), min_size=1, max_size=2)),
            ("is_empty", st.booleans()),
        ],
        "consent": [
            ("is", st.sampled_from(("given", "withdrawn", "expired", "never_given"))),
            ("is_not", st.sampled_from(("given", "withdrawn"))),
            ("one_of", st.just(["given", "expired"])),
        ],
        "basis": [
            ("is", st.sampled_from((*BASES, "none"))),
            ("is_not", st.sampled_from((*BASES, "none"))),
            ("one_of", st.lists(st.sampled_from((*BASES, "none")), min_size=1, max_size=2)),
            ("none_of", st.lists(st.sampled_from(BASES), min_size=1, max_size=2)),
        ],
    }
    one = st.sampled_from(by_kind[kind]).flatmap(lambda entry: entry[1].map(lambda operand: {entry[0]: operand}))
    if kind in {"text", "number", "date", "flag", "list"}:
        one = st.one_of(one, one, one, st.booleans().map(lambda missing: {"is_missing": missing}))
    pairs = st.lists(one, min_size=1, max_size=2).map(lambda found: {k: v for block in found for k, v in block.items()})
    extra: st.SearchStrategy[Block] = st.sampled_from(({}, {}, {}, {"if_missing": "match"}, {"if_missing": "no_match"}))
    cased: st.SearchStrategy[Block] = (
        st.sampled_from(({}, {}, {"case": "exact"})) if kind in {"text", "list"} else st.just({})
    )
    return st.tuples(pairs, extra, cased).map(lambda parts: parts[0] | parts[1] | parts[2])


def _block(subject: st.SearchStrategy[Block], kind: str) -> st.SearchStrategy[Block]:
    return st.tuples(subject, _tests(kind)).map(lambda parts: parts[0] | parts[1])


_windows: st.SearchStrategy[Block] = st.one_of(
    st.just({}),
    durations.map(lambda length: {"in_last": length}),
    durations.map(lambda length: {"in_next": length}),
    st.sampled_from(DATE_FIELDS).map(lambda field: {"since": {"field": field}}),
    st.sampled_from(CHANGING).map(lambda field: {"since": {"changed": field}}),
)
_item_criteria = st.lists(
    st.one_of(
        _tests("text").map(lambda tests: {"field": "status"} | tests),
        _tests("text").map(lambda tests: {"field": "currency"} | tests),
        _tests("number")
        .filter(lambda tests: "email_bounces" not in str(tests))
        .map(lambda tests: {"field": "amount"} | tests),
        _tests("date")
        .filter(lambda tests: "field" not in str(tests))
        .map(lambda tests: {"field": "closed_on"} | tests),
    ).filter(lambda block: "field':" not in str({k: v for k, v in block.items() if k != "field"})),
    min_size=1,
    max_size=2,
)
_where: st.SearchStrategy[Block] = st.one_of(
    st.just({}),
    texts.filter(bool).map(lambda status: {"where": {"status": status}}),
    st.lists(texts.filter(bool), min_size=1, max_size=2).map(
        lambda found: {"where": {"status": found, "currency": "lead"}}
    ),
    _item_criteria.map(lambda criteria: {"where": criteria}),
)


def _aggregate(key: str, value: str, *, windowed: bool) -> st.SearchStrategy[Block]:
    windows = _windows if windowed else st.just({})
    return st.tuples(_where, windows).map(lambda parts: {key: value} | parts[0] | parts[1])


_dates_of = st.lists(
    st.one_of(
        st.sampled_from(DATE_FIELDS),
        st.sampled_from(("first", "last", "next")).flatmap(lambda key: _aggregate(key, "sales", windowed=False)),
    ),
    min_size=1,
    max_size=3,
)

_plain: st.SearchStrategy[Block] = st.one_of(
    _block(st.sampled_from(TEXT_FIELDS).map(lambda field: {"field": field}), "text"),
    _block(st.just({"field": "email_bounces"}), "number"),
    _block(st.sampled_from(("restrict_processing", "deceased")).map(lambda field: {"field": field}), "flag"),
    _block(st.just({"field": "tags"}), "list"),
    _block(st.sampled_from(DATE_FIELDS).map(lambda field: {"field": field}), "date"),
    _block(_aggregate("count", "sales", windowed=True), "number"),
    _block(
        st.sampled_from(("sum", "average", "highest", "lowest")).flatmap(
            lambda key: _aggregate(key, "sales.amount", windowed=True)
        ),
        "number",
    ),
    _block(st.sampled_from(CHANGING).map(lambda field: {"changed": field}), "date"),
    st.tuples(st.sampled_from(HOLDS), st.booleans()).map(lambda pair: {"hold": pair[0], "is_active": pair[1]}),
    _block(
        st.sampled_from(("first", "last", "next")).flatmap(lambda key: _aggregate(key, "sales", windowed=False)), "date"
    ),
    _block(st.sampled_from(PURPOSES).map(lambda purpose: {"consent": purpose}), "consent"),
    _block(st.sampled_from((*PURPOSES, "any")).map(lambda purpose: {"legal_basis": purpose}), "basis"),
    _block(
        st.tuples(st.sampled_from(("latest_of", "earliest_of")), _dates_of).map(lambda pair: {pair[0]: pair[1]}), "date"
    ),
    st.booleans().map(lambda wanted: {"selection": "source", "is_member": wanted}),
    st.booleans().map(lambda wanted: {"alert": "source", "is_raised": wanted}),
    st.tuples(st.booleans(), durations).map(
        lambda pair: {"selection": "source", "is_member": pair[0], "for_at_least": pair[1]}
    ),
)
_scores = st.lists(
    st.tuples(_plain, st.sampled_from((1, 2, -1, 0.5, 3))).map(lambda pair: {"if": pair[0], "points": pair[1]}),
    min_size=1,
    max_size=3,
)
criteria: st.SearchStrategy[Block] = st.one_of(
    _plain, _plain, _plain, _block(_scores.map(lambda parts: {"score": parts}), "number")
)


def _at_least_of(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner, min_size=1, max_size=4).flatmap(
        lambda of: st.integers(1, len(of)).map(lambda count: {"at_least_of": {"count": count, "of": of}})
    )


_leaves: st.SearchStrategy[Any] = st.one_of(criteria, criteria, criteria, _at_least_of(criteria))


@st.composite
def _leaf(draw: st.DrawFn) -> Any:
    """Give a leaf under a short name: Hypothesis keeps the whole of it, two megabytes, for every draw that is cut."""
    return draw(_leaves)


groups: st.SearchStrategy[Any] = st.recursive(
    _leaf(),
    lambda inner: st.dictionaries(
        st.sampled_from(("all", "any", "none")), st.lists(inner, min_size=1, max_size=3), min_size=1, max_size=2
    ),
    max_leaves=6,
)
conditions: st.SearchStrategy[Any] = st.lists(groups, min_size=1, max_size=3)

_crowds: tuple[tuple[Block, str], ...] = (
    ({"field": "category"}, "text"),
    ({"field": "email_bounces"}, "number"),
    ({"field": "restrict_processing"}, "flag"),
    ({"field": "tags"}, "list"),
    ({"field": "created_on"}, "date"),
    ({"field": "created_on"}, "date"),
    ({"count": "sales"}, "number"),
    ({"count": "sales", "where": {"status": "Lead"}, "in_last": "1 year"}, "number"),
    ({"count": "sales", "where": [{"field": "status", "is": "NO"}, {"field": "status", "is": "lead"}]}, "number"),
    ({"sum": "sales.amount", "where": {"status": "Lead"}}, "number"),
    ({"last": "sales", "where": {"status": ["Lead", "NO"]}}, "date"),
    ({"next": "sales"}, "date"),
    ({"consent": "marketing"}, "consent"),
    ({"legal_basis": "marketing"}, "basis"),
    ({"legal_basis": "any"}, "basis"),
    ({"latest_of": ["created_on", "last_activity_on", {"last": "sales"}]}, "date"),
    ({"earliest_of": ["created_on", {"first": "sales"}]}, "date"),
    ({"changed": "category"}, "date"),
    ({"highest": "sales.amount", "where": {"status": "Lead"}}, "number"),
    ({"average": "sales.amount", "where": [{"field": "status", "is": "NO"}, {"field": "status", "is": "lead"}]}, "number"),
    ({"score": [{"if": {"field": "category", "is": "Lead"}, "points": 2}, {"if": {"count": "sales", "at_least": 1}, "points": -1}]}, "number"),
)  # fmt: skip
_crowd = st.lists(st.sampled_from(_crowds), min_size=1, max_size=2).flatmap(
    lambda chosen: st.lists(
        st.one_of(*(_block(st.just(subject), kind) for subject, kind in chosen)), min_size=1, max_size=3
    )
)
# Criteria that crowd on one or two subjects, so that they often exclude each other.
crowds: st.SearchStrategy[Any] = st.lists(
    st.tuples(st.sampled_from(("all", "all", "any", "none")), _crowd).map(lambda pair: {pair[0]: pair[1]}),
    min_size=1,
    max_size=3,
)

_sales = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "status": _maybe(texts),
            "amount": _maybe(st.sampled_from((0, 1, -1, 0.5, 100, 99.9999, -250))),
            "currency": _maybe(st.sampled_from(("Lead", "SEK"))),
            "at": _maybe(whens),
            "closed_on": _maybe(st.sampled_from(DAYS)),
        },
    ),
    max_size=4,
).map(lambda items: [{"id": f"s{index}", **item} for index, item in enumerate(items)])
_consents = st.lists(
    st.fixed_dictionaries(
        {"purpose": st.sampled_from(PURPOSES), "status": st.sampled_from(STATUSES)},
        optional={
            "legal_basis": _maybe(st.sampled_from((*BASES, "Consent"))),
            "at": _maybe(whens),
            "expires_on": _maybe(st.sampled_from(DAYS)),
        },
    ),
    max_size=4,
).map(lambda items: [{"id": f"k{index}", **item} for index, item in enumerate(items)])

contacts: st.SearchStrategy[Block] = st.fixed_dictionaries(
    {},
    optional={
        **{field: _maybe(texts) for field in ("category", "country", "owner")},
        **{field: _maybe(whens) for field in ("created_on", "birth_date", "last_activity_on", "last_invoice_on")},
        "email_bounces": _maybe(st.sampled_from((0, 1, 2, 0.5, -1, 100))),
        "restrict_processing": st.sampled_from((True, False, None, "false", 0)),
        "deceased": st.sampled_from((True, False, None)),
        "tags": _maybe(st.lists(texts, max_size=3)),
        "company": st.sampled_from(("c-1", "c-2", "c-lost")),
        "sales": _sales,
        "consents": _consents,
    },
)
companies: st.SearchStrategy[Block] = st.fixed_dictionaries(
    {}, optional={"category": _maybe(texts), "name": _maybe(texts), "created_on": _maybe(st.sampled_from(DAYS))}
)


# Contacts and companies, and what has happened to contacts since: later state, a hold, an open case of the source rule.
worlds: st.SearchStrategy[Block] = st.fixed_dictionaries(
    {
        "contacts": st.lists(contacts, min_size=1, max_size=6),
        "companies": st.lists(companies, max_size=2),
        "later": st.dictionaries(
            st.integers(0, 5),
            st.fixed_dictionaries(
                {},
                optional={
                    "category": _maybe(texts),
                    "created_on": _maybe(whens),
                    "restrict_processing": st.sampled_from((True, False, None)),
                },
            ),
            max_size=3,
        ),
        "taken_at": moments,
        "holds": st.dictionaries(st.integers(0, 5), st.sampled_from(HOLDS[1:]), max_size=3),
        "members": st.dictionaries(st.integers(0, 5), moments, max_size=4),
    }
)
