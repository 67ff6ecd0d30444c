"""Routes about reviews (Art. 22)."""

from typing import Any

from engine.service import reviewing
from engine.service.http.access import READ, Caller, OperatorBody, Serving
from engine.service.http.described.reviews import ANSWERED, REVIEWS, SHOWN
from engine.service.http.described.shapes import told
from engine.service.http.paging import AfterKey, Key, Limit, page
from engine.service.http.said import texts_of
from engine.service.http.served import routes
from engine.service.reviewing import Answer

ROUTES = routes("/v1/reviews")


@ROUTES.get("", dependencies=READ, **told(REVIEWS))
def list_reviews(serving: Serving, *, every: bool = False, after: AfterKey = 0, limit: Limit = 1_000) -> dict[str, Any]:
    """List the reviews that wait for an answer; with `every` also those that have ended."""
    where = (serving.installation, serving.store, serving.scene.rulebook)
    found, goes_on = page(reviewing.listed(*where, with_ended=every, after=after, limit=limit + 1), after, limit)
    return {"reviews": found, "next": goes_on}


@ROUTES.get("/{review}", dependencies=READ, **told(SHOWN))
def show_review(review: Key, serving: Serving, lang: str = "") -> dict[str, Any]:
    """Show what a person needs to answer a review, the rule in words in the language `lang`."""
    installation = serving.installation
    language = lang or installation.settings.languages[0]
    return reviewing.shown(serving.scene, review, installation.moment(), language).as_json()


@ROUTES.post("/{review}/answer", **told(ANSWERED))
def answer_review(review: Key, raw: OperatorBody, serving: Serving, caller: Caller) -> dict[str, Any]:
    """Answer a review in the name that the token was made for: `answer` is `carry_out` or `keep`, with a `reason`."""
    said = Answer(**texts_of(raw, required=("answer", "reason")), by=caller)
    reviewing.answer(serving.scene, review, said, serving.installation.moment())
    serving.wake()
    return {"review": review, "answer": said.answer}
