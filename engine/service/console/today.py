"""Today: at a glance whether the rules are well, what happened, what is late, and what waits for a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from fastapi import Request, Response

from engine.service.console.charts import Mark, Plot, Tick, timeline
from engine.service.console.health import RuleHealth, health_of_rules
from engine.service.console.pages import pages
from engine.service.console.rendering import Voice, shown, to, voice_of
from engine.service.console.sessions import Seen
from engine.service.http.access import Serving
from engine.service.scene import Scene
from engine.store import days, levels, overview
from engine.store.days import Day
from engine.store.levels import Levels
from engine.store.overview import Overview, RunMark
from engine.vocabulary.calendar import local_date

ROUTES = pages()
A_DAY, TICK_HOURS = timedelta(hours=24), 3
TERMINAL = frozenset({"erased", "cancelled", "restored", "kept"})
NEED_SOMEBODY = frozenset({"held", "refused", "failed"})


@dataclass(frozen=True, slots=True)
class Today:
    """What the page shows."""

    rules: Sequence[RuleHealth]
    moved: dict[str, Day]
    overview: Overview
    levels: Levels
    marks: Sequence[RunMark]

    @property
    def entered(self) -> int:
        """How many cases opened today."""
        return sum(one.entered for one in self.moved.values())

    @property
    def left(self) -> int:
        """How many cases closed today."""
        return sum(one.left for one in self.moved.values())

    @property
    def health(self) -> dict[str, int]:
        """How many rules there are of each health."""
        words = [one.health for one in self.rules]
        return {word: words.count(word) for word in dict.fromkeys(words)}


@ROUTES.get("")
def today(request: Request, serving: Serving, _visitor: Seen) -> Response:
    """Show the page."""
    voice = voice_of(request, serving)
    found = read(serving.scene, voice.now)
    waiting = {state: count for state, count in found.levels.deletions.items() if count and state not in TERMINAL}
    return shown(
        request,
        "today.html",
        today=found,
        plot=_plot(found.marks, voice),
        deletions=waiting,
        need_somebody=NEED_SOMEBODY,
    )


def read(scene: Scene, now: datetime) -> Today:
    """Return what there is to show at an instant."""
    since, day = now - A_DAY, local_date(now, scene.installation.settings.zone)
    with scene.store.database.reading() as connection:
        return Today(
            health_of_rules(scene, connection, now),
            days.on(connection, day),
            overview.read(connection, since),
            levels.read(connection),
            overview.marks(connection, since),
        )


def _plot(marks: Sequence[RunMark], voice: Voice) -> Plot:
    lanes = list(dict.fromkeys(one.trigger for one in sorted(marks, key=lambda one: one.trigger)))
    named = {lane: voice.word("trigger", lane) for lane in lanes}
    drawn = [_mark(one, named[one.trigger], voice) for one in reversed(marks)]
    return timeline(drawn, list(named.values()), (voice.now - A_DAY, voice.now), _hours(voice))


def _mark(one: RunMark, lane: str, voice: Voice) -> Mark:
    moved = voice.say(en=f"{one.entered} entered, {one.left} left", sv=f"{one.entered} nya, {one.left} lämnade")
    says = f"{voice.stamp(one.started_at)} · {moved} · {voice.lasted(one.seconds)}"
    colour = "bad" if one.failed else "one" if one.entered or one.left else "five"
    return Mark(one.started_at, lane, colour, says, to("runs", one.run))


def _hours(voice: Voice) -> list[Tick]:
    zone: ZoneInfo = voice.teller.zone
    first = (voice.now - A_DAY).astimezone(zone).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    hours = [first + timedelta(hours=number) for number in range(24)]
    return [Tick((at - (voice.now - A_DAY)) / A_DAY, at.strftime("%H")) for at in hours if at.hour % TICK_HOURS == 0]
