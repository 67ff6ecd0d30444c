"""Reminding: whoever is needed is told what waits for them: open reviews, and holds whose day of review has passed."""

from collections.abc import Iterator
from datetime import timedelta

from actions.request_review import RequestReview
from engine.service.notice_text import Kind
from engine.service.notices import Notice, is_told, post_in
from engine.service.scene import Scene
from engine.store import holds, reviews
from engine.store.database import Connection
from engine.vocabulary.calendar import Moment, start_of_day

DAY = timedelta(days=1)


def remind(scene: Scene, moment: Moment) -> None:
    """Write the notices of what waits: of the reviews of a rule at most once a day, of a hold once."""
    settings = scene.installation.settings
    with scene.store.database.reading() as connection:
        fresh = [one for one in _waiting(scene, connection, moment) if not is_told(connection, settings, one, moment)]
    if fresh:
        with scene.store.database.writing() as connection:
            for one in fresh:
                post_in(scene, connection, one, moment)


def _waiting(scene: Scene, connection: Connection, moment: Moment) -> Iterator[Notice]:
    for one in reviews.waiting(connection):
        rule = scene.rulebook.rules.get(one.rule)
        asked = [call.from_ for call in rule.calls if isinstance(call, RequestReview)] if rule else []
        anew = min(one.newest, moment.now - DAY)
        yield Notice(Kind.REVIEW, one.rule, one.rule, {"count": one.count}, tuple(filter(None, asked)), anew)
    for hold, owner in holds.late(connection, start_of_day(moment.today, moment.zone)):
        yield Notice(Kind.HOLD_REVIEW, str(hold), details={"hold": hold}, to=(owner,) if owner else ())
