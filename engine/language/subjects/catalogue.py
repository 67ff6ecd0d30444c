"""The list of all subjects. Adding one is a file beside this and one entry here."""

from engine.language.subjects.aggregates import AGGREGATES
from engine.language.subjects.changed import CHANGED
from engine.language.subjects.consent import CONSENT_SUBJECTS
from engine.language.subjects.extreme import EXTREMES
from engine.language.subjects.field import FIELD
from engine.language.subjects.hold import HOLD
from engine.language.subjects.kind_of_subject import SubjectKind
from engine.language.subjects.numbers import NUMBERS
from engine.language.subjects.other_rules import OTHER_RULES
from engine.language.subjects.score import SCORE

SUBJECTS: dict[str, SubjectKind] = {
    one.key: one
    for one in (FIELD, *AGGREGATES, *NUMBERS, *CONSENT_SUBJECTS, *OTHER_RULES, *EXTREMES, SCORE, HOLD, CHANGED)
}
