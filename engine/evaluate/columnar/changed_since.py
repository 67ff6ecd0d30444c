"""Changed since: the records of which a rule's stored verdict may be newer, or older, than its last evaluation.

They were written to in what the rule reads: the next run looks at them, or their change was judged when it happened.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from engine.evaluate.columnar.frames import Frames
from engine.evaluate.columnar.records import Records
from engine.language.reads import paths, reads
from engine.language.rule import Rule
from engine.model.stored_columns import ENTITY, IS_NEW, KEY, MASK, OWNER, SEQ, Source

Bits = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class ChangeLog:
    """What was written, with the bits that stand for fields and collections in its masks, by entity."""

    frames: Frames
    entries: pl.DataFrame
    bits: Bits

    def concerns(self, rule: Rule, rules: Mapping[str, Rule], seen: int) -> pl.Series | None:
        """Return which records were written to since a position so that a rule, or one that it reads, was concerned.

        None where nothing was written at all.
        """
        if self.newest <= seen:
            return None
        found = self._written(rule, seen) | self._behind(rule, seen)
        for source in rule.sources & rules.keys():
            further = self.concerns(rules[source], rules, seen)
            found = found if further is None else found | further
        return found

    @property
    def newest(self) -> int:
        """The position of the newest entry; 0 where there is none."""
        newest = self.entries[SEQ].max()
        return newest if isinstance(newest, int) else 0

    def _written(self, rule: Rule, seen: int) -> pl.Series:
        wakes_always = bool(rule.check.when & {"changed", "imported"})  # it is looked at whatever changes
        names = self.bits[rule.entity] if wakes_always else reads(rule.predicate) | (rule.check.changed or frozenset())
        return self._changed(rule.entity, names, seen)

    def _behind(self, rule: Rule, seen: int) -> pl.Series:
        """Return the records that refer to one that was written to in what the rule reads of it."""
        found = pl.repeat(value=False, n=Records(self.frames, rule.entity).height, eager=True)
        for path in paths(rule.predicate):
            for depth in range(1, len(path)):
                found |= self._refer_to_changed(rule.entity, path[:depth], path[depth], seen)
        return found

    def _refer_to_changed(self, entity: str, path: tuple[str, ...], name: str, seen: int) -> pl.Series:
        target = self.frames.model.entity(entity).fields[path[0]].references or ""
        if len(path) > 1:
            changed = self._refer_to_changed(target, path[1:], name, seen)
        else:
            changed = self._changed(target, (name,), seen)
        return changed.gather(self.frames.referred(entity, path[0])).fill_null(value=False)

    def _changed(self, entity: str, names: Iterable[str], seen: int) -> pl.Series:
        mask = 0
        for name in names:
            mask |= self.bits[entity][name]
        concerns = ((pl.col(MASK) & mask) != 0) | pl.col(IS_NEW)
        its = self.entries.filter(pl.col(SEQ) > seen, pl.col(ENTITY) == entity, concerns)
        return self.frames.column(Source(entity), KEY).is_in(its[OWNER].unique().implode())
