"""Foretold: the names that rule texts give, known before any rule is read, because rules can read each other."""

from collections.abc import Iterable, Iterator

from engine.language.parameters import RuleText
from engine.language.rule import KEEPS_SELECTION, RAISES_ALERT
from engine.language.source import Mapping, Node, Scalar, Sequence


def selections_in(texts: Iterable[RuleText]) -> Iterator[tuple[str, str]]:
    """Give (selection, rule) for each rule text that keeps a selection, before rules are read."""
    for rule_id, verb, settings in _calls(texts):
        name = settings.get("name") if isinstance(settings, Mapping) else settings
        if verb == KEEPS_SELECTION and isinstance(name, Scalar):
            yield name.text, rule_id


def alerts_in(texts: Iterable[RuleText]) -> Iterator[str]:
    """Give the rules whose texts raise an alert."""
    for rule_id, verb, _ in _calls(texts):
        if verb == RAISES_ALERT:
            yield rule_id


def _calls(texts: Iterable[RuleText]) -> Iterator[tuple[str, str, Node]]:
    """Give (rule, verb, settings) of every action under `then`, as far as they can be told from the text alone."""
    for text in texts:
        then = text.node.get("then") if isinstance(text.node, Mapping) else None
        for call in then.items if isinstance(then, Sequence) else (then,):
            if isinstance(call, Mapping) and text.id:
                yield from ((text.id, verb.text, settings) for verb, settings in call.entries)


def inputs_in(texts: Iterable[RuleText]) -> Iterator[str]:
    """Give the names of all inputs that rules need, which messages can name."""
    for text in texts:
        needs = text.node.get("needs") if isinstance(text.node, Mapping) else None
        yield from (key.text for key, _ in needs.entries) if isinstance(needs, Mapping) else ()
