"""Charts of the bench, from its JSON: what runs cost, how that grows, and what else one could pick beside it."""

import argparse
import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter, NullLocator

from bench.spread import shown

INK, FAINT, GRID = "#1f2933", "#52606d", "#d9dee4"
OURS, OTHERS, PALE, LIMIT = "#1f6f8b", "#93a1af", "#dfe4e9", "#d98c2b"
SHADES = ("#8cc0d0", "#1f6f8b", "#0b3b4d")  # of sizes, the smallest first
MICRO = 1_000_000
STORES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
SETTINGS: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "ansgar",  # so that the same figures make the same file
    "font.family": "sans-serif",
    "font.size": 10,
    "text.color": INK,
    "axes.labelcolor": FAINT,
    "axes.edgecolor": GRID,
    "xtick.color": FAINT,
    "ytick.color": INK,
}
Found = dict[str, Any]


def draw(found: Sequence[Found], folder: Path, suffix: str = "svg") -> list[Path]:
    """Draw the charts of the wide bench at one or more sizes into a folder; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    by_size = sorted(found, key=lambda one: int(one["machine"]["contacts"]))
    charts: dict[str, Callable[[Axes], None]] = {
        "runs": lambda axes: _runs(axes, by_size),
        "growth": lambda axes: _growth(axes, by_size),
        "rivals": lambda axes: _rivals(axes, by_size[0]),
    }
    files = []
    with mpl.rc_context(SETTINGS):
        for name, chart in charts.items():
            figure = Figure(figsize=(8.2, 4.4), facecolor="white", layout="constrained")
            axes = figure.add_subplot()
            chart(axes)
            files.append(folder / f"{name}.{suffix}")
            figure.savefig(files[-1], dpi=110, metadata={"Date": None} if suffix == "svg" else None)
    return files


def _runs(axes: Axes, by_size: Sequence[Found]) -> None:
    """Bars of the full run and of each scenario, one for each size."""
    names = ["full run", *(one["name"] for one in by_size[0]["scenarios"])]
    height = 0.8 / len(by_size)
    for nth, found in enumerate(by_size):
        spreads = [_of(found["full run seconds"]), *(_least_most(one["seconds"]) for one in found["scenarios"])]
        rows = [row + (nth - (len(by_size) - 1) / 2) * height for row in range(len(names))]
        look = {"height": height * 0.92, "label": f"{found['machine']['contacts']:,} contacts"}
        _bars(axes, rows, spreads, color=_shade(nth, len(by_size)), **look)
        ratios = [one["full over delta"]["median"] for one in found["scenarios"]]
        said = [
            shown(spreads[0][0]),
            *(f"{shown(one[0])}  (÷ {shown(by)})" for one, by in zip(spreads[1:], ratios, strict=True)),
        ]
        _label(axes, rows, spreads, said)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    store = STORES[by_size[0]["machine"]["store"]]
    label = "seconds, logarithmic; ÷ says how many times less than a full run"
    _finish(axes, f"What a run of thirty rules costs in {store}", label)
    axes.set_title(axes.get_title(loc="left"), loc="left", fontweight="bold", pad=26)
    axes.legend(frameon=False, loc="lower left", bbox_to_anchor=(-0.01, 0.98), ncols=len(by_size), borderpad=0.2)


def _growth(axes: Axes, by_size: Sequence[Found]) -> None:
    """Lines of the same changes, and of full runs, over the number of contacts."""
    found = {one["contacts"]: one for results in by_size for one in results["growth"]}
    sizes = sorted(found)
    for key, label, color in (("full seconds", "full run", LIMIT), ("seconds", "1,000 changes, an hour passed", OURS)):
        spreads = [_of(found[size][key]) for size in sizes]
        middles = [one[0] for one in spreads]
        whisker: dict[str, Any] = {"capsize": 3, "elinewidth": 1, "marker": "o", "linewidth": 2}
        axes.errorbar(sizes, middles, yerr=_around(spreads), color=color, label=label, **whisker)
        for size, middle in zip(sizes, middles, strict=True):
            place: dict[str, Any] = {"xytext": (7, -15), "textcoords": "offset points", "color": color}
            axes.annotate(f"{shown(middle)} s", (size, middle), **place)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: shown(value)))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.margins(x=0.14, y=0.16)
    axes.grid(color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title("How a run grows with the number of contacts", loc="left", fontweight="bold")
    axes.set_xlabel("contacts, logarithmic")
    axes.set_ylabel("seconds, logarithmic")
    axes.legend(frameon=False, loc="upper left")


def _rivals(axes: Axes, found: Found) -> None:
    """Bars of the time that one contact takes, with all rules; behind them what reckoning the facts adds."""
    each = MICRO / found["machine"]["contacts"]
    ours = "Ansgar, full run from its store\n(verdicts, cases, selections)"
    bars: list[tuple[str, str, tuple[float, float, float], float]] = [
        (ours, OURS, _scaled(found["full run seconds"], each), 0)
    ]
    if "seconds" in found["duckdb"]:
        name = f"{found['duckdb']['name']}, native tables\n(verdicts alone)"
        bars.append((name, LIMIT, _scaled(found["duckdb"]["seconds"], each), 0))
    measured = (one for one in found["rivals"] if "µs per contact" in one)
    bars += [(_named(one), OTHERS, _of(one["µs per contact"]), one["facts µs per contact"]) for one in measured]
    bars.sort(key=lambda bar: bar[2][0])
    rows = range(len(bars))
    axes.barh(
        rows, [spread[0] + more for _, _, spread, more in bars], height=0.66, color=PALE, label="facts reckoned, too"
    )
    for row, (_, color, spread, _) in enumerate(bars):
        _bars(axes, [row], [spread], color=color, height=0.66)
        _label(axes, [row], [spread], [shown(spread[0])])
    axes.set_yticks(rows, [name for name, _, _, _ in bars])
    axes.invert_yaxis()
    _finish(axes, "Thirty rules, side by side", "microseconds per contact, logarithmic; whiskers: least and greatest")
    axes.legend(frameon=False, loc="upper right")


def _named(one: Found) -> str:
    trouble = one.get("trouble", "").partition(":")[0]
    return f"{one['name']}\n({trouble})" if trouble else str(one["name"])


def _bars(axes: Axes, rows: Sequence[float], spreads: Sequence[tuple[float, float, float]], **look: Any) -> None:
    whisker = {"ecolor": INK, "elinewidth": 1, "capsize": 2}
    axes.barh(rows, [one[0] for one in spreads], xerr=_around(spreads), error_kw=whisker, **look)


def _label(
    axes: Axes, rows: Sequence[float], spreads: Sequence[tuple[float, float, float]], said: Sequence[str]
) -> None:
    place: dict[str, Any] = {"xytext": (5, 0), "textcoords": "offset points", "va": "center", "fontsize": 9}
    for row, (_, _, most), text in zip(rows, spreads, said, strict=True):
        axes.annotate(text, (most, row), **place)


def _finish(axes: Axes, title: str, label: str) -> None:
    axes.set_xscale("log")
    least, most = axes.get_xlim()
    axes.set_xlim(10 ** math.floor(math.log10(least)), most * 3)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: shown(value)))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.grid(axis="x", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.set_title(title, loc="left", fontweight="bold")
    axes.set_xlabel(label)


def _around(spreads: Sequence[tuple[float, float, float]]) -> tuple[list[float], list[float]]:
    """Return the whiskers: how far the least and the greatest are from the middle."""
    return [one[0] - one[1] for one in spreads], [one[2] - one[0] for one in spreads]


def _shade(nth: int, count: int) -> str:
    return SHADES[min(nth + (count == 1), len(SHADES) - 1)]


def _of(one: Found) -> tuple[float, float, float]:
    return one["median"], one["least"], one["greatest"]


def _scaled(one: Found, by: float) -> tuple[float, float, float]:
    middle, least, most = _of(one)
    return middle * by, least * by, most * by


def _least_most(seconds: Sequence[float]) -> tuple[float, float, float]:
    ordered = sorted(seconds)
    return ordered[len(ordered) // 2], ordered[0], ordered[-1]


def main() -> None:
    """Draw the charts of results."""
    parser = argparse.ArgumentParser(prog="python -m bench.charts", description=__doc__)
    parser.add_argument("results", nargs="+", type=Path, help="what `python -m bench --out` wrote, one for each size")
    parser.add_argument("--to", type=Path, default=Path("docs/performance"))
    parser.add_argument("--png", action="store_true", help="pictures instead of SVG")
    options = parser.parse_args()
    found = [json.loads(file.read_text(encoding="utf-8"))["wide"] for file in options.results]
    draw(found, options.to, "png" if options.png else "svg")


if __name__ == "__main__":
    main()
