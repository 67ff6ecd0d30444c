"""The order of rules: every rule after those it reads; circles, doubles and references to sleeping rules refused."""

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

from engine.language.rule import Rule
from engine.language.scope import Scope


def in_order(rules: Mapping[str, Rule], scope: Scope) -> dict[str, Rule]:
    """Return the rules so that each follows its sources, with every fault between rules noted in the scope."""
    _check_selections(rules, scope)
    graph = {rule.id: [source for source in sorted(rule.sources) if source in rules] for rule in rules.values()}
    for name, sources in graph.items():
        for source in sources:  # one that is not there has problems of its own, which are reported there
            _check_source(rules[name], rules[source], scope)
    has_circle = False
    while True:
        try:
            order = list(TopologicalSorter(graph).static_order())
        except CycleError as error:
            has_circle, circle = True, error.args[1]
            path = " → ".join(circle)
            scope.report("R112", rules[circle[0]].place, f"rules that wait for each other: {path}", "break the circle")
            graph = {name: sources for name, sources in graph.items() if name not in circle}
            graph = {name: [one for one in sources if one in graph] for name, sources in graph.items()}
        else:
            return {} if has_circle else {rule_id: rules[rule_id] for rule_id in order}


def _check_selections(rules: Mapping[str, Rule], scope: Scope) -> None:
    kept: dict[str, Rule] = {}
    for rule in rules.values():
        names = [call for call in rule.calls if call.verb == "keep_in_selection"]
        if len(names) > 1:
            scope.report("R111", rule.place, f"`{rule.id}` keeps two selections", "one rule keeps one; make two rules")
        if rule.selection is None:
            continue
        first = kept.setdefault(rule.selection, rule)
        if first is not rule:
            hint = f"`{first.id}` keeps it already: {first.place}"
            scope.report("R111", rule.place, f"two rules keep the selection `{rule.selection}`", hint)


def _check_source(rule: Rule, source: Rule, scope: Scope) -> None:
    if source.entity != rule.entity:
        message = f"`{rule.id}` is about a {rule.entity}, and `{source.id}` about a {source.entity}"
        scope.report("R112", rule.place, message, "a rule reads selections of its own entity")
    if rule.stage == "live" and source.stage != "live":
        message = f"`{rule.id}` is live and reads `{source.id}`, which is {source.stage}"
        scope.report("R119", rule.place, message, f"make `{source.id}` live first, or keep `{rule.id}` in watch")
