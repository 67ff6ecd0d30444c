"""What the whole life of a deletion needs: history, approvals, reviews, restrictions, the audit chain, what is told."""

import sqlalchemy as sa
from alembic import op

import engine.store.columns

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and columns."""
    op.create_table(
        "anonymous",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entity", engine.store.columns.Text(), nullable=False),
        sa.Column("content", engine.store.columns.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "baseline",
        sa.Column("name", engine.store.columns.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("taken_at", engine.store.columns.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "chain",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", engine.store.columns.Instant(), nullable=False),
        sa.Column("who", engine.store.columns.Text(), nullable=False),
        sa.Column("what", engine.store.columns.Text(), nullable=False),
        sa.Column("rule", engine.store.columns.Text(), nullable=False),
        sa.Column("version", engine.store.columns.Text(), nullable=False),
        sa.Column("subject", engine.store.columns.Text(), nullable=False),
        sa.Column("details", engine.store.columns.Text(), nullable=False),
        sa.Column("key_id", engine.store.columns.Text(), nullable=False),
        sa.Column("mac", engine.store.columns.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_table(
        "deletion_move",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("deletion", sa.BigInteger(), nullable=False),
        sa.Column("state", engine.store.columns.Text(), nullable=False),
        sa.Column("reason", engine.store.columns.Text(), nullable=True),
        sa.Column("moved_at", engine.store.columns.Instant(), nullable=False),
        sa.Column("by", engine.store.columns.Text(), nullable=True),
        sa.PrimaryKeyConstraint("seq"),
        sqlite_autoincrement=True,
    )
    op.create_index("moves_of_deletion", "deletion_move", ["deletion"], unique=False)
    op.create_table(
        "notice",
        sa.Column("key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("kind", engine.store.columns.Text(), nullable=False),
        sa.Column("about", engine.store.columns.Text(), nullable=False),
        sa.Column("details", engine.store.columns.Text(), nullable=False),
        sa.Column("to", engine.store.columns.Text(), nullable=False),
        sa.Column("state", engine.store.columns.Text(), nullable=False),
        sa.Column("reason", engine.store.columns.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", engine.store.columns.Instant(), nullable=False),
        sa.Column("created_at", engine.store.columns.Instant(), nullable=False),
        sa.Column("ended_at", engine.store.columns.Instant(), nullable=True),
        sa.Column("reached", engine.store.columns.Text(), nullable=True),
        sa.PrimaryKeyConstraint("key"),
        sqlite_autoincrement=True,
    )
    op.create_index("notices_about", "notice", ["kind", "about"], unique=False)
    op.create_index("notices_due", "notice", ["state", "not_before"], unique=False)
    op.create_table(
        "permission",
        sa.Column("key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("entity", engine.store.columns.Text(), nullable=False),
        sa.Column("record", sa.BigInteger(), nullable=False),
        sa.Column("use", engine.store.columns.Text(), nullable=False),
        sa.Column("ground", engine.store.columns.Text(), nullable=False),
        sa.Column("said_at", engine.store.columns.Instant(), nullable=False),
        sa.Column("noted_at", engine.store.columns.Instant(), nullable=False),
        sa.Column("noted_by", engine.store.columns.Text(), nullable=True),
        sa.Column("withdrawn_at", engine.store.columns.Instant(), nullable=True),
        sa.PrimaryKeyConstraint("key"),
        sqlite_autoincrement=True,
    )
    op.create_index("permissions_of_record", "permission", ["entity", "record"], unique=False)
    op.create_table(
        "recipient_told",
        sa.Column("key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("recipient", engine.store.columns.Text(), nullable=False),
        sa.Column("kind", engine.store.columns.Text(), nullable=False),
        sa.Column("entity", engine.store.columns.Text(), nullable=False),
        sa.Column("record", sa.BigInteger(), nullable=False),
        sa.Column("contact", engine.store.columns.Text(), nullable=True),
        sa.Column("id_hash", engine.store.columns.Text(), nullable=False),
        sa.Column("cause", engine.store.columns.Text(), nullable=False),
        sa.Column("details", engine.store.columns.Text(), nullable=False),
        sa.Column("state", engine.store.columns.Text(), nullable=False),
        sa.Column("reason", engine.store.columns.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", engine.store.columns.Instant(), nullable=False),
        sa.Column("created_at", engine.store.columns.Instant(), nullable=False),
        sa.Column("ended_at", engine.store.columns.Instant(), nullable=True),
        sa.PrimaryKeyConstraint("key"),
        sqlite_autoincrement=True,
    )
    op.create_index("told_due", "recipient_told", ["state", "not_before"], unique=False)
    op.create_index("told_of_record", "recipient_told", ["entity", "record"], unique=False)
    op.create_index("told_once", "recipient_told", ["recipient", "kind", "cause"], unique=True)
    op.create_table(
        "restriction",
        sa.Column("key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("entity", engine.store.columns.Text(), nullable=False),
        sa.Column("record", sa.BigInteger(), nullable=False),
        sa.Column("since", engine.store.columns.Instant(), nullable=False),
        sa.Column("told_at", engine.store.columns.Instant(), nullable=True),
        sa.Column("told_by", engine.store.columns.Text(), nullable=True),
        sa.Column("lifted_at", engine.store.columns.Instant(), nullable=True),
        sa.PrimaryKeyConstraint("key"),
        sqlite_autoincrement=True,
    )
    op.create_index("restrictions_of_record", "restriction", ["entity", "record"], unique=False)
    op.create_table(
        "approval",
        sa.Column("key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("rule", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("call", sa.Integer(), nullable=False),
        sa.Column("version", engine.store.columns.Text(), nullable=False),
        sa.Column("state", engine.store.columns.Text(), nullable=False),
        sa.Column("asked_at", engine.store.columns.Instant(), nullable=False),
        sa.Column("answer_by", engine.store.columns.Instant(), nullable=False),
        sa.Column("ended_at", engine.store.columns.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["rule"],
            ["rule.key"],
        ),
        sa.PrimaryKeyConstraint("key"),
        sqlite_autoincrement=True,
    )
    op.create_index("approvals_by_state", "approval", ["state", "answer_by"], unique=False)
    op.create_table(
        "review",
        sa.Column("key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("rule", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("record", sa.BigInteger(), nullable=True),
        sa.Column("case", sa.BigInteger(), nullable=False),
        sa.Column("call", sa.Integer(), nullable=False),
        sa.Column("deletion", sa.BigInteger(), nullable=True),
        sa.Column("version", engine.store.columns.Text(), nullable=False),
        sa.Column("digest", engine.store.columns.Text(), nullable=True),
        sa.Column("state", engine.store.columns.Text(), nullable=False),
        sa.Column("answer", engine.store.columns.Text(), nullable=True),
        sa.Column("reason", engine.store.columns.Text(), nullable=True),
        sa.Column("answered_by", engine.store.columns.Text(), nullable=True),
        sa.Column("asked_at", engine.store.columns.Instant(), nullable=False),
        sa.Column("due_at", engine.store.columns.Instant(), nullable=True),
        sa.Column("ended_at", engine.store.columns.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["rule"],
            ["rule.key"],
        ),
        sa.PrimaryKeyConstraint("key"),
        sqlite_autoincrement=True,
    )
    op.create_index("reviews_by_state", "review", ["state", "asked_at"], unique=False)
    op.create_index("reviews_of_deletion", "review", ["deletion"], unique=False)
    op.create_index("reviews_of_record", "review", ["record"], unique=False)
    op.create_table(
        "approval_word",
        sa.Column("approval", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("digest", engine.store.columns.Text(), nullable=False),
        sa.Column("person", engine.store.columns.Text(), nullable=False),
        sa.Column("reason", engine.store.columns.Text(), nullable=False),
        sa.Column("said_at", engine.store.columns.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["approval"],
            ["approval.key"],
        ),
        sa.PrimaryKeyConstraint("approval", "digest", "person"),
    )
    op.add_column("deletion", sa.Column("how", engine.store.columns.Text(), nullable=True))
    op.add_column("deletion", sa.Column("purposes", engine.store.columns.TextList(), nullable=True))
    op.add_column("deletion", sa.Column("cleared_at", engine.store.columns.Instant(), nullable=True))
    op.add_column("deletion", sa.Column("approval", sa.BigInteger(), nullable=True))
    op.add_column("deletion", sa.Column("expires_at", engine.store.columns.Instant(), nullable=True))
    op.add_column("deletion", sa.Column("orders", sa.Integer(), nullable=True))
    op.create_index("deletions_of_approval", "deletion", ["approval"], unique=False)
    op.add_column("hold", sa.Column("owner", engine.store.columns.Text(), nullable=True))
    op.add_column("hold", sa.Column("review_at", engine.store.columns.Instant(), nullable=True))
    op.add_column("receipt", sa.Column("purposes", engine.store.columns.TextList(), nullable=True))
    op.add_column("receipt", sa.Column("approved_by", engine.store.columns.Text(), nullable=True))
    op.add_column("rule", sa.Column("editor", engine.store.columns.Text(), nullable=True))
    _restrict()


def _restrict() -> None:
    """Open a restriction for every record whose flag is set already: no change of it will come to open one."""
    bind = op.get_bind()
    tables = sa.inspect(bind)
    flag: sa.ColumnClause[bool] = sa.column("restrict_processing", sa.Boolean())
    unclear: sa.ColumnClause[bool] = sa.column("restrict_processing__unclear", sa.Boolean())
    key: sa.ColumnClause[int] = sa.column("key", sa.BigInteger())
    stored_at: sa.ColumnClause[int] = sa.column("stored_at", sa.BigInteger())
    restriction = sa.table("restriction", sa.column("entity"), sa.column("record"), sa.column("since"))
    for name in tables.get_table_names():
        columns = {column["name"] for column in tables.get_columns(name)} if name.startswith("record_") else set()
        if {flag.name, unclear.name, stored_at.name} <= columns:
            entity = sa.literal(name.removeprefix("record_"))
            since = sa.func.coalesce(stored_at, 0)
            restricted = sa.select(entity, key, since).select_from(sa.table(name)).where(sa.or_(flag, unclear))
            bind.execute(sa.insert(restriction).from_select(["entity", "record", "since"], restricted))
