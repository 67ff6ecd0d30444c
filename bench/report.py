"""The report: every figure in one table, with its goal where the issues set one."""

from collections.abc import Iterator
from typing import Any

from bench.spread import shown, spread

Line = tuple[str, str, str]  # what, its figures, its goal


def lines(found: dict[str, Any]) -> Iterator[Line]:
    """Give the lines of the wide bench."""
    machine, load = found["machine"], found["load"]
    yield "wide: contacts, rules", f"{machine['contacts']:,}, {machine['rules']} in {machine['store']}", ""
    imported = load["how"] == "by intake"
    busy = f"{shown(machine['load average'])}, at the end {shown(found['load average, at the end'])}"
    yield f"load average of {machine['cores']} cores", busy, ""
    yield f"filled {load['how']}, items/s", f"{load['items/s']:,}", "30,000" if imported else ""
    yield "first run, s", f"{shown(found['first run seconds'])}", ""
    yield "full run, s", _spread(found["full run seconds"]), ""
    yield from _of_scenarios(found["scenarios"])
    for one in found["growth"]:
        yield f"1,000 changes at {one['contacts']:,}, s", _spread(one["seconds"]), ""
    yield from _of_growth(found["growth"])
    for one in found["latency"]:
        name = f"one change, {one['rules']} rules, {one['reading']} read it"
        yield f"{name}, ms", f"p50 {shown(one['p50 ms'])}, p99 {shown(one['p99 ms'])}", "p99 10"
        yield f"{name}, many/s", f"{one['changes/s in batches']:,}", "3,000"
    for one in found["answers"]:
        yield f"{one['name']}, ms", f"p50 {shown(one['p50 ms'])}, p99 {shown(one['p99 ms'])} ({one['how']})", ""
    memory = found["memory"]
    peaks = ", ".join(f"{name.removesuffix(' MiB')} {memory[name]}" for name in memory)
    yield "peak memory of runs, MiB", peaks, "300"
    for one in found["rivals"]:
        yield from _of_rival(one)
    yield from _of_duckdb(found["duckdb"])


def _of_scenarios(scenarios: list[dict[str, Any]]) -> Iterator[Line]:
    for one in scenarios:
        yield f"{one['name']}, s", _spread(spread(one["seconds"]).as_json()), ""
        goal = one["goal"]
        yield "    full run ÷ this", _ratio(one["full over delta"]), shown(goal) if goal else ""
        if one["moved by a full run after it"]:
            yield "    WRONG: a full run after it moved", str(one["moved by a full run after it"]), "0"


def _of_growth(growth: list[dict[str, Any]]) -> Iterator[Line]:
    small, large = growth[0], growth[-1]
    if small is not large:
        grown = large["seconds"]["median"] / small["seconds"]["median"]
        yield f"    {large['contacts'] // small['contacts']} times the contacts", f"{shown(grown)} times the time", "2"


GOALS = {"zen-engine": "10", "rule-engine": "50", "json-logic": "50"}


def _of_rival(one: dict[str, Any]) -> Iterator[Line]:
    name = one["name"]
    trouble = one.get("trouble", "")
    if "over a full run" not in one:
        yield name, trouble, ""
        return
    yield f"{name}, µs per contact", f"{_spread(one['µs per contact'])} {trouble}".strip(), ""
    yield "    ÷ full run", _ratio(one["over a full run"]), GOALS.get(name.partition(" ")[0], "")
    yield "    with facts reckoned, ÷ full run", _ratio(one["with facts, over a full run"]), ""
    yield from _of_verdicts(one)


def _of_duckdb(one: dict[str, Any]) -> Iterator[Line]:
    if "seconds" not in one:
        yield one["name"], one["trouble"], ""
        return
    yield f"{one['name']}, all contacts, s", _spread(one["seconds"]), ""
    yield "    full run ÷ this", _ratio(one["a full run over it"]), ""
    yield "    full run ÷ this on one core", _ratio(one["a full run over it on one core"]), ""
    yield from _of_verdicts(one)


def _of_verdicts(one: dict[str, Any]) -> Iterator[Line]:
    if "verdicts that differ" in one:
        yield "    verdicts that differ", str(sum(one["verdicts that differ"].values())), "0"


def _spread(one: dict[str, float]) -> str:
    return f"{shown(one['median'])} ({shown(one['least'])} to {shown(one['greatest'])})"


def _ratio(one: dict[str, float]) -> str:
    return f"{_spread(one)}, of the best {shown(one['best'])}"


OF_SIDECAR = {
    "status": "p99 10",
    "status while an import runs": "p99 30",
    "decisions of 10,000": "200",
    "events": "",
}


def sidecar_lines(found: dict[str, Any]) -> Iterator[Line]:
    """Give the lines of the sidecar: milliseconds of answers under load, and events a second."""
    yield "sidecar: contacts, rules", f"{found['contacts']:,}, 50", ""
    for name, goal in OF_SIDECAR.items():
        one = found[name]
        failed = f", {one['failed']} FAILED" if one["failed"] else ""
        yield f"{name}, ms", f"p50 {shown(one['p50 ms'])}, p99 {shown(one['p99 ms'])}{failed}", goal
    for name, page in found["pages"].items():
        yield (
            f"console, {name}, ms",
            f"p50 {shown(page['p50 ms'])}, max {shown(page['max ms'])}" if "p50 ms" in page else f"{page['status']}",
            "150",
        )
    yield "events in batches of 100, /s", f"{found['events']['events/s']:,}", "2,000"
    yield "import beside it, items/s", f"{found['status while an import runs']['import items/s']:,}", ""
