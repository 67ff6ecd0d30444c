"""Whole commands, as somebody waits for them who edits rules in a terminal: from Enter to the prompt."""

import os
import statistics
import subprocess
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

from bench.rules import write_hundred

CALL = "import sys; from engine.service.cli.main import main; main()"
LONGEST = 2_000  # characters of what went wrong


def timed(folder: Path, rounds: int) -> dict[str, Any]:
    """Return the seconds until an error shows, until all is well, and of a hundred tests, over a hundred rules."""
    write_hundred(folder / "wrong", wrong=True)
    write_hundred(folder / "right", wrong=False)
    return {
        "error in 100 rules s, median": _median(folder, ("check", "wrong"), rounds, ends=1),
        "check 100 rules s, median": _median(folder, ("check", "right"), rounds),
        "100 rule tests s, median": _median(folder, ("test", "right"), rounds),
    }


def _median(folder: Path, arguments: tuple[str, ...], rounds: int, ends: int = 0) -> float:
    """Return the median; the first call, which compiles, does not count."""
    return round(statistics.median([_seconds(folder, arguments, ends) for _ in range(rounds + 1)][1:]), 3)


def _seconds(folder: Path, arguments: tuple[str, ...], ends: int) -> float:
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    call = (sys.executable, "-c", CALL, *arguments)
    began = perf_counter()
    done = subprocess.run(call, cwd=folder, env=clean, capture_output=True, check=False)
    taken = perf_counter() - began
    if done.returncode != ends:
        raise SystemExit((done.stdout + done.stderr).decode()[:LONGEST])
    return taken
