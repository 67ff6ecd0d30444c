"""The README shows what is really printed: its session is run in an empty folder and compared line by line."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def session() -> list[tuple[str, list[str]]]:
    """Return the commands of the README's session, each with the lines that it shows."""
    block = re.findall(r"```text\n(.*?)```", README, re.DOTALL)[0]
    parts = [part.splitlines() for part in block.split("$ ")[1:]]
    return [(lines[0], [line.rstrip() for line in lines[1:]]) for lines in parts]


def test_the_session_of_the_readme_prints_what_it_shows(tmp_path: Path) -> None:
    """Somebody who types it sees it."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ANSGAR_")}
    clean["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{clean['PATH']}"
    for command, shown in session():
        folder = tmp_path / "my-rules" if (tmp_path / "my-rules").exists() else tmp_path
        done = subprocess.run(
            ["bash", "-c", command], cwd=folder, env=clean, capture_output=True, text=True, check=False
        )
        printed = [line.rstrip() for line in (done.stdout + done.stderr).splitlines()]
        while shown and not shown[-1]:
            shown.pop()
        assert (command, shown) == (command, printed)


def test_the_rule_of_the_readme_is_the_one_that_init_makes() -> None:
    """What the session speaks of is what stands above it."""
    learn = (ROOT / "engine/service/first_steps/rules/learn/1_first_rule.yaml").read_text()
    shown = re.search(r"    if:\n(.*?)    then:", README, re.DOTALL)
    criteria = re.search(r"    if: .*?\n(.*?)    then:", learn, re.DOTALL)
    assert shown is not None
    assert criteria is not None
    assert [re.sub(r" +#.*", "", line) for line in criteria[1].splitlines() if line] == shown[1].splitlines()
