"""Spreads: the median, least and greatest of what was measured, and of ratios between two such."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Spread:
    """A median, with the least and the greatest; `best` of a ratio is that of the best of each."""

    median: float
    least: float
    greatest: float
    best: float

    def as_json(self) -> dict[str, float]:
        """Return them to four digits."""
        return {name: round_to(value) for name, value in asdict(self).items()}


def spread(samples: Sequence[float]) -> Spread:
    """Return the spread of samples."""
    return Spread(statistics.median(samples), min(samples), max(samples), min(samples))


def ratio(slow: Sequence[float], fast: Sequence[float]) -> Spread:
    """Return how many times slower the one is; the least and the greatest ratio that the samples allow."""
    one, other = spread(slow), spread(fast)
    return Spread(
        one.median / other.median, one.least / other.greatest, one.greatest / other.least, one.least / other.least
    )


def percentile(samples: Sequence[float], percent: int) -> float:
    """Return the least sample that so many percent of them do not exceed."""
    return sorted(samples)[max(0, math.ceil(len(samples) * percent / 100) - 1)]


def round_to(value: float, digits: int = 4) -> float:
    """Return a number with so many digits that count."""
    return value if value == 0 else round(value, digits - 1 - math.floor(math.log10(abs(value))))


def shown(value: float) -> str:
    """Return a number as people read it: three digits that count, and no power of ten."""
    rounded = round_to(value, 3)
    return f"{rounded:,.0f}" if abs(rounded) >= 100 else f"{rounded:.10f}".rstrip("0").rstrip(".")
