"""Configuration: one YAML file, overridden by the environment; every key has a default that works."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from engine.language.audience import CONTACT_OWNER, EMAIL, THE_CONTACT, Audience
from engine.language.rule import LEAST_POPULATION
from engine.language.source import parse, plain_value, read_file
from engine.service import config_values as read
from engine.service.config_keys import ConfigError, Fault, Unfit, by_name, key, optional, read_section, section_of
from engine.service.config_notices import NoticesSection, nobody
from engine.service.config_outside import ChannelSection, CrmSection, ReceiverSection, RecipientSection
from engine.service.config_server import ServerSection
from engine.service.holiday_calendar import NOWHERE, workdays_of
from engine.vocabulary.duration import Duration, read_duration
from engine.vocabulary.problem import Problems
from engine.vocabulary.workdays import Workdays

PREFIX = "ANSGAR_"
DEFAULT_FILE = "config.yaml"


@dataclass(frozen=True, slots=True)
class StoreSection:
    """Where state is kept."""

    url: str = key(read.text, "sqlite:///var/ansgar.db")
    tombstones: str = key(read.text, "sqlite:///var/tombstones.db")
    hash_key: str = key(read.text, "var/ansgar.key")
    chain_key: str = key(read.text, "var/ansgar.chain.key")
    chain_head: str = key(read.text, "var/ansgar.head")

    def __post_init__(self) -> None:
        """Refuse one place for both: who was erased must be known when the store is restored from a backup."""
        if self.tombstones == self.url and not self.is_in_memory:
            raise Unfit(Fault(("tombstones",), "it is where the store is; name another database or file"))
        if len({self.hash_key, self.chain_key, self.chain_head}) < len(("hash_key", "chain_key", "chain_head")):
            raise Unfit(Fault(("chain_key",), "`hash_key`, `chain_key` and `chain_head` are three files; name each"))

    @property
    def is_in_memory(self) -> bool:
        """True for a store that ends with its process, and needs no files."""
        return self.url.endswith(":memory:")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom messages can reach, by name or role."""

    email: str = key(read.text)
    roles: tuple[str, ...] = key(read.texts, ())


@dataclass(frozen=True, slots=True)
class MailSection:
    """Where messages go: an SMTP server, or a folder where none is named. Digests go out at a local time of day."""

    url: str | None = key(optional(read.mail_server), None)
    sender: str = key(read.text, "privacy@localhost", named="from")
    outbox: str = key(read.text, "var/outbox")
    digest_at: str = key(read.time_of_day, "07:00")


@dataclass(frozen=True, slots=True)
class LimitsSection:
    """What stops deletions over all rules, a day."""

    deletions_per_day: int = key(read.whole(0), 500)
    percent_per_day: Decimal = key(read.percentage, Decimal(2))
    deletions_per_run: int | None = key(optional(read.whole(0)), None)
    feed_freshness: str = key(read.duration, "7 days")
    input_drop: Decimal = key(read.percentage, Decimal(20))
    clock_jump: str = key(read.duration, "100 days")

    @property
    def freshness(self) -> Duration:
        """How old the newest item of a collection may be."""
        return read_duration(self.feed_freshness)

    @property
    def jump(self) -> Duration:
        """By how much the clock may be ahead of when it was last looked at."""
        return read_duration(self.clock_jump)

    def is_passed(self, count: int, population: int) -> bool:
        """True when so many deletions in a day are too many; the percentage counts from a population of 50."""
        by_share = population >= LEAST_POPULATION and count * 100 > self.percent_per_day * population
        return by_share or count > self.deletions_per_day

    def is_run_passed(self, count: int) -> bool:
        """True when so many deletions at once are too many."""
        return self.deletions_per_run is not None and count > self.deletions_per_run


@dataclass(frozen=True, slots=True)
class ApprovalsSection:
    """What people must say before a rule acts."""

    four_eyes: bool = key(read.flag, default=False)
    plan_before_live: bool = key(read.flag, default=False)


@dataclass(frozen=True, slots=True)
class EventsSection:
    """What becomes of events of types that are not known."""

    unknown_types: str = key(read.one_of("store", "refuse"), "store")


@dataclass(frozen=True, slots=True)
class RetentionSection:
    """How long the service keeps its own records."""

    runs: str = key(read.duration, "400 days")
    inbox: str = key(read.duration, "30 days")
    messages: str = key(read.duration, "90 days")
    change_log: str = key(read.duration, "90 days")


