"""Configuration: one YAML file, overridden by the environment; every key has a default that works."""

import json
import os
from collections.abc import Iterable, Mapping
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from engine.language.audience import CONTACT_OWNER, EMAIL, THE_CONTACT, Audience
from engine.language.rule import LEAST_POPULATION
from engine.language.source import parse, plain_value, read_file
from engine.service.config_values import HolidayPlace, Length, TimeOfDay, WebAddress, ZoneName
from engine.service.holiday_calendar import NOWHERE, workdays_of
from engine.vocabulary.duration import Duration, read_duration
from engine.vocabulary.problem import Problems, nearest_or_all
from engine.vocabulary.workdays import Workdays

PREFIX = "ANSGAR_"
DEFAULT_FILE = "config.yaml"


class ConfigError(Exception):
    """A configuration that cannot be used; the text names each key and what would be right."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StoreSection(_Section):
    """Where state is kept."""

    url: str = "sqlite:///var/ansgar.db"
    tombstones: str = "sqlite:///var/tombstones.db"
    hash_key: str = "var/ansgar.key"

    @model_validator(mode="after")
    def _are_apart(self) -> "StoreSection":
        """Refuse one place for both: who was erased must be known when the store is restored from a backup."""
        if self.tombstones == self.url and not self.url.endswith(":memory:"):
            raise ValueError("`store.tombstones` is where the store is; name another database or file")
        return self


class Person(_Section):
    """Somebody whom messages can reach, by name or role."""

    email: str
    roles: tuple[str, ...] = ()


class Secret(_Section):
    """A secret that stands elsewhere: in the environment, or in a file that only the service can read."""

    env: str | None = None
    file: str | None = None

    def read(self, home: Path, environment: Mapping[str, str] = os.environ) -> str:
        """Return the secret; raises ConfigError where it is not there or open to others."""
        if self.env is not None:
            if not environment.get(self.env):
                raise ConfigError(f"the environment variable {self.env} is empty; it should hold a secret")
            return environment[self.env]
        path = home / (self.file or "")
        if self.file is None or not path.is_file():
            raise ConfigError("a secret is `{env: NAME}` or `{file: PATH}`")
        if path.stat().st_mode & 0o077:
            raise ConfigError(f"{path} can be read by others: run chmod 600 on it")
        return path.read_text().strip()


class ReceiverSection(_Section):
    """Who is called with signed calls: the CRM, or a webhook. `internal` lets a name lead into an inner network."""

    url: WebAddress
    secret: Secret
    internal: bool = False


class ChannelSection(_Section):
    """A chat room or the like: an Apprise address, which is a secret."""

    apprise: Secret


class MailSection(_Section):
    """Where messages go: an SMTP server, or a folder where none is named. Digests go out at a local time of day."""

    url: Annotated[str, Field(pattern=r"^smtp://")] | None = None
    sender: str = Field(default="privacy@localhost", alias="from")
    outbox: str = "var/outbox"
    digest_at: TimeOfDay = "07:00"


class LimitsSection(_Section):
    """What stops deletions over all rules, a day."""

    deletions_per_day: int = Field(default=500, ge=0)
    percent_per_day: Annotated[Decimal, Field(ge=0, le=100)] = Decimal(2)
    feed_freshness: Length = "7 days"

    @property
    def freshness(self) -> Duration:
        """How old the newest item of a collection may be."""
        return read_duration(self.feed_freshness)

    def is_passed(self, count: int, population: int) -> bool:
        """True when so many deletions in a day are too many; the percentage counts from a population of 50."""
        by_share = population >= LEAST_POPULATION and count * 100 > self.percent_per_day * population
        return by_share or count > self.deletions_per_day


class ApprovalsSection(_Section):
    """What people must say before a rule acts."""

    four_eyes: bool = False
    plan_before_live: bool = False


class ServerSection(_Section):
    """Where the API listens."""

    host: str = "127.0.0.1"
    port: int = Field(default=8484, ge=1, le=65_535)


class RetentionSection(_Section):
    """How long the service keeps its own records."""

    runs: Length = "400 days"
    inbox: Length = "30 days"
    messages: Length = "90 days"
    change_log: Length = "90 days"


class RulesSection(_Section):
    """Where rules are read from."""

    path: str = "rules"
    reload: bool = True


class Settings(_Section):
    """The whole configuration, checked. `home` is the folder from which relative paths count."""

    time_zone: ZoneName = "Europe/Stockholm"
    holidays: HolidayPlace = NOWHERE
    languages: tuple[Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z]{2,4})?$")], ...] = Field(
        default=("en", "sv"), min_length=1
    )
    store: StoreSection = StoreSection()
    rules: RulesSection = RulesSection()
    server: ServerSection = ServerSection()
    people: dict[str, Person] = {}
    crm: ReceiverSection | None = None
    webhooks: dict[str, ReceiverSection] = {}
    channels: dict[str, ChannelSection] = {}
    mail: MailSection = MailSection()
    limits: LimitsSection = LimitsSection()
    approvals: ApprovalsSection = ApprovalsSection()
    retention: RetentionSection = RetentionSection()
    unknown_fields: Literal["reject", "ignore"] = "reject"
    model: dict[str, Any] = {}

    @property
    def audience(self) -> Audience:
        """Who and what rules can name."""
        roles = {role for one in self.people.values() for role in one.roles}
        return Audience(frozenset(self.people), frozenset(roles), frozenset(self.channels), frozenset(self.webhooks))

    @model_validator(mode="after")
    def _is_told_apart(self) -> "Settings":
        """Refuse a channel that has the name of something else that a message can go to."""
        for name in self.channels:
            if name in {EMAIL, THE_CONTACT, CONTACT_OWNER, *self.audience.colleagues}:
                raise ValueError(f"`channels.{name}`: the name is taken by a person, a role or a way; choose another")
        return self

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which days are counted."""
        return ZoneInfo(self.time_zone)

    @property
    def workdays(self) -> Workdays:
        """The days that `working days` count."""
        return workdays_of(self.holidays)


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
            _refuse_near_miss(name, path[0])
            continue
        target = merged
        for step in path[:-1]:
            inner = target.setdefault(step, {})
            target = inner if isinstance(inner, dict) else target.setdefault(step, {})
        target[path[-1]] = _value(name, text)
    return merged


def _refuse_near_miss(name: str, word: str) -> None:
    near = get_close_matches(word, Settings.model_fields, n=1, cutoff=0.85)
    if name.startswith(PREFIX) and near:
        raise ConfigError(f"{name}: unknown key; did you mean {PREFIX}{near[0].upper()}?")


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
        return f"{place}unknown key `{path}`; {nearest_or_all(str(fault['loc'][-1]), _known(fault['loc'][:-1]))}"
    return f"{place}`{path}`: {fault['msg'].removeprefix('Value error, ')}"


def _known(steps: Iterable[str]) -> Iterable[str]:
    """Return the keys of the section at a path."""
    section: Any = Settings
    for step in steps:
        is_by_name = get_origin(section) is dict
        section = get_args(section)[1] if is_by_name else section.model_fields[step].annotation
        if get_origin(section) is not dict:  # a section, or one that need not be there
            section = next((one for one in get_args(section) if hasattr(one, "model_fields")), section)
    known: Iterable[str] = section.model_fields
    return known
