"""The bench: import and runs of some sizes, whole commands, and what else one could pick, printed as one table."""

import argparse
import json
import sys
import tempfile
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from typing import Any

from bench import report, sidecar
from bench.commands import timed
from bench.place import SQLITE
from bench.twenty_thousand import measured
from bench.wide import Wide
from engine.store.unavailable import StoreUnavailable

RESULT = Path("var/bench.json")
SMALL_ROUNDS = 5
SIDECAR_SECONDS = 15  # of each load


def main() -> None:
    """Run the bench and print its table."""
    options = _options()
    try:
        _measure(options)
    except StoreUnavailable as error:
        raise SystemExit(f"{error}; --store takes the URL of an empty store") from None


def _measure(options: argparse.Namespace) -> None:
    """Measure what is asked for; what is there is written at once, so that a bench that ends early tells it."""
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        if not options.wide_only and not options.sidecar_only:
            figures = measured(folder, SMALL_ROUNDS) | timed(folder, SMALL_ROUNDS)
            _print((name, f"{value:>12}", "") for name, value in figures.items())
            _keep(figures, options.out)
        if not options.small_only and not options.wide_only:
            figures["sidecar"] = sidecar.measured(folder / "sidecar", options.contacts, SIDECAR_SECONDS)
            _keep(figures, options.out)
            _print(report.sidecar_lines(figures["sidecar"]))
        if options.sidecar_only:
            return
        if not options.small_only:
            (folder / "wide").mkdir()
            figures["wide"] = {}
            for subject, found in _wide(options, folder / "wide").measured():
                figures["wide"][subject] = found
                _keep(figures, options.out)
            _print(report.lines(figures["wide"]))
    if "wide" in figures:
        _draw(figures["wide"], options.out.parent / "performance")


def _keep(figures: dict[str, Any], file: Path) -> None:
    file.parent.mkdir(exist_ok=True, parents=True)
    file.write_text(json.dumps(figures, indent=1, ensure_ascii=False), encoding="utf-8")


def _draw(found: dict[str, Any], folder: Path) -> None:
    """Draw charts beside the result, where there is what draws them."""
    if find_spec("matplotlib") is None:
        sys.stdout.write("no charts: pip install 'ansgar[bench]'\n")
        return
    files = import_module("bench.charts").draw([found], folder)  # only with the extra
    sys.stdout.write(f"charts: {', '.join(map(str, files))}\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--contacts", type=int, default=100_000, help="of the wide bench")
    parser.add_argument("--also", type=int, action="append", help="another size, for growth; a fifth by default")
    parser.add_argument("--store", default=SQLITE, help="URL of empty stores; {folder} and {contacts} are filled in")
    parser.add_argument("--folder", type=Path, help="where stores are made for the time of the bench")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sample", type=int, default=2_000, help="contacts that others are fed with one by one")
    parser.add_argument("--changes", type=int, default=100, help="single changes, for the latency")
    parser.add_argument("--unchecked", action="store_true", help="no full run after each scenario; for millions")
    parser.add_argument("--out", type=Path, default=RESULT)
    parser.add_argument("--wide-only", action="store_true")
    parser.add_argument("--small-only", action="store_true")
    parser.add_argument("--sidecar-only", action="store_true")
    return parser.parse_args()


def _wide(options: argparse.Namespace, folder: Path) -> Wide:
    began = perf_counter()

    def tell(what: str) -> None:
        sys.stderr.write(f"{perf_counter() - began:6.0f} s  {what}\n")

    wanted = options.also or [max(1, options.contacts // 5)]
    also = tuple(size for size in dict.fromkeys(wanted) if size != options.contacts)
    sizes = (options.contacts, also, options.store, folder)
    return Wide(*sizes, options.rounds, options.sample, options.changes, not options.unchecked, tell)


def _print(lines: Any) -> None:
    for what, figures, goal in lines:
        sys.stdout.write(f"{what:44} {figures:38} {'goal ' + goal if goal else ''}".rstrip() + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
