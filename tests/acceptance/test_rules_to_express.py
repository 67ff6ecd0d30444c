"""The 32 plain-English rules that the language must express, as files that the installed command takes and tests."""

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.acceptance.test_commands import Folder

WRITTEN = Path(__file__).parents[1] / "rules_to_express"
FILES = tuple(f"{number:02}.yaml" for number in range(1, 33))
EXPECTED = r"(?:expect|verdict): (match|no_match|undecided)\b"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Give a working directory without configuration, in which the rules are the 32 files."""
    made = Folder(tmp_path)
    shutil.rmtree(tmp_path / "rules")
    shutil.copytree(WRITTEN, tmp_path / "rules")
    return made


def test_every_sentence_has_its_file() -> None:
    """There are 32 files, and each begins with a comment that quotes its sentence."""
    assert tuple(sorted(path.name for path in WRITTEN.iterdir())) == FILES
    assert all((WRITTEN / name).read_text(encoding="utf-8").startswith('# "') for name in FILES)


def test_every_file_tests_a_match_a_non_match_and_a_missing_value() -> None:
    """Each of the three verdicts is expected somewhere in every file."""
    texts = {name: (WRITTEN / name).read_text(encoding="utf-8") for name in FILES}
    found = {name: set(re.findall(EXPECTED, text)) for name, text in texts.items()}

    assert found == {name: {"match", "no_match", "undecided"} for name in FILES}


def test_the_files_load_together_without_a_warning(folder: Folder) -> None:
    """Ids, selections and messages are unique over all files, and `check --strict` finds nothing to say."""
    done = folder.run("check", "--strict")

    assert (done.returncode, done.stderr) == (0, "")
    assert " 0 errors, 0 warnings in 32 files" in done.stdout


def test_the_files_pass_their_tests(folder: Folder) -> None:
    """Without configuration or store every test of the 32 files passes, and no rule is without one."""
    done = folder.run("--json", "test", "rules", "--coverage")
    found = json.loads(done.stdout)

    assert done.returncode == 0
    assert (found["failed"], found["problems"]) == ([], [])
    assert found["tests"] == found["passed"] >= 3 * len(FILES)
    assert all(rule["tests"] > 0 for rule in found["coverage"]["rules"])
    assert [path.name for path in folder.path.iterdir()] == ["rules"]
