"""Configuration: one YAML file, overridden by the environment; every key has a default that works."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from engine.language.source import parse, plain_value, read_file
from engine.vocabulary.problem import Problems, nearest_or_all

PREFIX = "ANSGAR_"
DEFAULT_FILE = "config.yaml"


class ConfigError(Exception):
    """A configuration that cannot be used; the text names each key and what would be right."""


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("no such time zone; write for example Europe/Stockholm") from None
    return name


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StoreSection(_Section):
    """Where state is kept."""

    url: str = "sqlite:///var/ansgar.db"


class RulesSection(_Section):
    """Where rules are read from."""

    path: str = "rules"


class Settings(_Section):
    """The whole configuration, checked. `home` is the folder from which relative paths count."""

    time_zone: Annotated[str, AfterValidator(_zone)] = "Europe/Stockholm"
    languages: tuple[Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z]{2,4})?$")], ...] = Field(
        default=("en", "sv"), min_length=1
    )
    store: StoreSection = StoreSection()
    rules: RulesSection = RulesSection()
    unknown_fields: Literal["reject", "ignore"] = "reject"
    model: dict[str, Any] = {}

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which days are counted."""
        return ZoneInfo(self.time_zone)


def load_settings(file: Path | None, environment: Mapping[str, str] = os.environ) -> tuple[Settings, Path]:
    """Return the settings, and the folder from which their relative paths count.

    Without a file, `config.yaml` in the working directory is read if there is one. Raises ConfigError with every fault.
    """
    chosen = file or (Path(DEFAULT_FILE) if Path(DEFAULT_FILE).is_file() else None)
    written = _read(chosen) if chosen else {}
    merged = _overridden(written, environment)
    try:
        settings = Settings.model_validate(merged)
    except ValidationError as error:
        raise ConfigError("\n".join(_sentence(fault, chosen) for fault in error.errors())) from None
    return settings, (chosen.parent if chosen else Path())


def resolved_url(url: str, home: Path) -> str:
    """Return a SQLite URL whose relative file counts from a folder; other URLs as they are."""
    prefix = "sqlite:///"
    if not url.startswith(prefix) or url == f"{prefix}:memory:":
        return url
    file = Path(url.removeprefix(prefix))
    return url if file.is_absolute() else prefix + str(home / file)


def _read(file: Path) -> dict[str, Any]:
    try:
        parsed = parse(read_file(file, str(file)), str(file))
    except Problems as found:
        raise ConfigError(str(found)) from None
    if parsed.problems:
        raise ConfigError("\n".join(problem.render() for problem in parsed.problems))
    if len(parsed.documents) > 1:
        raise ConfigError(f"{file}: a configuration is one YAML document")
    content = plain_value(parsed.documents[0]) if parsed.documents else {}
    if not isinstance(content, dict):
        raise ConfigError(f"{file}: a configuration is a mapping of keys")
    return content


def _overridden(written: dict[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the written settings with those of the environment in their place: ANSGAR_<SECTION>__<KEY>."""
    merged: dict[str, Any] = json.loads(json.dumps(written, default=str))
    for name, text in sorted(environment.items()):
        path = name.removeprefix(PREFIX).lower().split("__")
        is_ours = name.startswith(PREFIX) and (len(path) > 1 or path[0] in Settings.model_fields)
        if not is_ours:
            continue
        target = merged
        for step in path[:-1]:
            inner = target.setdefault(step, {})
            target = inner if isinstance(inner, dict) else target.setdefault(step, {})
        target[path[-1]] = _value(name, text)
    return merged


def _value(name: str, text: str) -> Any:
    if not text.startswith(("[", "{")):
        return {"true": True, "false": False}.get(text, text)
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        raise ConfigError(f"{name}: lists and mappings are written as JSON") from None


def _sentence(fault: Any, file: Path | None) -> str:
    path = ".".join(str(step) for step in fault["loc"])
    place = f"{file}: " if file else ""
    if fault["type"] == "extra_forbidden":
        section: Any = Settings
        for step in fault["loc"][:-1]:
            section = getattr(section.model_fields.get(step), "annotation", Settings)
        known = getattr(section, "model_fields", Settings.model_fields)
        return f"{place}unknown key `{path}`; {nearest_or_all(str(fault['loc'][-1]), known)}"
    return f"{place}`{path}`: {fault['msg'].removeprefix('Value error, ')}"
