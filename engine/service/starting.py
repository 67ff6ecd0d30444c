"""Starting: a folder that works at once and teaches: configuration, rules with comments and tests, example contacts."""

import json
import shutil
from pathlib import Path

from actions.catalogue import ACTIONS
from engine.language.schema import schema_of
from engine.model.entity import Model
from engine.model.shipped import SHIPPED_MODEL
from engine.service.shipped import shipped

SCHEMA_FILE = ".ansgar.schema.json"
RULES, CONFIG = "rules", "config.yaml"
FIRST_STEPS = Path(__file__).parent / "first_steps"
GIT_IGNORES = ("gitignore", ".gitignore")  # as it lies here, where it must ignore nothing, and as it is written


def holds_installation(folder: Path) -> bool:
    """True where an installation is already, which is never written over."""
    return (folder / CONFIG).exists() or (folder / RULES).exists()


def start(folder: Path) -> list[Path]:
    """Make an installation in a folder and return its new files; what is there besides is left as it is."""
    wanted = {folder / CONFIG: shipped("config.example.yaml")}
    for source in (shipped(RULES), FIRST_STEPS / RULES):
        wanted |= {folder / RULES / path.relative_to(source): path for path in _files(source)}
    wanted |= {
        folder / _name(path.relative_to(FIRST_STEPS)): path
        for path in _files(FIRST_STEPS)
        if FIRST_STEPS / RULES not in path.parents
    }
    made = [path for path in sorted(wanted) if not path.exists()]
    for path in made:
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(wanted[path], path)
        if folder / RULES in path.parents:
            _point_to_schema(path, folder)
    schema = folder / SCHEMA_FILE
    schema.write_text(schema_text(SHIPPED_MODEL), encoding="utf-8")
    return [*made, schema]


def schema_text(model: Model) -> str:
    """Return the schema of rule files as it is written to a file."""
    return json.dumps(schema_of(model, ACTIONS), indent=1, ensure_ascii=False)


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def _name(path: Path) -> Path:
    as_it_lies, as_written = GIT_IGNORES
    return path.with_name(as_written) if path.name == as_it_lies else path


def _point_to_schema(path: Path, folder: Path) -> None:
    """Let every editor that knows the YAML language server complete and underline a rule file."""
    way = "../" * (len(path.relative_to(folder).parts) - 1)
    text = path.read_text(encoding="utf-8")
    path.write_text(f"# yaml-language-server: $schema={way}{SCHEMA_FILE}\n{text}", encoding="utf-8")
