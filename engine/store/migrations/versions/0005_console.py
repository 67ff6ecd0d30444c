"""What the console shows: sessions, days of rules, funnels, sums of runs; and indexes by which it is found."""

import sqlalchemy as sa
from alembic import op

import engine.store.columns

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Pages of the queues of deletions and reviews are found by these; two that were there before get a key behind.
BEFORE = {"deletions_by_state", "deletions_of_approval"}
DELETIONS = (
    ("deletions_by_state", "deletion", ["state", "due_at", "key", "rule"]),
    ("deletions_in_state", "deletion", ["state", "key"]),
    ("deletions_of_approval", "deletion", ["approval", "key"]),
    ("reviews_by_due", "review", ["state", "due_at", "key"]),
    ("reviews_in_state", "review", ["state", "key"]),
    ("receipts_by_end", "receipt", ["erased_at"]),
)
LISTS = (  # by which long lists are read in pages
    ("intents_by_state", "intent", ("state", "key")),
    ("intents_of_rule", "intent", ("rule", "state", "key")),
    ("alerts_by_urgency", "alert", ("severity", "priority", "key")),
    ("alerts_of_rule", "alert", ("rule", "severity", "priority", "key")),
    ("notices_by_state", "notice", ("state", "key")),
    ("told_by_state", "recipient_told", ("state", "key")),
    ("told_of_recipient", "recipient_told", ("recipient", "state", "key")),
    ("told_of_person", "recipient_told", ("id_hash", "key")),
    ("moves_told_by_state", "move_told", ("state", "key")),
    ("moves_told_of_rule", "move_told", ("rule", "state", "key")),
    ("chain_of_what", "chain", ("what", "rule", "seq")),
    ("chain_by_what", "chain", ("what", "seq")),
    ("chain_by_rule", "chain", ("rule", "seq")),
    ("holds_by_end", "hold", ("lifted_at", "key")),
    ("holds_by_review", "hold", ("lifted_at", "review_at", "key")),
    ("restrictions_by_end", "restriction", ("lifted_at", "key")),
)
SUMS = ("rules", "matched", "entered", "left", "undecided", "failed")


def _key() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables, the columns and the indexes."""
    op.create_table(
        "session",
        sa.Column("key", _key(), autoincrement=True, nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("hash", engine.store.columns.Text(), nullable=False),
        sa.Column("begun_at", engine.store.columns.Instant(), nullable=False),
        sa.Column("expires_at", engine.store.columns.Instant(), nullable=False),
        sa.ForeignKeyConstraint(["token"], ["token.key"]),
        sa.PrimaryKeyConstraint("key"),
        sa.UniqueConstraint("hash"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "rule_day",
        sa.Column("rule", engine.store.columns.Text(), nullable=False),
        sa.Column("day", engine.store.columns.Text(), nullable=False),
        sa.Column("matched", sa.Integer(), nullable=False),
        sa.Column("entered", sa.Integer(), nullable=False),
        sa.Column("left", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("rule", "day"),
        sqlite_with_rowid=False,
    )
    op.create_index("rule_days", "rule_day", ["day"], unique=False)
    op.create_table(
        "funnel",
        sa.Column("key", _key(), autoincrement=True, nullable=False),
        sa.Column("rule", engine.store.columns.Text(), nullable=False),
        sa.Column("version", engine.store.columns.Text(), nullable=False),
        sa.Column("counted_at", engine.store.columns.Instant(), nullable=False),
        sa.Column("run", sa.BigInteger(), nullable=True),
        sa.Column("steps", engine.store.columns.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
        sqlite_autoincrement=True,
    )
    op.create_index("funnels_of_rule", "funnel", ["rule", "counted_at"], unique=False)
    for name in SUMS:
        op.add_column("run", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    _count_runs()
    op.create_index("runs_by_start", "run", ["started_at"], unique=False)
    op.create_index("intents_by_end", "intent", ["ended_at"], unique=False)
    _keep_books_of_runs()
    op.create_index("alerts_by_raise", "alert", ["raised_at"], unique=False)
    for name, table, columns in LISTS:
        op.create_index(name, table, list(columns), unique=False)
    for name, column in (("cases_at_risk", "at_risk_at"), ("cases_late", "late_at")):
        is_set = sa.text(f"{column} IS NOT NULL")
        op.create_index(name, "cases", ["rule"], unique=False, sqlite_where=is_set, postgresql_where=is_set)
    op.create_index("member_moves_of_record", "member_move", ["record", "rule"], unique=False)
    for name, table in (("deletions_of_contact", "deletion"), ("told_of_contact", "recipient_told")):
        has_one = sa.text("contact IS NOT NULL")
        op.create_index(name, table, ["contact"], unique=False, sqlite_where=has_one, postgresql_where=has_one)

    op.drop_index("intents_of_record", "intent")
    op.create_index("intents_of_record", "intent", ["record", "rule", "call"], unique=False)
    op.add_column("deletion_move", sa.Column("said", engine.store.columns.Text(), nullable=True))
    for name, table, those in DELETIONS:
        if name in BEFORE:
            op.drop_index(name, table)
        op.create_index(name, table, those, unique=False)


def _keep_books_of_runs() -> None:
    """Let intents and deletions name the run that wrote them, and runs say what they planned.

    What the runs of before planned was not noted: the last of them is.
    """
    op.execute(
        "INSERT INTO setting (name, value) SELECT 'runs_without_books', CAST(max(key) AS VARCHAR) FROM run "
        "HAVING max(key) IS NOT NULL"
    )
    op.create_table(
        "run_call",
        sa.Column("run", sa.BigInteger(), nullable=False),
        sa.Column("rule", sa.BigInteger(), nullable=False),
        sa.Column("part", engine.store.columns.Text(), nullable=False),
        sa.Column("call", sa.Integer(), nullable=False),
        sa.Column("planned", sa.Integer(), nullable=False),
        sa.Column("gone", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["run.key"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run", "rule", "part", "call"),
        sqlite_with_rowid=False,
    )
    for table, more in (("intent", ["part", "call", "state"]), ("deletion", [])):
        op.add_column(table, sa.Column("run", sa.BigInteger(), nullable=True))
        op.create_index(f"{table}s_of_run", table, ["run", "rule", *more], unique=False)
    op.add_column("run_rule", sa.Column("seconds", sa.Float(), nullable=True))
    op.create_index("runs_of_rule", "run_rule", ["rule", "run"], unique=False)
    op.create_index("runs_by_trigger", "run", ["trigger", "key"], unique=False)
    op.create_index(
        "cases_undecided",
        "cases",
        ["rule", "record"],
        sqlite_where=sa.text("undecided = 1"),
        postgresql_where=sa.text("undecided"),
    )
    for name, did in (("runs_that_moved", 'entered > 0 OR "left" > 0'), ("runs_that_failed", "failed > 0")):
        condition = sa.text(did)
        op.create_index(name, "run", ["key"], sqlite_where=condition, postgresql_where=condition)


def _count_runs() -> None:
    """Sum up what the runs of before had found."""
    run, of_rules = (
        sa.table("run", sa.column("key"), *map(sa.column, SUMS)),
        sa.table("run_rule", *map(sa.column, ("run", "matched", "entered", "left", "undecided", "error"))),
    )
    its = of_rules.c.run == run.c.key
    sums = {name: sa.func.coalesce(sa.func.sum(of_rules.c[name]), 0) for name in SUMS[1:-1]}
    found = sums | {"rules": sa.func.count(), "failed": sa.func.count(of_rules.c.error)}
    op.execute(
        run.update().values({name: sa.select(value).where(its).scalar_subquery() for name, value in found.items()})
    )