@dataclass(frozen=True, slots=True)
class RulesSection:
    """Where rules are read from."""

    path: str = key(read.text, "rules")
    reload: bool = key(read.flag, default=True)


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole configuration, checked. `home` is the folder from which relative paths count."""

    time_zone: str = key(read.zone, "Europe/Stockholm")
    holidays: str = key(read.place, NOWHERE)
    languages: tuple[str, ...] = key(read.languages, ("en", "sv"))
    store: StoreSection = key(section_of(StoreSection), StoreSection)
    rules: RulesSection = key(section_of(RulesSection), RulesSection)
    server: ServerSection = key(section_of(ServerSection), ServerSection)
    events: EventsSection = key(section_of(EventsSection), EventsSection)
    people: Mapping[str, Person] = key(by_name(section_of(Person)), dict)
    crm: CrmSection | None = key(optional(section_of(CrmSection)), None)
    webhooks: Mapping[str, ReceiverSection] = key(by_name(section_of(ReceiverSection)), dict)
    recipients: Mapping[str, RecipientSection] = key(by_name(section_of(RecipientSection)), dict)
    channels: Mapping[str, ChannelSection] = key(by_name(section_of(ChannelSection)), dict)
    notices: NoticesSection = key(section_of(NoticesSection), NoticesSection)
    mail: MailSection = key(section_of(MailSection), MailSection)
    limits: LimitsSection = key(section_of(LimitsSection), LimitsSection)
    approvals: ApprovalsSection = key(section_of(ApprovalsSection), ApprovalsSection)
    retention: RetentionSection = key(section_of(RetentionSection), RetentionSection)
    unknown_fields: str = key(read.one_of("reject", "ignore"), "reject")
    model: Mapping[str, Any] = key(by_name(lambda written: written), dict)

    @property
    def audience(self) -> Audience:
        """Who and what rules can name."""
        roles = {role for one in self.people.values() for role in one.roles}
        return Audience(frozenset(self.people), frozenset(roles), frozenset(self.channels), frozenset(self.webhooks))

    @property
    def told(self) -> tuple[str, ...]:
        """Of what the CRM is told: selections, alerts, or neither."""
        return self.crm.tell if self.crm else ()

    @property
    def rotating(self) -> tuple[str, ...]:
        """The keys of the receivers whose secret is being changed."""
        groups = (("webhooks", self.webhooks), ("recipients", self.recipients))
        named = [(f"{group}.{name}", one) for group, found in groups for name, one in found.items()]
        listed = [("crm", self.crm), *named]
        return tuple(name for name, one in listed if one is not None and one.former_secret is not None)

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which days are counted."""
        return ZoneInfo(self.time_zone)

    @property
    def workdays(self) -> Workdays:
        """The days that `working days` count."""
        return workdays_of(self.holidays)

    @classmethod
    def of(cls, written: Mapping[str, object]) -> "Settings":
        """Return the settings that are written; raises Unfit with every fault found."""
        settings = read_section(cls, written)
        taken = settings.channels.keys() & {EMAIL, THE_CONTACT, CONTACT_OWNER, *settings.audience.colleagues}
        if taken:
            why = "the name is taken by a person, a role or a way; choose another"
            raise Unfit(*(Fault(("channels", name), why) for name in sorted(taken)))
        if unknown := nobody(settings.notices.to, settings.audience):
            raise Unfit(*unknown)
        return settings


SETTINGS = tuple(one.name for one in fields(Settings))


def load_settings(file: Path | None, environment: Mapping[str, str] = os.environ) -> tuple[Settings, Path]:
    """Return the settings, and the folder from which their relative paths count.

    Without a file, `config.yaml` in the working directory is read if there is one. Raises ConfigError with every fault.
    """
    chosen = file or (Path(DEFAULT_FILE) if Path(DEFAULT_FILE).is_file() else None)
    written = _read(chosen) if chosen else {}
    merged = _overridden(written, environment)
    try:
        settings = Settings.of(merged)
    except Unfit as error:
        where = f"{chosen}: " if chosen else ""
        raise ConfigError("\n".join(f"{where}{fault}" for fault in error.faults)) from None
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
        is_ours = name.startswith(PREFIX) and (len(path) > 1 or path[0] in SETTINGS)
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
    near = get_close_matches(word, SETTINGS, n=1, cutoff=0.85)
    if name.startswith(PREFIX) and near:
        raise ConfigError(f"{name}: unknown key; did you mean {PREFIX}{near[0].upper()}?")


def _value(name: str, text: str) -> Any:
    if not text.startswith(("[", "{")):
        return {"true": True, "false": False}.get(text, text)
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        raise ConfigError(f"{name}: lists and mappings are written as JSON") from None
