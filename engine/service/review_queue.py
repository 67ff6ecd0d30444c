"""The queue of reviews: what people are to answer, and what of it nothing waits for any more."""

from datetime import datetime
from typing import Any

from actions.request_review import RequestReview
from engine.language.rule import Rule, Rulebook
from engine.store import reviews
from engine.store.reviews import Review
from engine.store.schema import Store
from engine.vocabulary.calendar import Moment


def end_reviews(store: Store, moment: Moment) -> None:
    """Let reviews be void for which nothing waits any more."""
    with store.database.reading() as connection:
        has_ended = reviews.has_ended(connection)
    if has_ended:
        with store.database.writing() as connection:
            reviews.end(connection, moment.now)


def question_of(rulebook: Rulebook, one: Review) -> RequestReview | None:
    """Return the call of a rule that asks; None where a guard does, or the rule asks no such thing any more."""
    rule: Rule | None = rulebook.rules.get(one.rule)
    if rule is None or one.deletion is not None or one.call >= len(rule.calls):
        return None
    call = rule.calls[one.call]
    return call if isinstance(call, RequestReview) else None


def told(one: Review, rulebook: Rulebook, languages: tuple[str, ...], now: datetime) -> dict[str, Any]:
    """Return a review as lists show it."""
    asked = question_of(rulebook, one)
    return {
        "id": one.key,
        "rule": one.rule,
        "contact": one.contact,
        "deletion": one.deletion,
        "question": asked.question.in_language(*languages) if asked else None,
        "from": asked.from_ if asked else None,
        "state": one.state,
        "asked_at": one.asked_at,
        "due_at": one.due_at,
        "overdue": one.state == reviews.OPEN and one.due_at is not None and one.due_at < now,
        "answer": one.answer,
        "by": one.answered_by,
        "reason": one.reason,
        "ended_at": one.ended_at,
    }


def in_words(review: dict[str, Any]) -> str:
    """Return a review, as lists show it, in one line."""
    asked = review["question"] or f"is deletion {review['deletion']} carried out?"
    answered = f", {review['answer']} by {review['by']}: {review['reason']}" if review["answer"] else ""
    return f"review {review['id']}, {review['state']}: {asked}{answered}"
