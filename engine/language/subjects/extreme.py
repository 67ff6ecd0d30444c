"""`latest_of` and `earliest_of`: the latest or earliest of several dates."""

from dataclasses import dataclass
from typing import Any, Literal

from engine.language.algebra import Extreme, Term
from engine.language.criteria import Record, Subject
from engine.language.kinds import Kind
from engine.language.scope import Scope
from engine.language.source import Mapping, Node, Scalar, Sequence
from engine.language.speech import Speech
from engine.language.statement import Phrase
from engine.language.subjects.dates import read_date
from engine.language.subjects.kind_of_subject import Named, SubjectKind
from engine.vocabulary.calendar import Moment
from engine.vocabulary.reading import Reading

MOST_MEMBERS = 50  # databases compare no more than a hundred or so at once


@dataclass(frozen=True, slots=True)
class ExtremeSubject:
    """The latest or earliest of dates; missing ones are skipped, unless it is strict: then one makes it missing."""

    which: Literal["latest", "earliest"]
    members: tuple[Subject, ...]
    strict: bool
    kind: Kind = Kind.DATE

    def reading(self, record: Record, moment: Moment) -> Reading[Any]:
        """Return the date; possibly missing where a member that matters may be."""
        readings = [member.reading(record, moment) for member in self.members]
        if self.strict and any(one.low is None or one.high is None for one in readings):
            return Reading.exact(None)
        lows = [one.low for one in readings if one.low is not None]
        highs = [one.high for one in readings if one.high is not None]
        pick = max if self.which == "latest" else min
        # A member whose far end is open could still move the extreme beyond any bound.
        is_open = any(
            (one.high is None and one.low is not None)
            if self.which == "latest"
            else (one.low is None and one.high is not None)
            for one in readings
        )
        low, high = pick(lows, default=None), pick(highs, default=None)
        if is_open:
            return Reading(low, None) if self.which == "latest" else Reading(None, high)
        return Reading(low, high)

    def term(self) -> Term:
        """Return the extreme of the members' terms."""
        return Extreme(self.which, tuple(member.term() for member in self.members), self.strict)

    def words(self, speech: Speech) -> Phrase:
        """Return the dates among which one is taken, and what becomes of those that are missing."""
        members = [member.words(speech) for member in self.members]
        names = speech.tongue.both([member.text for member in members])
        which = speech.say(
            en=f"the {self.which} of", sv="det senaste av" if self.which == "latest" else "det tidigaste av"
        )
        gap = (
            speech.say(en="unknown if one of them is missing", sv="okänt om något av dem saknas")
            if self.strict
            else speech.say(en="missing ones are left out", sv="sådana som saknas räknas inte")
        )
        return Phrase(f"{which} {names} ({gap})", tuple(detail for member in members for detail in member.details))


def _kind(which: Literal["latest", "earliest"]) -> SubjectKind:
    def read(scope: Scope, node: Node, block: Mapping) -> ExtremeSubject | None:
        if not isinstance(node, Sequence) or not node.items:
            scope.report(
                "R106", node.place, f"`{which}_of` takes a list of dates", "write `[created_on, {last: activities}]`"
            )
            return None
        if len(node.items) > MOST_MEMBERS:
            scope.report("R106", node.place, f"more than {MOST_MEMBERS} dates", "keep those that matter")
            return None
        missing = block.get("missing")
        skips = isinstance(missing, Scalar) and missing.text == "skip"
        if missing is not None and not skips:
            scope.report("R106", missing.place, "`missing` can only be `skip`")
        members = [member for item in node.items if (member := read_date(scope, item)) is not None]
        strict = scope.deletes and not skips
        return ExtremeSubject(which, tuple(members), strict) if len(members) == len(node.items) else None

    about = f"the {which} of dates of the record: fields, or blocks such as `{{last: activities}}`"
    return SubjectKind(f"{which}_of", read, Kind.DATE, Named.DATES, ("missing",), about)


EXTREMES = (_kind("latest"), _kind("earliest"))
