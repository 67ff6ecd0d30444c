"""What the API remembers: when tokens end and were last used, and the answers to requests with an idempotency key."""

import sqlalchemy as sa
from alembic import op

import engine.store.columns

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table and the columns."""
    op.add_column("token", sa.Column("expires_at", engine.store.columns.Instant(), nullable=True))
    op.add_column("token", sa.Column("last_used_at", engine.store.columns.Instant(), nullable=True))
    op.create_table(
        "answer",
        sa.Column("key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("caller", sa.BigInteger(), nullable=False),
        sa.Column("word", engine.store.columns.Text(), nullable=False),
        sa.Column("asked", engine.store.columns.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", engine.store.columns.Text(), nullable=True),
        sa.Column("asked_at", engine.store.columns.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
        sqlite_autoincrement=True,
    )
    op.create_index("answers_to", "answer", ["caller", "word"], unique=True)
    op.create_index("answers_by_age", "answer", ["asked_at"], unique=False)
