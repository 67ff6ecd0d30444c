"""Charts: from values to the geometry of a drawing, which a template draws as SVG, with the numbers beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate

WIDTH, HEIGHT = 640, 180  # of a drawing, in its own units; a page scales it
WIDE = 1_000
LEFT, RIGHT, TOP, BOTTOM = 44, 8, 8, 22
LANE, NAMES = 26, 100  # the height of a lane, and the room for its name
STEPS = (1, 2, 5, 10)
MOST_TICKS = 4
COLOURS = ("one", "two", "three", "four", "five")


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A bar or a part of one, with what it stands for."""

    x: float
    y: float
    width: float
    height: float
    colour: str
    says: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Plot:
    """A drawing: ticks of both axes, a line with the area below it, and rectangles."""

    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    line: str = ""
    area: str = ""
    rectangles: tuple[Rectangle, ...] = ()
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def left(self) -> int:
        """Where its axes meet, from the left."""
        return LEFT

    @property
    def floor(self) -> int:
        """Where its axes meet, from the top."""
        return self.height - BOTTOM


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at an instant, in a lane, with where its page is."""

    at: datetime
    lane: str
    colour: str
    says: str
    address: str


def trend(values: Sequence[tuple[str, int]], *, every: int = 15) -> Plot:
    """Return a line over days, given by name and value in their order; the name of one in `every` is told."""
    most = _round_up(max((value for _, value in values), default=0))
    step = _inner() / max(1, len(values) - 1)
    points = [(LEFT + number * step, _level(value, most)) for number, (_, value) in enumerate(values)]
    line = " ".join(f"{'L' if number else 'M'}{x:.1f} {y:.1f}" for number, (x, y) in enumerate(points))
    floor = HEIGHT - BOTTOM
    area = f"{line} L{points[-1][0]:.1f} {floor} L{points[0][0]:.1f} {floor} Z" if points else ""
    names = [Tick(points[number][0], name) for number, (name, _) in enumerate(values) if number % every == 0]
    return Plot(tuple(names), _ups(most), line, area)


def bars(columns: Sequence[tuple[str, Mapping[str, int]]], *, every: int = 15) -> Plot:
    """Return bars over days, stacked by kind; kinds have colours in the order in which the first column names them."""
    most = _round_up(max((sum(parts.values()) for _, parts in columns), default=0))
    step = _inner() / max(1, len(columns))
    drawn, names = [], []
    for number, (name, parts) in enumerate(columns):
        x, tops = LEFT + number * step, list(accumulate(parts.values()))
        for (kind, value), top, colour in zip(parts.items(), tops, COLOURS, strict=False):
            if value:
                y = _level(top, most)
                height = _level(top - value, most) - y
                drawn.append(Rectangle(x + step * 0.1, y, step * 0.8, height, colour, f"{name}: {kind} {value:,}"))
        if number % every == 0:
            names.append(Tick(x + step / 2, name))
    return Plot(tuple(names), _ups(most), rectangles=tuple(drawn))


def timeline(
    marks: Sequence[Mark], lanes: Sequence[str], span: tuple[datetime, datetime], hours: Sequence[Tick]
) -> Plot:
    """Return marks over time, a lane each kind; `hours` are ticks whose `at` is from 0 to 1."""
    since, until = span
    length, height = (until - since).total_seconds(), TOP + LANE * len(lanes) + BOTTOM
    inner = WIDE - NAMES - RIGHT
    drawn = tuple(
        Rectangle(
            NAMES + inner * min(1.0, max(0.0, (one.at - since).total_seconds() / length)) - 2,
            TOP + LANE * lanes.index(one.lane) + 4,
            4,
            LANE - 8,
            one.colour,
            one.says,
            one.address,
        )
        for one in marks
    )
    across = tuple(Tick(NAMES + inner * one.at, one.label) for one in hours)
    up = tuple(Tick(TOP + LANE * (number + 0.5), lane) for number, lane in enumerate(lanes))
    return Plot(across, up, rectangles=drawn, width=WIDE, height=int(height))


def _inner() -> float:
    return WIDTH - LEFT - RIGHT


def _level(value: float, most: int) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / most)


def _ups(most: int) -> tuple[Tick, ...]:
    step = max(1, most // MOST_TICKS)
    return tuple(Tick(_level(value, most), f"{value:,}") for value in range(0, most + 1, step))


def _round_up(value: int) -> int:
    """Return a round number that is not below a value, and can be divided by the number of ticks."""
    size = 1
    while True:
        for step in STEPS:
            if step * size * MOST_TICKS >= value:
                return step * size * MOST_TICKS
        size *= 10
