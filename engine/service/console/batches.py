"""A batch: the exact set that waits for an approval, real cases of it, who has said what, and what people decide."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import Request, Response

from engine.language.approval import Approval
from engine.service import deciding
from engine.service.approving import Word, check_person
from engine.service.console.pages import moved, pages
from engine.service.console.rendering import shown, to
from engine.service.console.said import keys_of, reason_of
from engine.service.console.seen_sets import SEEN, Difference
from engine.service.console.sessions import Approving, ByWhom, Operating, Seen, Visitor
from engine.service.deciding import Desk
from engine.service.guarding import deletion_call
from engine.service.http.access import Serving
from engine.service.http.paging import AfterKey, Key
from engine.service.http.problems import HttpProblem
from engine.service.naming import SET_CHANGED, Declined
from engine.service.reviewing import describer_of
from engine.service.sampling import Sampled, sample
from engine.service.serving import Service
from engine.store import approvals, batches, deletion_queue, levels
from engine.store.batches import Batch, Exactly, Said
from engine.store.database import Connection
from engine.store.deletions import Deletion

ROUTES = pages()
PAGE, MOST_LEFT = 100, 20
CONFLICT = 409


@dataclass(frozen=True, slots=True)
class Sight:
    """What the page shows of a batch: `declined` says why the visitor's own word would not count."""

    batch: Batch
    exactly: Exactly
    wanted: Approval | None
    said: Sequence[Said]
    page: Sequence[Deletion]
    sample: Sequence[Sampled]
    left: Sequence[Deletion]
    declined: str

    @property
    def count(self) -> int:
        """How many wait."""
        return len(self.exactly.states)

    @property
    def counting(self) -> list[str]:
        """Who has said yes to exactly this set."""
        return [one.person for one in self.said if one.digest == self.exactly.digest]

    @property
    def missing(self) -> int:
        """How many more words are needed."""
        return max(0, self.wanted.people - len(self.counting)) if self.wanted is not None else 0

    @property
    def next(self) -> int | None:
        """Behind which deletion the next page begins."""
        return self.page[PAGE - 1].key if len(self.page) > PAGE else None


@dataclass(frozen=True, slots=True)
class Late:
    """A decision that came too late: about which set, why, and what has changed; None where that is not known."""

    reason: str
    difference: Difference | None


@ROUTES.get("/deletions/batches/{batch}")
def batch(request: Request, serving: Serving, visitor: Seen, batch: Key, after: AfterKey = 0) -> Response:
    """Show the page."""
    return _page(request, serving, visitor, batch, after)


@ROUTES.post("/deletions/batches/{batch}/approve")
def approve(request: Request, serving: Serving, form: Approving, visitor: ByWhom, batch: Key) -> Response:
    """Say yes to exactly the set that was looked at."""
    word = Word(visitor.holder.name, reason_of(form), form.text("digest"))
    if not word.digest:
        raise HttpProblem(422, "refused", "an approval names the digest of the set that was looked at")
    try:
        missing = _approved(serving, batch, word)
    except Declined as declined:
        if declined.code != SET_CHANGED:
            raise
        return _page(request, serving, visitor, batch, 0, (word.digest, word.reason))
    serving.wake()
    return moved(to("deletions", "batches", batch), "word_said" if missing else "batch_approved")


@ROUTES.post("/deletions/batches/{batch}/keep")
def keep(request: Request, serving: Serving, form: Operating, visitor: ByWhom, batch: Key) -> Response:
    """Keep those of a batch that were chosen, or all of the set that was looked at."""
    reason, name, now = reason_of(form), visitor.holder.name, serving.installation.clock.now()
    digest = form.text("all")
    wanted = set() if digest else set(keys_of(form, "deletion"))
    with serving.store.database.writing() as connection:
        chosen = _all(connection, serving, batch)
        waiting = {one.key for one in chosen}
        is_same = not digest or approvals.digest_of((one.key, one.digest) for one in chosen) == digest
        if is_same and wanted <= waiting:
            for one in chosen:
                if digest or one.key in wanted:
                    deciding.keep(serving.installation, connection, one, now, name, reason)
            return moved(to("deletions", "batches", batch), "batch_kept")
    return _page(request, serving, visitor, batch, 0, (digest or form.text("digest"), reason))


def _approved(serving: Service, key: int, word: Word) -> int:
    """Take a word about a batch; return how many more are needed. Raises Declined."""
    with serving.store.database.writing() as connection:
        chosen = _all(connection, serving, key)
        if not chosen:
            raise Declined(SET_CHANGED, f"nothing waits in batch {key} any more")
        desk = Desk(serving.installation, connection, serving.store.tables, serving.scene.rulebook)
        return deciding.approve(desk, chosen, word, serving.installation.moment())


def _all(connection: Connection, serving: Service, key: int) -> list[Deletion]:
    request = approvals.requested(connection, key)
    wanted = request.deletions if request is not None else ()
    return list(deletion_queue.named(connection, serving.store.tables, wanted).values())


def _page(
    request: Request, serving: Service, visitor: Visitor, key: int, after: int, late: tuple[str, str] | None = None
) -> Response:
    """Return the page, after a decision (digest, reason) that came too late with what has changed."""
    with serving.store.database.reading() as connection:
        sight = _sight(connection, serving, visitor, key, after)
    difference = SEEN.difference(late[0], sight.exactly) if late is not None else None
    SEEN.note(sight.exactly)
    return shown(
        request,
        "batch.html",
        200 if late is None else CONFLICT,
        sight=sight,
        batch=sight.batch,
        rule=serving.scene.rulebook.rules.get(sight.batch.rule),
        late=Late(late[1], difference) if late is not None else None,
        is_first=not after,
        page=sight.page[:PAGE],
    )


def _sight(connection: Connection, serving: Service, visitor: Visitor, key: int, after: int) -> Sight:
    tables, one = serving.store.tables, batches.read(connection, key, levels.MOST)
    if one is None:
        raise HttpProblem(404, "unknown", f"there is no batch {key}")
    describer = describer_of(serving.installation, serving.scene.rulebook, visitor.tongue.language)
    exactly = batches.exactly(connection, one)
    page = batches.page(connection, tables, one, PAGE + 1, after)
    wanted = _wanted(serving, page)
    return Sight(
        one,
        exactly,
        wanted,
        batches.words(connection, one),
        page,
        sample(serving.scene, connection, one, exactly, serving.installation.moment(), describer),
        batches.left(connection, tables, one, MOST_LEFT + 1),
        _declined(connection, serving, one.rule, wanted, visitor.holder.name) if wanted is not None else "",
    )


def _wanted(serving: Service, page: Sequence[Deletion]) -> Approval | None:
    """Return the approval that the rule asks for as it is now; None where nothing waits, or it asks for none."""
    rule = serving.scene.rulebook.rules.get(page[0].rule) if page else None
    return deletion_call(rule, page[0]).approval if rule is not None and rule.deletes else None


def _declined(connection: Connection, serving: Service, rule: str, wanted: Approval, name: str) -> str:
    try:
        check_person(serving.installation, connection, rule, wanted, name)
    except Declined as declined:
        return str(declined)
    return ""
