"""The page itself: the sections of the reference in their order."""

from collections.abc import Callable, Iterator

from engine.language.codes import CODES
from engine.service.reference import criteria, rules
from engine.service.reference.markdown import table
from engine.service.reference.model import model
from engine.service.reference.rule_tests import rule_tests

HEAD = """\
# Reference of the rule language

Made from the lists in code by `make reference`; what you write here is lost. Task by task, with examples:
[rule-language.md](rule-language.md).

A rule file holds `rules`, `conditions` (criteria by name), `messages` (`subject` and `body` by name) and `tests`, each
optional.
"""


def page() -> str:
    """Return docs/reference.md."""
    parts = [HEAD]
    for title, section in SECTIONS.items():
        parts.append(f"\n## {title}\n\n" + "".join(f"{line}\n" for line in section()))
    return "".join(parts)


def problem_codes() -> Iterator[str]:
    """Give the section on codes of problems, each with its entry in the page of errors."""
    yield "R: an error, nothing loads; R131 alone only warns. W: a warning, which `--strict` makes an error."
    yield ""
    links = ((f"[{code}](errors.md#{code.lower()})", says) for code, says in sorted(CODES.items()))
    yield from table(("code", "says"), links)


SECTIONS: dict[str, Callable[[], Iterator[str]]] = {
    "Keys of a rule": rules.keys,
    "When we look: `check`": rules.check,
    "What must be true: `if`": criteria.groups,
    "Subjects": criteria.subjects,
    "Tests": criteria.tests,
    "Durations": criteria.durations,
    "Actions": rules.actions,
    "What keeps a deletion from happening": rules.guards,
    "Texts": rules.texts,
    "The model": model,
    "Tests of rules": rule_tests,
    "Codes of problems": problem_codes,
}
