"""The fixed tables about deletions: their life, what keeps from them, and what remains."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table

from engine.store.columns import Instant, Text, TextList
from engine.store.metadata import KEY, METADATA, partial

DELETION = Table(
    "deletion",
    METADATA,
    Column("key", KEY, primary_key=True, autoincrement=True),
    Column("rule", ForeignKey("rule.key"), nullable=False),
    Column("record", BigInteger),
    Column("contact", Text),
    Column("case", BigInteger, nullable=False),
    Column("call", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("version", Text, nullable=False),
    Column("digest", Text),
    Column("scheduled_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("released_at", Instant),
    Column("ordered_at", Instant),
    Column("bin_until", Instant),
    Column("ended_at", Instant),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Instant),
    Column("how", Text),  # erase where nothing stands here, or anonymise
    Column("purposes", TextList),  # only these go; none: everything
    Column("cleared_at", Instant),  # when it was counted under the limits: the room that it takes up
    Column("approval", BigInteger),  # the approval that it waits for, or has
    Column("expires_at", Instant),  # of its order
    Column("orders", Integer),  # how many were written: each has a key of its own
    Column("run", BigInteger),  # that scheduled it; none where a person released what a limit had stopped
    Index("deletions_by_state", "state", "due_at", "key", "rule"),
    Index("deletions_in_state", "state", "key"),
    Index("deletions_of_record", "record"),
    Index("deletions_of_case", "case"),
    Index("deletions_of_approval", "approval", "key"),
    Index("deletions_of_run", "run", "rule"),
    sqlite_autoincrement=True,
)

# An id is kept once its record is gone, until it is erased; by it a report finds what is left.
Index("deletions_of_contact", DELETION.c.contact, **partial(DELETION.c.contact.is_not(None)))

DELETION_MOVE = Table(
    "deletion_move",
    METADATA,
    Column("seq", KEY, primary_key=True, autoincrement=True),
    Column("deletion", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("moved_at", Instant, nullable=False),
    Column("by", Text),  # the person who moved it; nobody where it moved by itself
    Column("said", Text),  # why, in the person's own words
    Index("moves_of_deletion", "deletion"),
    sqlite_autoincrement=True,
)

APPROVAL = Table(
    "approval",
    METADATA,
    Column("key", KEY, primary_key=True, autoincrement=True),
    Column("rule", ForeignKey("rule.key"), nullable=False),
    Column("call", Integer, nullable=False),
    Column("version", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("answer_by", Instant, nullable=False),
    Column("ended_at", Instant),
    Index("approvals_by_state", "state", "answer_by"),
    sqlite_autoincrement=True,
)

APPROVAL_WORD = Table(
    "approval_word",
    METADATA,
    Column("approval", ForeignKey("approval.key"), primary_key=True),
    Column("digest", Text, primary_key=True),  # the exact set that was looked at
    Column("person", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("said_at", Instant, nullable=False),
)

REVIEW = Table(
    "review",
    METADATA,
    Column("key", KEY, primary_key=True, autoincrement=True),
    Column("rule", ForeignKey("rule.key"), nullable=False),
    Column("record", BigInteger),  # nobody once it is gone from here
    Column("case", BigInteger, nullable=False),
    Column("call", Integer, nullable=False),
    Column("deletion", BigInteger),  # the one that waits for the answer, if one does
    Column("version", Text, nullable=False),
    Column("digest", Text),  # the state that the answer is about
    Column("state", Text, nullable=False),  # open, answered, or void: nothing waits for it any more
    Column("answer", Text),
    Column("reason", Text),
    Column("answered_by", Text),
    Column("asked_at", Instant, nullable=False),
    Column("due_at", Instant),
    Column("ended_at", Instant),
    Index("reviews_by_state", "state", "asked_at"),
    Index("reviews_by_due", "state", "due_at", "key"),
    Index("reviews_in_state", "state", "key"),
    Index("reviews_of_record", "record"),
    Index("reviews_of_deletion", "deletion"),
    sqlite_autoincrement=True,
)

HOLD = Table(
    "hold",
    METADATA,
    Column("key", KEY, primary_key=True, autoincrement=True),
    Column("entity", Text, nullable=False),
    Column("record", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("placed_at", Instant, nullable=False),
    Column("lifted_at", Instant),
    Column("owner", Text),  # who answers for it
    Column("review_at", Instant),  # the first instant of the day on which somebody looks whether it is still needed
    Index("holds_of_record", "entity", "record"),
    Index("holds_by_end", "lifted_at", "key"),
    Index("holds_by_review", "lifted_at", "review_at", "key"),
    sqlite_autoincrement=True,
)

RESTRICTION = Table(
    "restriction",
    METADATA,
    Column("key", KEY, primary_key=True, autoincrement=True),
    Column("entity", Text, nullable=False),
    Column("record", BigInteger, nullable=False),
    Column("since", Instant, nullable=False),
    Column("told_at", Instant),  # the first instant of the day on which the person was told that it will be lifted
    Column("told_by", Text),
    Column("lifted_at", Instant),
    Index("restrictions_of_record", "entity", "record"),
    Index("restrictions_by_end", "lifted_at", "key"),
    sqlite_autoincrement=True,
)

PERMISSION = Table(
    "permission",
    METADATA,
    Column("key", KEY, primary_key=True, autoincrement=True),
    Column("entity", Text, nullable=False),
    Column("record", BigInteger, nullable=False),
    Column("use", Text, nullable=False),  # what is allowed although the processing is restricted (Art. 18(2))
    Column("ground", Text, nullable=False),
    Column("said_at", Instant, nullable=False),
    Column("noted_at", Instant, nullable=False),
    Column("noted_by", Text),
    Column("withdrawn_at", Instant),
    Index("permissions_of_record", "entity", "record"),
    sqlite_autoincrement=True,
)

RECYCLE_BIN = Table(
    "recycle_bin",
    METADATA,
    Column("deletion", BigInteger, primary_key=True),
    Column("entity", Text, nullable=False),
    Column("snapshot", Text, nullable=False),
)

RECEIPT = Table(
    "receipt",
    METADATA,
    Column("key", KEY, primary_key=True, autoincrement=True),
    Column("id_hash", Text, nullable=False, index=True),
    Column("rule", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("legal_basis", Text, nullable=False),
    Column("how", Text, nullable=False),
    Column("scheduled_at", Instant, nullable=False),
    Column("ordered_at", Instant, nullable=False),
    Column("erased_at", Instant, nullable=False),
    Column("by", Text, nullable=False),
    Column("purposes", TextList),  # what it was limited to; nothing where everything went
    Column("approved_by", Text),
    Index("receipts_by_end", "erased_at"),
    sqlite_autoincrement=True,
)

ANONYMOUS = Table(
    "anonymous",
    METADATA,
    Column("key", BigInteger, primary_key=True, autoincrement=False),  # by chance: an order would tell who it was
    Column("entity", Text, nullable=False),
    Column("content", Text, nullable=False),
    sqlite_with_rowid=False,
)
