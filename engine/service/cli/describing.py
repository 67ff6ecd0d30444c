"""The command that describes rules in plain sentences, for the person who answers for them and signs."""

from typing import Annotated

import typer

from engine.service.cli.doorway import doorway, rules_named
from engine.service.cli.evaluation import Rules
from engine.service.config_keys import ConfigError
from engine.service.describing import describer_of
from engine.vocabulary.tongue import TONGUES


def describe(
    context: typer.Context,
    rules: Rules = None,
    lang: Annotated[
        str | None,
        typer.Option("--lang", help="The language, en or sv; the first configured one by default.", metavar="LANGUAGE"),
    ] = None,
) -> None:
    """Describe rules in plain sentences, for a person to read and sign."""
    door = doorway(context)
    rulebook, settings = door.rulebook(), door.installation.settings
    language = lang or settings.languages[0]
    if language not in TONGUES:
        spoken = f"rules are described in {' or '.join(TONGUES)}"
        if lang is None:
            raise ConfigError(
                f"the first of the configured languages is `{language}`, and {spoken}: choose with --lang"
            )
        raise ConfigError(f"--lang `{lang}`: {spoken}")
    names = [one for name in rules or () for one in rules_named(rulebook, name)] or sorted(rulebook.rules)
    describer = describer_of(door.installation, rulebook, TONGUES[language])
    found = [describer.describe(rulebook.rules[name]) for name in dict.fromkeys(names)]
    door.printer.document({"language": language, "rules": [one.as_json() for one in found]})
    for number, description in enumerate(found):
        for line in ("", "", *description.as_text()) if number else description.as_text():
            door.printer.line(line)
