"""The wheel alone: it owns its names, carries rules and configuration, and works away from the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from engine.service.starting import FIRST_STEPS

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return next(folder.glob("*.whl"))


def test_the_wheel_owns_engine_and_actions_and_nothing_else(wheel: Path) -> None:
    """`rules` and `tests` never become importable; rules and configuration travel inside `engine`."""
    names = zipfile.ZipFile(wheel).namelist()

    assert {"engine", "actions"} == {name.split("/")[0] for name in names if ".dist-info" not in name}
    assert "engine/shipped/config.example.yaml" in names
    assert any(name.startswith("engine/shipped/rules/") and name.endswith(".yaml") for name in names)
    assert {path.relative_to(ROOT).as_posix() for path in FIRST_STEPS.rglob("*") if path.is_file()} <= set(names)


def test_the_wheel_works_away_from_the_checkout(wheel: Path, tmp_path: Path) -> None:
    """With only the wheel on the path, `init`, `check` and `test` find what ships."""
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(tmp_path / "site")
    code = "import sys; from engine.service.cli.main import main; sys.argv = ['ansgar', *sys.argv[1:]]; main()"
    for arguments in (["init", "new"], ["check", "--strict", "new/rules"], ["test", "new/rules/learn"]):
        done = subprocess.run(
            [sys.executable, "-P", "-c", code, *arguments],
            cwd=tmp_path, env={"PYTHONPATH": str(tmp_path / "site"), "PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr + done.stdout
