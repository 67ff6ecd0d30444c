"""The words of notices: what waits for a person, for which rule, how many, and the command that decides it."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from actions.deletion_sentences import GUARDS
from engine.vocabulary.tongue import LANGUAGES, TONGUES, Tongue

Details = Mapping[str, Any]
Text = tuple[str, str]


class Kind(StrEnum):
    """What a person is told of. The words of each need what stands beside it."""

    LIMIT = "limit"  # rule, count
    HELD = "held"  # rule, reason: a code of docs/deletion.md
    APPROVAL = "approval"  # rule, approval: its number
    REVIEW = "review"  # rule, count
    HOLD_REVIEW = "hold_review"  # hold: its number
    FAILED = "failed"  # rule, deletion: its number
    NOT_TOLD = "recipient_not_told"  # recipient
    RECIPIENT_GONE = "recipient_gone"  # recipient
    RECIPIENT_UNKNOWN = "recipient_unknown"  # recipient


def text_of(kind: Kind, details: Details, languages: Sequence[str]) -> Text:
    """Return subject and body of a notice, in the first of the configured languages that the service speaks."""
    tongue = TONGUES[next((one for one in languages if one in LANGUAGES), LANGUAGES[0])]
    what, commands = _WORDS[kind](tongue, details)
    subject = tongue.say(en="A person is needed", sv="En människa behövs")
    head = f"{subject}: {details['rule']}" if details.get("rule") else subject
    lead = tongue.say(en="Look and decide:", sv="Titta och bestäm:")
    return head, "\n".join([what, "", lead, *(f"  {command}" for command in commands)])


def _limit(tongue: Tongue, details: Details) -> tuple[str, list[str]]:
    rule, count = details["rule"], _deletions(tongue, details)
    said = tongue.say(
        en=f"The rule {rule} would schedule {count}, more than its limit. None was scheduled, and the rule is paused.",
        sv=f"Regeln {rule} skulle schemalägga {count}, fler än dess gräns. Ingen schemalades, och regeln är pausad.",
    )
    return said, [f"ansgar plan {rule}", f"ansgar rules release {rule}"]


def _held(tongue: Tongue, details: Details) -> tuple[str, list[str]]:
    rule, reason = details["rule"], str(details["reason"])
    said = tongue.say(
        en=f"Deletions of the rule {rule} are held until a person lets them go. Why: {reason}",
        sv=f"Raderingar enligt regeln {rule} hålls tills en människa släpper fram dem. Orsak: {reason}",
    )
    if reason in GUARDS:
        said = f"{said}: {GUARDS[reason].in_language(tongue.language)}"
    return said, ["ansgar deletions", "ansgar deletions approve ID…", "ansgar deletions keep ID…"]


def _approval(tongue: Tongue, details: Details) -> tuple[str, list[str]]:
    rule, batch = details["rule"], details["approval"]
    said = tongue.say(
        en=f"Deletions of the rule {rule} are due and wait for approval. Without an answer the data is kept.",
        sv=f"Raderingar enligt regeln {rule} står på tur och väntar på godkännande. Utan svar behålls uppgifterna.",
    )
    return said, ["ansgar deletions batches", f"ansgar deletions approve --batch {batch} --digest DIGEST --by NAME"]


def _review(tongue: Tongue, details: Details) -> tuple[str, list[str]]:
    count = tongue.number(int(details["count"]))
    said = tongue.say(
        en=f"Reviews that wait for a person's answer because of the rule {details['rule']}: {count}.",
        sv=f"Granskningar som väntar på en människas svar på grund av regeln {details['rule']}: {count}.",
    )
    return said, ["ansgar reviews", "ansgar reviews show ID", "ansgar reviews answer ID"]


def _hold_review(tongue: Tongue, details: Details) -> tuple[str, list[str]]:
    said = tongue.say(
        en=f"It is time to see whether hold {details['hold']} is still needed.",
        sv=f"Det är dags att se om undantaget {details['hold']} fortfarande behövs.",
    )
    return said, ["ansgar holds", f"ansgar holds lift {details['hold']}"]


def _failed(tongue: Tongue, details: Details) -> tuple[str, list[str]]:
    rule, number = details["rule"], details["deletion"]
    said = tongue.say(
        en=f"Deletion {number} of the rule {rule} has failed. Look in the CRM whether it was carried out.",
        sv=f"Radering {number} enligt regeln {rule} har misslyckats. Se efter i CRM-systemet om den har utförts.",
    )
    return said, [f"ansgar deletions show {number}"]


def _not_told(tongue: Tongue, details: Details) -> tuple[str, list[str]]:
    said = tongue.say(
        en=f"The recipient {details['recipient']} could not be told what it has to know (GDPR Art. 19).",
        sv=f"Mottagaren {details['recipient']} kunde inte underrättas om det den ska få veta (GDPR art. 19).",
    )
    return said, _ABOUT_RECIPIENTS


def _recipient_gone(tongue: Tongue, details: Details) -> tuple[str, list[str]]:
    said = tongue.say(
        en=f"The recipient {details['recipient']} takes no more calls at its address, and is not called any more.",
        sv=f"Mottagaren {details['recipient']} tar inte längre emot anrop på sin adress och anropas inte mer.",
    )
    return said, _ABOUT_RECIPIENTS


def _recipient_unknown(tongue: Tongue, details: Details) -> tuple[str, list[str]]:
    said = tongue.say(
        en=f"The recipient {details['recipient']} is still to be told something, and is not in the configuration.",
        sv=f"Mottagaren {details['recipient']} ska ännu underrättas och finns inte i konfigurationen.",
    )
    return said, _ABOUT_RECIPIENTS


def _deletions(tongue: Tongue, details: Details) -> str:
    count = int(details["count"])
    one, many = tongue.say(en="deletion", sv="radering"), tongue.say(en="deletions", sv="raderingar")
    return f"{tongue.number(count)} {one if count == 1 else many}"


_ABOUT_RECIPIENTS = [
    "ansgar recipients list --state parked",
    "ansgar recipients replay ID…",
    "ansgar recipients settle ID… --reason …",
]
_WORDS: Mapping[Kind, Callable[[Tongue, Details], tuple[str, list[str]]]] = {
    Kind.LIMIT: _limit,
    Kind.HELD: _held,
    Kind.APPROVAL: _approval,
    Kind.REVIEW: _review,
    Kind.HOLD_REVIEW: _hold_review,
    Kind.FAILED: _failed,
    Kind.NOT_TOLD: _not_told,
    Kind.RECIPIENT_GONE: _recipient_gone,
    Kind.RECIPIENT_UNKNOWN: _recipient_unknown,
}
