"""The auditor: derives what is stored as verdicts again, and tells where that comes to something else."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from engine.evaluate.columnar.changed_since import ChangeLog
from engine.evaluate.columnar.frames import Frames
from engine.evaluate.columnar.records import Records
from engine.evaluate.columnar.stored_cases import WAITING, StoredCases, state_of, stored_cases
from engine.evaluate.columnar.visitor import MATCHES, NEITHER, UNDECIDED, Columnar
from engine.language.rule import Rule
from engine.model.stored_columns import ID, KEY, OWNER, RULE, Source, whole
from engine.vocabulary.calendar import Moment
from engine.vocabulary.difference import Difference, Findings
from engine.vocabulary.verdict import Verdict

WORDS = {
    NEITHER: Verdict.NO_MATCH.value,
    MATCHES: Verdict.MATCH.value,
    UNDECIDED: Verdict.UNDECIDED.value,
    WAITING: "waiting",
}


@dataclass(slots=True)
class Auditor:
    """Compares the stored verdicts of rules with what the stored columns come to.

    `keys` are those of the rules that have verdicts; `rules` those that may be read, by their ids.
    """

    frames: Frames
    cases: pl.DataFrame
    log: ChangeLog
    keys: Mapping[str, int]
    rules: Mapping[str, Rule]
    _visitors: dict[tuple[str, Moment], Columnar] = field(default_factory=dict)
    _stored: dict[str, StoredCases] = field(default_factory=dict)

    def audit(self, rule: Rule, moment: Moment, seen: int) -> Findings:
        """Return what comes of a rule that was last evaluated at a moment, up to a position in the change log."""
        try:
            return self._found(rule, moment, seen)
        except pl.exceptions.PanicException:
            # It is no Exception, so that nobody who guards against those would notice.
            raise RuntimeError(f"Polars failed at the rule {rule.id}") from None

    def _found(self, rule: Rule, moment: Moment, seen: int) -> Findings:
        stored, derived = self._stored_of(rule).state, self._derived(rule, moment)
        changed = self.log.concerns(rule, self.rules, seen)
        ids = self.frames.column(Source(rule.entity), ID)
        beside = pl.DataFrame({"id": ids, "stored": stored, "derived": derived})
        apart = beside.filter((stored != derived) & ~changed).sort("id")
        differences = [Difference(one, WORDS[was], WORDS[now]) for one, was, now in apart.iter_rows()]
        gone, set_aside = self._of_gone(rule), int(changed.sum())
        return Findings(len(changed) - set_aside + len(gone), set_aside, (*differences, *gone))

    def _of_gone(self, rule: Rule) -> list[Difference]:
        """Return the verdicts that are stored about records that are not there."""
        records = self.frames.frame(Source(rule.entity)).select(pl.col(KEY).alias(OWNER))
        its = self.cases.filter(pl.col(RULE) == self.keys[rule.id]).join(records, on=OWNER, how="anti")
        return [Difference(None, WORDS[state], WORDS[NEITHER]) for state in state_of(its)]

    def _derived(self, rule: Rule, moment: Moment) -> pl.Series:
        truths = self._visitor(rule, moment).truths(rule.predicate)
        state = pl.when(truths).then(MATCHES).when(truths.is_null()).then(UNDECIDED).otherwise(NEITHER)
        states = pl.select(state.cast(pl.Int8)).to_series()
        return states if rule.lasting is None else self._patient(rule, states, whole(rule.lasting.older_before(moment)))

    def _patient(self, rule: Rule, states: pl.Series, ripe_before: int) -> pl.Series:
        """Let those wait that have not been true for long enough; who is open stays so."""
        stored = self._stored_of(rule)
        is_ripe = stored.opened.is_not_null() | (stored.since < ripe_before).fill_null(value=False)
        waits = pl.when((states == MATCHES) & ~is_ripe).then(WAITING).otherwise(states)
        return pl.select(waits.cast(pl.Int8)).to_series()

    def _visitor(self, rule: Rule, moment: Moment) -> Columnar:
        key = (rule.entity, moment)
        if key not in self._visitors:
            its = [one for one in self.rules.values() if one.entity == rule.entity]
            read = {source: self.rules[source] for one in its for source in one.sources if source in self.keys}
            standings = {source: self._stored_of(one).standing for source, one in read.items()}
            self._visitors[key] = Columnar(Records(self.frames, rule.entity), moment, standings)
        return self._visitors[key]

    def _stored_of(self, rule: Rule) -> StoredCases:
        if rule.id not in self._stored:
            its = self.cases.filter(pl.col(RULE) == self.keys[rule.id])
            self._stored[rule.id] = stored_cases(Records(self.frames, rule.entity), its)
        return self._stored[rule.id]
