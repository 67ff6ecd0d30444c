"""The tutorial is true: its commands, run in its order in a new folder, print what stands on the page."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.acceptance.server import free_port

DOCS = Path(__file__).parents[2] / "docs"
PAGES = (DOCS / "tutorial.md", DOCS / "sv" / "tutorial.md")
PORT = "8484"  # as the page has it; the test takes one that is free
END = "\036"  # what no command prints


@dataclass(frozen=True, slots=True)
class Step:
    """What the page has somebody do: type a command and read what it says, or save a file."""

    does: str
    says: str


def steps(page: Path) -> list[Step]:
    """Return the steps of a page: a file to be saved is a YAML block of which the first line is its name."""
    found = []
    for kind, text in re.findall(r"^```(console|yaml)\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE):
        if kind == "yaml":
            found.append(Step(f"cat >{text.splitlines()[0].removeprefix('# ')} <<'SAVED'\n{text}SAVED", ""))
        else:
            parts = re.split(r"^\$ (.*)\n", text, flags=re.MULTILINE)[1:]
            found += [Step(does, says) for does, says in zip(parts[::2], parts[1::2], strict=True)]
    return found


def commands(page: Path) -> list[str]:
    """Return what the page has somebody type."""
    return [step.does for step in steps(page) if not step.does.startswith("cat >")]


def fits(shown: str, said: str) -> bool:
    """True where what was said is what is shown; `…` stands for anything in its line, or alone for any lines."""
    lines = [re.escape(line.rstrip()).replace("…", ".*") for line in shown.splitlines()]
    pattern = "".join("(?:.*\n)*" if line == ".*" else f"{line}\n" for line in lines)
    return re.fullmatch(pattern, "".join(f"{line.rstrip()}\n" for line in said.splitlines())) is not None


def followed(page: Path, folder: Path) -> list[str]:
    """Do all that a page says in one shell, as a reader does; return what each step said."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ANSGAR_")}
    port = str(free_port())
    environment = clean | {"ANSGAR_SERVER__PORT": port, "COLUMNS": "200"}
    environment["PATH"] = f"{Path(sys.executable).parent}:{clean['PATH']}"
    script = "set -m\n" + "".join(f"{step.does.replace(PORT, port)}\nprintf '{END}'\n" for step in steps(page))
    done = subprocess.run(
        ["bash", "-c", f"exec 2>&1\n{script}"],
        cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip
    return done.stdout.split(END)[:-1]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_each_step_of_the_tutorial_says_what_the_page_shows(page: Path, tmp_path: Path) -> None:
    """Who follows the page from its first line to its last sees what stands there."""
    said = followed(page, tmp_path)

    assert len(said) == len(steps(page)) > 20
    wrong = [
        f"$ {step.does}\nshown:\n{step.says}said:\n{one}"
        for step, one in zip(steps(page), said, strict=True)
        if not fits(step.says, one)
    ]
    assert wrong == [], "\n".join(wrong)


def test_both_languages_have_the_same_commands() -> None:
    """A tutorial in one language does not fall behind the other."""
    assert commands(PAGES[0]) == commands(PAGES[1])
