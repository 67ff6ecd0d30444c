"""Recipients: who and what actions name. Where the audience is known, a name that nobody has is a mistake."""

from engine.language.arguments import TEXT, shaped
from engine.language.audience import CONTACT_OWNER, EMAIL, THE_CONTACT
from engine.language.scope import Scope
from engine.language.source import Node, Scalar
from engine.vocabulary.problem import nearest_or_all


@shaped(TEXT)
def recipient(scope: Scope, node: Node) -> str | None:
    """Read whom a message goes to: the contact, its owner, a person, a role or a channel."""
    channels = scope.audience.channels if scope.audience else ()
    return _named(scope, node, (THE_CONTACT, CONTACT_OWNER, *channels))


@shaped(TEXT)
def colleague(scope: Scope, node: Node) -> str | None:
    """Read whom a task is for: the contact's owner, a person or a role."""
    found = scope.text(node, "this")
    if found is not None and found.text == THE_CONTACT:
        scope.report("R121", found.place, "a task is for a colleague, never for the contact", "write `contact owner`")
        return None
    return _named(scope, node, (CONTACT_OWNER,))


@shaped(TEXT)
def role(scope: Scope, node: Node) -> str | None:
    """Read a person or a role of the configuration."""
    return _named(scope, node)


def check_owner(scope: Scope, node: Node | None) -> None:
    """Note a rule's owner whom nobody knows."""
    if isinstance(node, Scalar) and node.text.strip():
        _named(scope, node)


@shaped({"type": "array", "items": TEXT, "minItems": 1})
def ways(scope: Scope, node: Node) -> tuple[str, ...] | None:
    """Read the ways that a message takes: `email`, and channels by name."""
    items = scope.sequence(node, "`by`")
    if items is None:
        return None
    if not items.items:
        scope.report("R004", items.place, "a message that takes no way reaches nobody", f"write `[{EMAIL}]`")
        return None
    found = [scope.text(item, "a way") for item in items.items]
    known = None if scope.audience is None else {EMAIL, *scope.audience.channels}
    for word in found:
        if word is not None and known is not None and word.text not in known:
            scope.report("R121", word.place, f"no channel is called `{word.text}`", nearest_or_all(word.text, known))
    return tuple(dict.fromkeys(word.text for word in found if word is not None))


@shaped(TEXT)
def webhook_name(scope: Scope, node: Node) -> str | None:
    """Read the name of a webhook of the configuration."""
    found = scope.text(node, "the name of a webhook")
    if found is not None and scope.audience is not None and found.text not in scope.audience.webhooks:
        known = scope.audience.webhooks
        hint = nearest_or_all(found.text, known) if known else "name one under `webhooks` in the configuration"
        scope.report("R121", found.place, f"no webhook is called `{found.text}`", hint)
    return found.text if found else None


def _named(scope: Scope, node: Node, others: tuple[str, ...] = ()) -> str | None:
    found = scope.text(node, "this")
    if found is not None and scope.audience is not None:
        known = {*scope.audience.colleagues, *others}
        if found.text not in known:
            scope.report("R121", found.place, f"nobody is called `{found.text}`", nearest_or_all(found.text, known))
    return found.text if found else None
