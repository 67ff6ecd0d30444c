"""Descriptions: one rule as plain sentences, section by section, for the person who answers for it and signs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from textwrap import wrap
from zoneinfo import ZoneInfo

from engine.language.criteria import Criterion, Group, steps_of
from engine.language.rule import Rule, Rulebook, digest_of
from engine.language.rule_sentences import SECTIONS
from engine.language.sentences import GROUPS, sentence
from engine.language.speech import Speech
from engine.language.statement import Statement
from engine.language.unanswered import unanswered
from engine.model.entity import Model
from engine.vocabulary.tongue import Tongue
from engine.vocabulary.verdict import Trace
from engine.vocabulary.wording import bilingual

WIDTH = 88  # columns: a page with margins
BULLET = "- "
LINE = "_" * 40
SIGNED = bilingual(en="What is signed", sv="Vad som undertecknas")
SIGNATURE = (
    bilingual(en="Name", sv="Namn"),
    bilingual(en="Date", sv="Datum"),
    bilingual(en="Signature", sv="Underskrift"),
)


@dataclass(frozen=True, slots=True)
class Section:
    """Sentences about one question."""

    name: str
    heading: str
    statements: tuple[Statement, ...]

    def as_json(self) -> dict[str, object]:
        """Return the section as JSON prints it."""
        statements = [one.as_json() for one in self.statements]
        return {"name": self.name, "heading": self.heading, "statements": statements}


@dataclass(frozen=True, slots=True)
class Description:
    """A rule in words. `version` is the digest of what the rule does, `fingerprint` that of these words."""

    rule: str
    title: str
    stage: str
    version: str
    fingerprint: str
    sections: tuple[Section, ...]
    signature: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """Return the description as JSON prints it; the lines for the signature are for paper."""
        about = {name: getattr(self, name) for name in ("rule", "title", "stage", "version", "fingerprint")}
        return about | {"sections": [one.as_json() for one in self.sections]}

    def as_text(self) -> Iterator[str]:
        """Give the lines of the description as a page to sign."""
        title = wrap(self.title, WIDTH)
        yield from (*title, "=" * max(map(len, title), default=0))
        for section in self.sections:
            yield from ("", section.heading)
            for statement in section.statements:
                yield from lines_of(statement)
        for label in self.signature:
            yield from ("", f"{label:<12}{LINE}")


@dataclass(frozen=True, slots=True)
class Describer:
    """Describes the rules of a rulebook in a tongue, with what the installation calls things."""

    rulebook: Rulebook
    model: Model
    zone: ZoneInfo
    tongue: Tongue
    languages: tuple[str, ...]
    channels: frozenset[str] = frozenset()

    def describe(self, rule: Rule) -> Description:
        """Return a rule of the rulebook in words."""
        asked, answers = unanswered(self.rulebook, rule)
        speech = self._speech(asked, answers)
        title = speech.wording(rule.title)
        sections = tuple(
            Section(name, speech.wording(heading), statements)
            for name, heading, told in SECTIONS
            if (statements := tuple(_capital(one) for one in told(asked, speech)))
        )
        fingerprint = digest_of((rule.id, rule.version, title, sections))
        signed = Section("signed", speech.wording(SIGNED), tuple(_signed(rule, fingerprint, speech)))
        signature = tuple(map(speech.wording, SIGNATURE))
        return Description(rule.id, title, rule.stage, rule.version, fingerprint, (*sections, signed), signature)

    def spoken(self, rule: Rule, trace: Trace) -> Trace:
        """Return a trace of a rule's criteria with these in words of the tongue; what was found stays as it is."""
        asked, answers = unanswered(self.rulebook, rule)
        return _spoken(asked.criteria, trace, self._speech(asked, answers))

    def steps(self, rule: Rule) -> tuple[Statement, ...]:
        """Return in words what of a rule must hold, one thing after another, as `steps_of` has it."""
        asked, answers = unanswered(self.rulebook, rule)
        speech = self._speech(asked, answers)
        return tuple(_capital(sentence(one, speech)) for one in steps_of(asked.criteria))

    def criterion(self, rule: Rule, part: Criterion | Group) -> str:
        """Return in words one of the criteria of a rule."""
        return _capital(sentence(part, self._speech(rule, {}))).text

    def _speech(self, rule: Rule, answers: Mapping[object, str]) -> Speech:
        return Speech(
            self.tongue,
            self.languages,
            self.model,
            self.model.entity(rule.entity),
            self.zone,
            titles={one.id: one.title for one in self.rulebook.rules.values()},
            texts={name: (one.subject, one.body) for name, one in self.rulebook.messages.items()},
            questions={need.name: need.question for need in rule.needs},
            answers=answers,
            channels=self.channels,
        )


def _spoken(part: Criterion | Group, trace: Trace, speech: Speech) -> Trace:
    if isinstance(part, Criterion):
        return replace(trace, words=sentence(part, speech).text)
    parts = tuple(_spoken(one, inner, speech) for one, inner in zip(part.parts, trace.parts, strict=True))
    words = speech.wording(GROUPS[part.kind]).format(part.least)
    return replace(trace, words=f"{words} ({part.name})" if part.name else words, parts=parts)


def _signed(rule: Rule, fingerprint: str, speech: Speech) -> Iterator[Statement]:
    called = speech.tongue.quoted(rule.id)
    yield speech.state(
        en=f"The rule {called} in its version {rule.version}. Any change of whom it is about, its criteria, what "
        "happens, its term or its limit makes another version.",
        sv=f"Regeln {called} i version {rule.version}. Varje ändring av vilka den gäller, villkoren, vad som sker, "
        "fristen eller gränsen ger en annan version.",
    )
    yield speech.state(
        en=f"All words above, messages included, with the fingerprint {fingerprint}. Any change in them makes another "
        "one.",
        sv=f"Alla ord ovan, även meddelandena, med fingeravtrycket {fingerprint}. Varje ändring i dem ger ett annat.",
    )


def _capital(statement: Statement) -> Statement:
    return replace(statement, text=statement.text[:1].upper() + statement.text[1:])


def lines_of(statement: Statement, depth: int = 1) -> Iterator[str]:
    """Give the lines of a statement and of what stands below it."""
    margin = "  " * depth
    for line in wrap(statement.text, WIDTH, initial_indent=margin + BULLET, subsequent_indent=margin + "  "):
        yield line.replace("\N{NO-BREAK SPACE}", " ")  # which has kept a number on one line, and is done with that
    for part in statement.parts:
        yield from lines_of(part, depth + 1)
