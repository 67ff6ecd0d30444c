"""Unread: fields of the model that no rule, alert or template reads; perhaps they need not be held (Art. 5(1)(c))."""

from collections.abc import Iterator
from itertools import chain

from engine.language.audience import CONTACT_OWNER
from engine.language.columns_needed import columns_needed
from engine.language.concerns import asked
from engine.language.event_pattern import watched_fields
from engine.language.rule import Rule, Rulebook
from engine.language.template import Template
from engine.model.declared import GUARDED
from engine.model.entity import Model
from engine.model.stored_columns import Source
from engine.vocabulary.parts import walk

Reading = tuple[str, str, str]  # an entity, the collection of its items or nothing, and a field
ADDRESS = ("email", "language")  # whom letters go to, and who comes back after an erasure


def unread(model: Model, rulebook: Rulebook) -> list[Reading]:
    """Return what of the model is read by nobody; of a collection of which nothing is read, just the collection."""
    read = frozenset(chain(_by_service(model), *(_by_rule(model, one) for one in rulebook.rules.values())))
    read |= frozenset(_by_templates(model, rulebook.messages))
    touched = {(entity, part) for entity, part, _ in read}
    found: list[Reading] = []
    for entity in model.entities.values():
        found += [(entity.name, "", name) for name in entity.fields if (entity.name, "", name) not in read]
        for part, collection in entity.collections.items():
            if (entity.name, part) not in touched:
                found.append((entity.name, part, ""))
            elif (entity.name, part, "") not in read:
                items = [(entity.name, part, name) for name in collection.fields]
                found += [one for one in items if one not in read]
    return found


def _by_service(model: Model) -> Iterator[Reading]:
    """Give what the service reads whatever the rules: flags, guards of deletions, and where letters go."""
    for entity in model.entities.values():
        for name, one in entity.fields.items():
            if one.guards or name in GUARDED or name in ADDRESS:
                yield entity.name, "", name
        for name in GUARDED & entity.collections.keys():
            yield from ((entity.name, name, field) for field in ("", *entity.collections[name].fields))


def _by_rule(model: Model, rule: Rule) -> Iterator[Reading]:
    needed = columns_needed(model, [(rule.entity, one) for one in asked(rule)]).columns
    for source, names in needed.items():
        yield from _columns(model, source, names)
    if rule.check.pattern is not None:
        yield from ((rule.entity, "", name) for name in watched_fields(rule.check.pattern))
    acts = (rule.calls, rule.closing, rule.deadline.if_late if rule.deadline else ())
    if CONTACT_OWNER in walk(acts):
        yield rule.entity, "", "owner"
    yield from _by_templates(model, acts)


def _columns(model: Model, source: Source, names: frozenset[str]) -> Iterator[Reading]:
    if not source.part or source.part in model.entity(source.entity).collections:
        yield from ((source.entity, source.part, name) for name in names)


def _by_templates(model: Model, texts: object) -> Iterator[Reading]:
    for one in walk(texts):
        if isinstance(one, Template):
            for path in _paths(one):
                yield from _along(model, path)


def _paths(template: Template) -> list[tuple[str, ...]]:
    """Return all names that a text uses, in whatever language."""
    found: list[tuple[str, ...]] = []

    def note(path: tuple[str, ...], _: str) -> str:
        found.append(path)
        return ""

    for language in template.wording.texts:
        template.outlined(note, language)
    return found


def _along(model: Model, path: tuple[str, ...]) -> Iterator[Reading]:
    """Give the fields that a dotted name reads, references on the way included."""
    every = [pair for entity in model.entities.values() for pair in entity.fields.items()]
    referred = {one.references for name, one in every if name == path[0] and one.references}
    first: set[str | None] = {path[0]} if path[0] in model.entities else {*referred}
    for entity in first:
        owner = entity
        for step in path[1:]:
            fields = model.entity(owner).fields if owner else {}
            if owner and step in fields:
                yield owner, "", step
            owner = fields[step].references if step in fields else None
