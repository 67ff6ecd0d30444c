"""The folder that `ansgar init` makes: it works at once, teaches one thing a file, and leaves alone what is there."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from actions.catalogue import ACTIONS
from engine.language.load import Loader
from engine.language.source import parse, plain_value
from engine.model.shipped import SHIPPED_MODEL
from engine.service.starting import FIRST_STEPS, SCHEMA_FILE
from tests.rulebooks import STOCKHOLM

ANSGAR = Path(sys.executable).with_name("ansgar")
LEARN = sorted((FIRST_STEPS / "rules" / "learn").glob("*.yaml"))
# The commands of the folder's README, in its order, but for the one that serves until stopped.
FIRST = ("check --strict", "test", "plan", "run")
THEN = ("import contacts.ndjson", "check --strict", "plan --show-ids", "run", "explain big-customer-silent 1")


def ansgar(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a folder."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ANSGAR_")}
    return subprocess.run([ANSGAR, *arguments], cwd=folder, env=clean, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder that `init` has made."""
    place = tmp_path_factory.mktemp("place")
    done = ansgar(place, "init", "new")
    assert (done.returncode, done.stderr) == (0, "")
    return place / "new"


def test_every_command_works_at_once_and_without_a_warning(made: Path) -> None:
    """With an empty store, and again with the example contacts, nothing is found wrong and nothing is said aside."""
    for command in (*FIRST, *THEN):
        done = ansgar(made, *command.split())
        assert (command, done.returncode, done.stderr) == (command, 0, "")
        assert "warning" not in done.stdout.replace("0 warnings", "")


def test_the_readme_of_the_folder_names_commands_and_files_that_are_there(made: Path) -> None:
    """Whoever follows it is not led astray."""
    text = (made / "README.md").read_text()
    commands = [line.split("#")[0].split() for line in text.splitlines() if line.startswith("ansgar ")]

    assert {" ".join(words[1:]) for words in commands} <= {*FIRST, *THEN, "check", "serve"}
    assert (made / "rules" / "learn" / "1_first_rule.yaml").exists()
    assert all((made / name).exists() for name in ("config.yaml", "contacts.ndjson", SCHEMA_FILE, ".gitignore"))


def test_editors_find_the_schema_from_every_rule_file_and_underline_nothing(made: Path) -> None:
    """Each file names it in its first line, VS Code by its settings, and nothing that ships is underlined."""
    schema = Draft7Validator(json.loads((made / SCHEMA_FILE).read_text()))
    settings = json.loads((made / ".vscode" / "settings.json").read_text())
    files = sorted((made / "rules").rglob("*.yaml"))

    assert list(settings["yaml.schemas"]) == [f"./{SCHEMA_FILE}"]
    for path in files:
        first = path.read_text().splitlines()[0]
        assert first.startswith("# yaml-language-server: $schema=")
        assert (path.parent / first.split("=")[1]).resolve() == (made / SCHEMA_FILE).resolve()
        for node in parse(path.read_text(), path.name).documents:
            assert [error.message for error in schema.iter_errors(plain_value(node))] == []


def test_what_is_there_is_left_alone(tmp_path: Path) -> None:
    """A README of one's own stays; a folder that holds an installation is refused."""
    (tmp_path / "README.md").write_text("mine")

    assert ansgar(tmp_path, "init", ".").returncode == 0
    assert (tmp_path / "README.md").read_text() == "mine"
    assert ansgar(tmp_path, "init", ".").returncode == 2


@pytest.mark.parametrize("path", LEARN, ids=lambda path: path.stem)
def test_every_example_says_first_what_it_shows_and_has_tests_and_no_effect(path: Path) -> None:
    """Whoever reads one file of `learn` understands that file, and nothing happens because it is there."""
    loaded = Loader(SHIPPED_MODEL, ACTIONS, STOCKHOLM).load_texts({path.name: path.read_text()}, with_tests=True)

    assert path.read_text().startswith("# ")
    assert loaded.rulebook is not None
    assert {rule.stage for rule in loaded.rulebook.rules.values()} == {"watch"}
    assert loaded.tests
