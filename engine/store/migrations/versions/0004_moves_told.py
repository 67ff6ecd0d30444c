"""What the CRM is told of selections and alerts: each move is a row until it was told."""

import sqlalchemy as sa
from alembic import op

import engine.store.columns

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "move_told",
        sa.Column("key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("rule", sa.BigInteger(), nullable=False),
        sa.Column("entity", engine.store.columns.Text(), nullable=False),
        sa.Column("record", sa.BigInteger(), nullable=False),
        sa.Column("topic", engine.store.columns.Text(), nullable=False),
        sa.Column("came", sa.Boolean(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("selection", engine.store.columns.Text(), nullable=True),
        sa.Column("severity", engine.store.columns.Text(), nullable=True),
        sa.Column("blocks", engine.store.columns.Text(), nullable=True),
        sa.Column("moved_at", engine.store.columns.Instant(), nullable=False),
        sa.Column("state", engine.store.columns.Text(), nullable=False),
        sa.Column("reason", engine.store.columns.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", engine.store.columns.Instant(), nullable=False),
        sa.Column("ended_at", engine.store.columns.Instant(), nullable=True),
        sa.ForeignKeyConstraint(["rule"], ["rule.key"]),
        sa.PrimaryKeyConstraint("key"),
        sqlite_autoincrement=True,
    )
    op.create_index("moves_told_due", "move_told", ["state", "not_before"], unique=False)
    op.create_index("moves_told_of_record", "move_told", ["entity", "record", "key"], unique=False)
