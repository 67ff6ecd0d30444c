"""Pace: a number per minute, hour or day, and nothing else."""

from datetime import timedelta

import pytest

from engine.vocabulary.pace import Pace, PaceError, read_pace


@pytest.mark.parametrize(
    ("text", "pace", "span"),
    [
        ("500 per hour", Pace(500, "hour"), timedelta(hours=1)),
        (" 1 per  minute ", Pace(1, "minute"), timedelta(minutes=1)),
        ("20 per day", Pace(20, "day"), timedelta(days=1)),
    ],
)
def test_a_pace_is_a_number_per_stretch_of_time(text: str, pace: Pace, span: timedelta) -> None:
    """Each unit is elapsed time."""
    assert (pace, span) == (read_pace(text), read_pace(text).span)


@pytest.mark.parametrize(
    "text", ["", "500", "0 per hour", "500/hour", "5 per week", "-1 per hour", "1.5 per hour", "9999999 per day"]
)
def test_what_is_no_pace_is_told_with_an_example(text: str) -> None:
    """None at all is no pace either: who wants nothing sent writes no action."""
    with pytest.raises(PaceError, match="500 per hour"):
        read_pace(text)
