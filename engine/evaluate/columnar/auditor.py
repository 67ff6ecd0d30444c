"""The auditor: derives what is stored as verdicts again, and tells where that comes to something else."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import polars as pl

from engine.evaluate.columnar.changed_since import ChangeLog
from engine.evaluate.columnar.frames import PLACE, Frames
from engine.evaluate.columnar.records import Records
from engine.evaluate.columnar.stored_cases import STATE, WAITING, StoredCases, with_states
from engine.evaluate.columnar.visitor import MATCHES, NEITHER, UNDECIDED, Columnar, Standing
from engine.language.rule import Rule
from engine.model.stored_columns import ID, RULE, Source, whole
from engine.vocabulary.calendar import Moment
from engine.vocabulary.difference import Difference, Findings
from engine.vocabulary.verdict import Verdict

WORDS = {
    NEITHER: Verdict.NO_MATCH.value,
    MATCHES: Verdict.MATCH.value,
    UNDECIDED: Verdict.UNDECIDED.value,
    WAITING: "waiting",
}


@dataclass(frozen=True, slots=True)
class Evaluated:
    """A rule with the moment of its last evaluation, and the position in the change log up to which that saw."""

    rule: Rule
    moment: Moment
    seen: int


@dataclass(slots=True)
class Auditor:
    """Compares the stored verdicts of rules with what the stored columns come to.

    `keys` are those of the rules that have verdicts, `rules` all that may be read, by their ids. `cases` holds those of
    each entity.
    """

    frames: Frames
    cases: Mapping[str, pl.DataFrame]
    log: ChangeLog
    keys: Mapping[str, int]
    rules: Mapping[str, Rule]
    _of_rule: dict[int, pl.DataFrame] = field(default_factory=dict)
    _gone: dict[int, pl.DataFrame] = field(default_factory=dict)
    _none: dict[str, pl.DataFrame] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for entity, cases in self.cases.items():
            found = self.frames.placed(with_states(cases), entity, how="left")
            self._none[entity] = found.clear()
            for part, kept in ((pl.col(PLACE).is_not_null(), self._of_rule), (pl.col(PLACE).is_null(), self._gone)):
                kept |= {one[RULE][0]: one for one in found.filter(part).partition_by(RULE)}

    def audit(self, evaluated: Iterable[Evaluated]) -> dict[str, Findings]:
        """Return what comes of rules, by their ids; those that were evaluated together are derived together."""
        together: dict[tuple[str, Moment], list[Evaluated]] = defaultdict(list)
        for one in evaluated:
            together[(one.rule.entity, one.moment)].append(one)
        return {name: found for group in together.values() for name, found in self._audited(group)}

    def _audited(self, group: list[Evaluated]) -> Iterator[tuple[str, Findings]]:
        entity, moment = group[0].rule.entity, group[0].moment
        columnar = Columnar(Records(self.frames, entity), moment, self._standings(group))
        try:
            states = columnar.states({one.rule.id: one.rule.predicate for one in group})
        except pl.exceptions.PanicException:
            # It is no Exception, so that nobody who guards against those would notice.
            raise RuntimeError(f"Polars failed at rules on {entity}") from None
        for one in group:
            yield one.rule.id, self._compared(one, states[one.rule.id])

    def _compared(self, one: Evaluated, derived: pl.Series) -> Findings:
        cases = self._cases_of(one.rule)
        if one.rule.lasting is not None:
            derived = _patient(cases, derived, whole(one.rule.lasting.older_before(one.moment)))
        stored = cases.states()
        differs, set_aside = stored != derived, 0
        if (changed := self.log.concerns(one.rule, self.rules, one.seen)) is not None:
            differs, set_aside = differs & ~changed, int(changed.sum())
        gone = self._of_gone(one.rule)
        differences = list(self._told(one.rule.entity, differs, stored, derived)) if differs.any() else []
        return Findings(len(stored) - set_aside + len(gone), set_aside, (*differences, *gone))

    def _told(self, entity: str, differs: pl.Series, stored: pl.Series, derived: pl.Series) -> Iterator[Difference]:
        ids = self.frames.column(Source(entity), ID)
        rows = pl.DataFrame({"id": ids, "stored": stored, "derived": derived}).filter(differs).sort("id")
        return (Difference(record, WORDS[was], WORDS[now]) for record, was, now in rows.iter_rows())

    def _of_gone(self, rule: Rule) -> list[Difference]:
        """Return the verdicts that are stored about records that are not there."""
        cases = self._gone.get(self.keys[rule.id])
        return [] if cases is None else [Difference(None, WORDS[state], WORDS[NEITHER]) for state in cases[STATE]]

    def _cases_of(self, rule: Rule) -> StoredCases:
        found = self._of_rule.get(self.keys[rule.id])
        return StoredCases(Records(self.frames, rule.entity), self._none[rule.entity] if found is None else found)

    def _standings(self, group: list[Evaluated]) -> dict[str, Standing]:
        sources = {source for one in group for source in one.rule.sources if source in self.keys}
        return {source: self._cases_of(self.rules[source]).standing() for source in sorted(sources)}


def _patient(cases: StoredCases, states: pl.Series, ripe_before: int) -> pl.Series:
    """Let those wait that have not been true for long enough; who is open stays so."""
    rows = pl.DataFrame({"state": states, "opened": cases.opened(), "since": cases.since()})
    is_ripe = pl.col("opened").is_not_null() | (pl.col("since") < ripe_before).fill_null(value=False)
    waits = pl.when((pl.col("state") == MATCHES) & ~is_ripe).then(WAITING).otherwise("state")
    return rows.select(waits.cast(pl.Int8)).to_series()
