"""Rules of the bench: ten that look at much, and a rulebook of a hundred for those who edit one."""

from pathlib import Path

from actions.catalogue import ACTIONS
from engine.language.load import Loader
from engine.language.rule import Rulebook
from engine.model.shipped import SHIPPED_MODEL
from engine.service.config import Settings

CRITERIA = (
    "[{field: category, one_of: [Customer]}, {count: sales, where: {status: sold}, in_last: 1 year, equals: 0}]",
    "[{last: sales, where: {status: sold}, older_than: 2 years}]",
    "[{sum: sales.amount, where: {status: sold}, in_last: 2 years, more_than: 50000}]",
    "[{field: created_on, older_than: 3 years}, {field: category, is: Prospect}]",
    "[{consent: marketing, is: given}, {field: country, none_of: [SE, NO]}]",
    "[{legal_basis: any, is: none}, {field: created_on, older_than: 30 days}]",
    "[{latest_of: [created_on, {last: sales}], older_than: 18 months}]",
    "{any: [{field: restrict_processing, is: true}, {field: objects_to_marketing, is: true}]}",
    "[{field: birth_date, anniversary_in_next: 7 days}]",
    "[{count: sales, where: {status: lost}, in_last: 90 days, at_least: 2}, {selection: rule-3, is_member: false}]",
)
FILES = 10
ALERT = (
    'raise_alert: {severity: warning, message: {en: "Look at {{ contact.name }}", sv: "Titta på {{ contact.name }}"}}'
)
NOW = "2026-03-01T08:00:00+01:00"
NOT_SPELT = ("category", "categry")


def ten() -> Rulebook:
    """Return the ten rules."""
    rules = [
        f"- {{rule: rule-{number}, stage: live, if: {criteria}, then: [{{keep_in_selection: rule-{number}}}]}}"
        for number, criteria in enumerate(CRITERIA)
    ]
    loaded = Loader(SHIPPED_MODEL, ACTIONS, Settings().zone).load_texts({"bench.yaml": "rules:\n" + "\n".join(rules)})
    if loaded.rulebook is None:
        raise SystemExit("\n".join(problem.render() for problem in loaded.problems))
    return loaded.rulebook


def write_hundred(folder: Path, *, wrong: bool) -> None:
    """Write a hundred rules, each with a test, into files of a folder; one word of the last may be misspelt."""
    folder.mkdir()
    for file in range(FILES):
        rules, tests = [], []
        for number, criteria in enumerate(CRITERIA):
            name = f"rule-{file}-{number}"
            asked = criteria.replace("rule-3", f"rule-{file}-3")
            if wrong and (file, number) == (FILES - 1, 3):
                asked = asked.replace(*NOT_SPELT)
            rules.append(f"""
  - rule: {name}
    title: {{en: The rule {name}, sv: Regeln {name}}}
    owner: admin
    stage: live
    if: {asked}
    then:
      - {ALERT}
      - keep_in_selection: {name}""")
            tests.append(f"""
  - {{test: of {name}, rule: {name}, now: {NOW}, given: {{}}, steps: [{{expect: {{selections: []}}}}]}}""")
        text = "rules:" + "".join(rules) + "\n\ntests:" + "".join(tests) + "\n"
        (folder / f"rules-{file}.yaml").write_text(text, encoding="utf-8")
