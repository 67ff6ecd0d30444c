"""An installation: settings, model, store and rulebook wired together. Every door opens one."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from actions.catalogue import ACTIONS
from engine.language.load import Loaded, Loader
from engine.model.declared import ModelError, with_additions
from engine.model.entity import Model
from engine.model.shipped import SHIPPED_MODEL
from engine.service.config import Settings, load_settings, resolved_url
from engine.service.config_keys import ConfigError
from engine.store.keys import KeyRing, ring_at, ring_in_memory
from engine.vocabulary.calendar import Moment, local_date
from engine.vocabulary.clock import Clock, SystemClock

if TYPE_CHECKING:
    from engine.store.schema import Store
    from engine.store.tombstones import Tombstones


@dataclass(frozen=True, slots=True)
class Installation:
    """What is configured. Opening its store is left to those who need it."""

    settings: Settings
    home: Path
    model: Model
    clock: Clock

    @property
    def rules_folder(self) -> Path:
        """The folder that the service reads rules from."""
        return self.home / self.settings.rules.path

    def loader(self) -> Loader:
        """Return what loads rule text for this installation."""
        zone = self.settings.zone
        today = local_date(self.clock.now(), zone)
        return Loader(self.model, ACTIONS, zone, self.settings.languages, self.settings.audience, today)

    def load_rules(self, folder: Path | None = None) -> Loaded:
        """Return what came of loading the configured rules, or those of another folder."""
        return self.loader().load_paths([folder or self.rules_folder])

    def open_store(self) -> "Store":
        """Return the store, made or migrated."""
        from engine.store import database, schema  # noqa: PLC0415 - rules are read without a store

        opened = database.open_database(resolved_url(self.settings.store.url, self.home))
        return schema.open_store(opened, self.model, self.settings.zone, self.settings.workdays, self.settings.told)

    def open_tombstones(self) -> "Tombstones":
        """Return the list of the erased, which lives in a store of its own."""
        from engine.store import database, tombstones  # noqa: PLC0415 - as above

        url = resolved_url(self.settings.store.tombstones, self.home)
        return tombstones.open_tombstones(database.open_database(url), self.hash_ring())

    def hash_ring(self) -> KeyRing:
        """Return the keys of the hashes that stand for people: in tombstones, receipts and the audit chain."""
        return self._ring(self.settings.store.hash_key)

    def chain_ring(self) -> KeyRing:
        """Return the keys that seal the audit chain."""
        return self._ring(self.settings.store.chain_key)

    def _ring(self, file: str) -> KeyRing:
        return ring_in_memory() if self.settings.store.is_in_memory else ring_at(self.home / file)

    def moment(self, at: datetime | None = None) -> Moment:
        """Return the moment of an evaluation: now, or another instant."""
        return Moment(at or self.clock.now(), self.settings.zone, self.settings.workdays)


def open_installation(config: Path | None, clock: Clock | None = None) -> Installation:
    """Return the installation of a configuration file; raises ConfigError with every fault found."""
    settings, home = load_settings(config)
    try:
        model = with_additions(SHIPPED_MODEL, settings.model)
    except ModelError as error:
        raise ConfigError("\n".join(f"`{path}`: {sentence}" for path, sentence in error.faults)) from None
    return Installation(settings, home, model, clock or SystemClock())
