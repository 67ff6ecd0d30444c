"""The docs show what is really printed: their sessions are typed into an empty folder and compared line by line."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
WRITING = (ROOT / "docs" / "rule-language.md").read_text()


def sessions(page: str) -> list[tuple[str, list[str]]]:
    """Return the commands that a page types (`$ …`), each with the lines that it shows."""
    blocks = re.findall(r"```text\n(\$ .*?)```", page, re.DOTALL)
    parts = [part.splitlines() for block in blocks for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]]
    return [(lines[0], "\n".join(lines[1:]).rstrip().splitlines()) for lines in parts]


def printed(command: str, folder: Path) -> list[str]:
    """Return the lines that a command prints, without blanks at their ends."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ANSGAR_")}
    clean["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{clean['PATH']}"
    done = subprocess.run(["bash", "-c", command], cwd=folder, env=clean, capture_output=True, text=True, check=False)
    return [line.rstrip() for line in (done.stdout + done.stderr).splitlines()]


def test_the_session_of_the_readme_prints_what_it_shows(tmp_path: Path) -> None:
    """Somebody who types it sees it."""
    first, *rest = sessions(README)

    assert printed(first[0], tmp_path) == first[1]
    assert len(rest) == 4
    for command, shown in rest:
        assert (command, printed(command, tmp_path / "my-rules")) == (command, shown)


def test_the_page_on_writing_rules_shows_what_its_first_rule_prints(tmp_path: Path) -> None:
    """A failed test and an explanation look as they are shown."""
    block = re.findall(r"```yaml\n(.*?)```", WRITING, re.DOTALL)[0]
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "rules.yaml").write_text(block)

    assert len(sessions(WRITING)) == 2
    for command, shown in sessions(WRITING):
        assert (command, printed(command, tmp_path)) == (command, shown)


def test_the_rule_of_the_readme_is_the_one_that_init_makes() -> None:
    """What the session speaks of is what stands above it."""
    learn = (ROOT / "engine/service/first_steps/rules/learn/1_first_rule.yaml").read_text()
    shown = re.search(r"    if:\n(.*?)    then:", README, re.DOTALL)
    criteria = re.search(r"    if: .*?\n(.*?)    then:", learn, re.DOTALL)

    assert shown is not None
    assert criteria is not None
    assert [re.sub(r" +#.*", "", line) for line in criteria[1].splitlines() if line] == shown[1].splitlines()
