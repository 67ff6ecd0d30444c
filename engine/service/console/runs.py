"""Runs: all of them as a list that can be narrowed, one as a whole with its books, and one as to a single rule."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response

from engine.language.rule import Rule
from engine.service.activation import in_effect
from engine.service.console import words
from engine.service.console.books import COLUMNS, Books, books
from engine.service.console.doubtful import doubtful
from engine.service.console.funnels import drawn
from engine.service.console.pages import pages
from engine.service.console.rendering import shown, to
from engine.service.console.sessions import Seen, tongue_of
from engine.service.http.access import Serving
from engine.service.http.paging import AfterKey, Key
from engine.service.http.problems import HttpProblem
from engine.service.http.said import is_text
from engine.service.scene import Scene
from engine.store import funnel, ledger, registry, run_pages
from engine.store.database import Connection
from engine.store.run_pages import DID, Filter, RunOfRule
from engine.vocabulary.calendar import start_of_day

ROUTES = pages()
LIMIT, FEW = 50, 20
FIRST_DAY = date(1900, 1, 1)
Word = Annotated[str, Query(max_length=200)]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks of the list."""

    trigger: Word = ""
    mode: Word = ""
    rule: Word = ""
    did: Word = ""
    day: Word = ""

    @property
    def said(self) -> dict[str, str]:
        """What of it is not empty."""
        return {name: value for name in self.__slots__ if (value := getattr(self, name))}

    def filter(self, scene: Scene) -> Filter:
        """Return it as the store reads it; raises HttpProblem where a word is none."""
        for word, known in ((self.trigger, words.TRIGGERS), (self.mode, words.MODES), (self.did, DID)):
            if word and word not in known:
                raise HttpProblem(422, "refused", f"runs are narrowed by {', '.join(known)}, or not at all")
        if not is_text(self.rule):
            raise HttpProblem(422, "refused", "the id of a rule was expected")
        span = None
        if self.day:
            day, zone = _day(self.day), scene.installation.settings.zone
            span = start_of_day(day, zone), start_of_day(day + timedelta(days=1), zone)
        return Filter(self.trigger, self.mode, self.rule, self.did, span)


@dataclass(frozen=True, slots=True)
class Behind:
    """Behind which entry each list of a page begins."""

    after: AfterKey = 0
    left_after: AfterKey = 0
    unknown_after: AfterKey = 0


@ROUTES.get("/runs")
def listed(
    request: Request, serving: Serving, _visitor: Seen, asked: Annotated[Asked, Depends()], after: AfterKey = 0
) -> Response:
    """Show the newest runs."""
    wanted = asked.filter(serving.scene)
    with serving.store.database.reading() as connection:
        found = run_pages.page(connection, wanted, LIMIT + 1, after or None)
        rules = sorted(registry.registered(connection))
    address = to("runs") + (f"?{urlencode(asked.said)}" if asked.said else "")
    return shown(
        request,
        "runs.html",
        runs=found[:LIMIT],
        next=str(found[LIMIT - 1].run) if len(found) > LIMIT else "",
        is_first=not after,
        asked=asked,
        address=address,
        rules=rules,
        triggers=list(words.TRIGGERS),
        modes=list(words.MODES),
    )


@ROUTES.get("/runs/{run}")
def one(request: Request, run: Key, serving: Serving, _visitor: Seen) -> Response:
    """Show a run: what it found rule by rule, and its books."""
    with serving.store.database.reading() as connection:
        found = run_pages.shown(connection, run)
        if found is None:
            raise _unknown(run)
        rules = _same_now(serving.scene, connection, found.rules)
        its_books = _books(connection, run, rules)
    balance = {one.rule: its_books.of(one.rule) for one in found.rules} if its_books else {}
    return shown(
        request, "run.html", it=found, run=run, books=its_books, balance=balance, columns=COLUMNS, titles=rules
    )


@ROUTES.get("/runs/{run}/rules/{rule:id}")
def of_rule(
    request: Request, run: Key, rule: str, serving: Serving, _visitor: Seen, at: Annotated[Behind, Depends()]
) -> Response:
    """Show what a run found for one rule: its books, its funnel, who entered and left, and who is undecided."""
    scene, moment, tongue = serving.scene, serving.installation.moment(), tongue_of(request, serving)
    with serving.store.database.reading() as connection:
        found = run_pages.of_rule(connection, run, rule)
        if found is None:
            raise _unknown(run)
        head, its = found
        rule_now, same = scene.rulebook.rules.get(rule), _same_now(scene, connection, (its,)).get(rule)
        counted = funnel.of_run(connection, run, rule, its.version)
        view: dict[str, Any] = {
            "books": _books(connection, run, {rule: same} if same else {}, rule),
            "doubtful": (
                doubtful(scene, connection, rule_now, (at.unknown_after, FEW + 1), moment, tongue) if rule_now else []
            ),
            "entered": _moved(serving.scene, connection, (run, rule), entered=True, after=at.after),
            "left": _moved(serving.scene, connection, (run, rule), entered=False, after=at.left_after),
        }
    return shown(
        request,
        "run_rule.html",
        head=head,
        it=its,
        run=run,
        rule_now=rule_now,
        is_same=same is not None,
        counted=counted,
        bars=drawn(scene, rule_now, counted, tongue),
        columns=COLUMNS,
        few=FEW,
        here=to("runs", run, "rules", rule),
        at=at,
        **view,
    )


def _moved(
    scene: Scene, connection: Connection, of: tuple[int, str], *, entered: bool, after: int
) -> list[run_pages.Moved]:
    return run_pages.moved(connection, scene.store.tables, of, entered=entered, after=after, limit=FEW + 1)


def _same_now(scene: Scene, connection: Connection, found: tuple[RunOfRule, ...]) -> dict[str, tuple[Rule, RunOfRule]]:
    """Return of the rules of a run those that are in force in the same version, each with what was found for it."""
    known = registry.registered(connection, {one.rule for one in found})
    rules: Mapping[str, Rule] = in_effect(scene.installation, scene.rulebook, known).rules
    return {
        one.rule: (rules[one.rule], one)
        for one in found
        if one.rule in rules and rules[one.rule].version == one.version
    }


def _books(
    connection: Connection, run: int, rules: Mapping[str, tuple[Rule, RunOfRule]], rule: str | None = None
) -> Books | None:
    """Return the books of a run, or of one rule in it; None where they were not kept yet."""
    if not ledger.has_books(connection, run):
        return None
    return books(ledger.entries(connection, run, rule), ledger.outcomes(connection, run, rule), rules.values())


def _day(written: str) -> date:
    try:
        found = date.fromisoformat(written)
    except ValueError:
        raise HttpProblem(422, "refused", "write a day as 2026-03-01") from None
    if not FIRST_DAY <= found < date.max:
        raise HttpProblem(422, "refused", "this is no day on which anything ran")
    return found


def _unknown(run: int) -> HttpProblem:
    return HttpProblem(404, "unknown", f"there is no run {run}, or not any more, or it did not look at this rule")
