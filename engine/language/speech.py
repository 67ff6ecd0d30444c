"""Speech: a tongue, and how all that a rule can name is called in it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from engine.language.audience import CONTACT_OWNER, EMAIL, ROLE_NAMES, THE_CONTACT
from engine.language.kinds import WORDS, FieldOperand, Literal
from engine.language.statement import Statement
from engine.language.template import Template
from engine.model.entity import Collection, Entity, FieldType, Model
from engine.model.names import COLLECTIONS, ENTITIES, FIELDS, EntityName
from engine.vocabulary.duration import Duration
from engine.vocabulary.tongue import Tongue
from engine.vocabulary.wording import Wording, bilingual

# What must be said of a field, so that its name alone is not mistaken for what it holds.
TYPE_WORDS: Mapping[FieldType | None, Wording] = {
    FieldType.LIST: bilingual(en="list", sv="lista"),
    FieldType.FLAG: bilingual(en="mark", sv="markering"),
}


@dataclass(frozen=True, slots=True)
class Speech:
    """The tongue, and how all that a rule can name is called in it.

    `titles` are those of all rules, `texts` the subject and body of messages. `answers` holds the question behind each
    value that stands in for an input. In a `collection` sentences speak of its items, `in_clause`
    when they continue one about them.
    """

    tongue: Tongue
    languages: tuple[str, ...]
    model: Model
    entity: Entity
    zone: ZoneInfo
    titles: Mapping[str, Wording] = field(default_factory=dict)
    texts: Mapping[str, tuple[Template, Template]] = field(default_factory=dict)
    questions: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[object, str] = field(default_factory=dict)
    channels: frozenset[str] = frozenset()
    collection: Collection | None = None
    in_clause: bool = False

    def say(self, *, en: str, sv: str) -> str:
        """Return the sentence of the tongue."""
        return self.tongue.say(en=en, sv=sv)

    def state(self, *, en: str, sv: str, parts: tuple[Statement, ...] = ()) -> Statement:
        """Return the sentence of the tongue as a statement, with what stands below it."""
        return Statement(self.say(en=en, sv=sv), parts)

    def wording(self, text: Wording) -> str:
        """Return a text of the rulebook in the tongue, else in the first configured language that it has."""
        return text.in_language(self.tongue.language, *self.languages)

    def inside(self, collection: str, *, in_clause: bool = False) -> "Speech":
        """Return the speech about items of a collection, in a clause that begins with them or in sentences."""
        return replace(self, collection=self.entity.collections.get(collection), in_clause=in_clause)

    @property
    def record(self) -> str:
        """What the rule is about: `the contact`."""
        return self.wording(_entity_name(self.entity.name).one)

    @property
    def records(self) -> str:
        """All that the rule could be about: `contacts`."""
        return self.wording(_entity_name(self.entity.name).all)

    @property
    def owner(self) -> str:
        """The record in front of what it has: `the contact's`; for items `whose` or `its`."""
        if self.collection is not None:
            return self.say(en="whose", sv="vars") if self.in_clause else self.say(en="its", sv="dess")
        return self.say(en=f"{self.record}'s", sv=f"{self.record}s")

    def field(self, path: tuple[str, ...]) -> str:
        """Return a field of the record or item with its owner: `the contact's company's category`.

        Of lists and flags it is told that they are such: `the contact's mark “deceased”`.
        """
        names = [self.named(FIELDS, step) for step in path]
        kind = TYPE_WORDS.get(self._type(path))
        if kind is not None:
            names[-1] = f"{self.wording(kind)} {self.tongue.quoted(names[-1])}"
        return f"{self.owner} {self._owned_by(names)}"

    def _owned_by(self, names: Sequence[str]) -> str:
        return self.say(en="'s ", sv="s ").join(names)

    def _type(self, path: tuple[str, ...]) -> FieldType | None:
        fields = self.collection.fields if self.collection else self.entity.fields
        for step in path[:-1]:
            reference = fields[step].references
            fields = self.model.entity(reference).fields if reference else {}
        return fields[path[-1]].type if path[-1] in fields else None

    def collection_name(self, name: str) -> str:
        """Return what the items of a collection are called."""
        return self.named(COLLECTIONS, name)

    def named(self, names: Mapping[str, Wording], name: str) -> str:
        """Return what something is called; its own name with spaces where it has no other."""
        found = names.get(name)
        return self.wording(found) if found is not None else name.replace("_", " ").replace("-", " ")

    def rule(self, rule: str) -> str:
        """Return another rule by its title, and by its id where the title does not tell it from others."""
        titles = {name: self.wording(title) for name, title in self.titles.items()}
        title = titles.get(rule, rule)
        is_shared = list(titles.values()).count(title) > 1
        return self.tongue.quoted(title) + (f" ({self.tongue.quoted(rule)})" if is_shared else "")

    def whom(self, name: str) -> str:
        """Return a recipient: the contact, its owner, a role, a person or a channel."""
        if name == THE_CONTACT:
            return self.record
        if name == CONTACT_OWNER:
            return self.say(en=f"the person responsible for {self.record}", sv=f"den som ansvarar för {self.record}")
        return self.wording(ROLE_NAMES[name]) if name in ROLE_NAMES else self.value(name)

    def ways(self, to: str, by: tuple[str, ...]) -> str:
        """Return the ways that a message takes; e-mail where none is named and it does not go to a channel."""
        names = by or (() if to in self.channels else (EMAIL,))
        named = [one for one in names if one != EMAIL] + ([to] if to in self.channels and to not in names else [])
        mail = [self.say(en="by e-mail", sv="med e-post")] if EMAIL in names else []
        quoted = [self.tongue.quoted(one) for one in named]
        return self.tongue.both(
            [*mail, *(self.say(en=f"in the channel {one}", sv=f"i kanalen {one}") for one in quoted)]
        )

    def message(self, name: str) -> tuple[Statement, ...]:
        """Return a message as people read it."""
        subject, body = self.texts[name]
        return self.letter(self.template(subject), self.template(body))

    def letter(self, subject: str, body: str) -> tuple[Statement, ...]:
        """Return a letter: its subject, and its text paragraph by paragraph."""
        paragraphs = tuple(Statement(" ".join(one.split())) for one in re.split(r"\n\s*\n", body) if one.strip())
        return Statement(self.say(en=f"Subject: {subject}", sv=f"Ämne: {subject}")), Statement("Text:", paragraphs)

    def number(self, number: Decimal | int) -> str:
        """Return a number, or the input that it stands in for."""
        return self._answer(Decimal(number)) or self.tongue.number(number)

    def duration(self, length: Duration) -> str:
        """Return a duration, or the input that it stands in for."""
        return self._answer(length) or self.tongue.duration(length)

    def value(self, value: object) -> str:
        """Return a value as rules compare with it."""
        match value:
            case Literal(inner):
                return self.value(inner)
            case FieldOperand(path):
                return self.field(path)
            case bool():
                return self.tongue.quoted(self.say(en="yes", sv="ja") if value else self.say(en="no", sv="nej"))
            case Decimal() | int():
                return self.number(value)
            case datetime():
                return self.tongue.instant(value, self.zone)
            case date():
                return self._answer(value) or self.tongue.day(value)
            case Duration():
                return self.duration(value)
        text = str(value)
        return self._answer(text) or (
            self.tongue.quoted(text) if text else self.say(en="an empty text", sv="en tom text")
        )

    def word(self, value: object) -> str:
        """Return a word of the language itself, such as the state of a consent."""
        inner = value.value if isinstance(value, Literal) else value
        return self.wording(WORDS[str(inner)])

    def template(self, text: Template) -> str:
        """Return a text for people, with what is filled in later in brackets."""
        return text.outlined(self._filled_in, self.tongue.language)

    def _filled_in(self, path: tuple[str, ...], otherwise: str) -> str:
        known = {
            ("case", "opened_at"): bilingual(
                en="the date on which this became true", sv="datum då detta blev uppfyllt"
            ),
            ("deletion", "due_at"): bilingual(en="the date of the deletion", sv="datum för raderingen"),
            ("deadline", "due_at"): bilingual(en="the last date of the term", sv="fristens sista datum"),
            ("rule", "id"): bilingual(en="the name of the rule", sv="regelns namn"),
            ("rule", "title"): bilingual(en="the title of the rule", sv="regelns rubrik"),
        }
        if path in known:
            text = self.wording(known[path])
        elif path[0] == "needs":
            text = self.questions.get(path[-1], path[-1])
        else:
            owner = self.wording(_entity_name(path[0]).one)
            steps = (self.named(FIELDS, step) for step in path[1:])
            text = self._owned_by((owner, *steps))
        instead = self.say(en=f", or “{otherwise}”", sv=f", annars ”{otherwise}”") if otherwise else ""
        return f"[{text}{instead}]"

    def _answer(self, value: object) -> str:
        question = self.answers.get(value)
        return self.say(en=f"the answer to “{question}”", sv=f"svaret på ”{question}”") if question else ""


def _entity_name(name: str) -> EntityName:
    spaced = name.replace("_", " ")
    fallback = EntityName(
        bilingual(en=f"the {spaced}", sv=f"{spaced}-posten"),
        bilingual(en=f"{spaced} records", sv=f"poster av slaget ”{spaced}”"),
    )
    return ENTITIES.get(name, fallback)
