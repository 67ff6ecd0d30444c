"""Past: what has happened to a record, as one list, the newest first."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from engine.service.console.rendering import Voice, to
from engine.service.report.document import Report, Row


@dataclass(frozen=True, slots=True)
class Past:
    """One thing that has happened: when, of which kind, what, by which rule, and where there is more about it."""

    at: datetime
    kind: str
    says: str
    rule: str = ""
    title: str = ""
    address: str = ""


def past(report: Report, voice: Voice) -> list[Past]:
    """Return what has happened, the newest first."""
    rows = report.rows
    found = [
        *(_move(one, "case", voice) for one in rows["case_moves"]),
        *(_selected(one, voice) for one in rows["selection_moves"]),
        *(entry for one in rows["alerts"] for entry in _alert(one, voice)),
        *(entry for one in rows["messages"] for entry in _message(one, voice)),
        *(entry for one in rows["deletions"] for entry in _deletion(one, voice)),
        *(entry for one in rows["reviews"] for entry in _review(one, voice)),
        *(entry for one in rows["holds"] for entry in _hold(one, voice)),
        *(entry for one in rows["restrictions"] for entry in _restriction(one, voice)),
        *(entry for one in rows["permissions"] for entry in _permission(one, voice)),
        *(Past(one["occurred_at"], "event", _event(one, voice)) for one in rows["events"]),
        *(_told(one, voice) for one in rows["recipients_told"]),
    ]
    return sorted(found, key=lambda one: one.at)[::-1]  # of what came at once, the last first


def _move(one: Row, kind: str, voice: Voice) -> Past:
    watched = "" if one["takes_effect"] else voice.say(en=" (only watched)", sv=" (bevakas bara)")
    return Past(one["at"], kind, voice.word("case", one["moved"]) + watched, one["rule"], one["title"])


def _selected(one: Row, voice: Voice) -> Past:
    said = f"{voice.word('case', one['moved'])}: {one['selection']}"
    return Past(one["at"], "selection", said, one["rule"], one["title"], to("selections", one["selection"]))


def _alert(one: Row, voice: Voice) -> Iterator[Past]:
    told = one["message"]
    yield Past(one["since"], "alert", voice.say(en=f"raised: {told}", sv=f"väcktes: {told}"), one["rule"], one["title"])
    if one["lowered_at"]:
        said = voice.say(en=f"lowered by hand: {told}", sv=f"togs ned för hand: {told}")
        yield Past(one["lowered_at"], "alert", said, one["rule"], one["title"])


def _message(one: Row, voice: Voice) -> Iterator[Past]:
    what = voice.word("sent", one["what"]) or voice.say(en="message or call", sv="meddelande eller anrop")
    told = voice.say(en="was planned", sv="planerades")
    yield Past(one["created_at"], "message", f"{what} {told}", one["rule"], one["title"], to("messages"))
    if one["ended_at"]:
        said = f"{what}: {voice.word('sent', one['state'])}{_why(one, voice)}"
        yield Past(one["ended_at"], "message", said, one["rule"], one["title"], to("messages"))


def _deletion(one: Row, voice: Voice) -> Iterator[Past]:
    by = voice.say(en=", by a person", sv=", av en människa")
    for move in one["history"]:
        said = f"{voice.word('deletion', move['state'])}{_why(move, voice)}{by if move['by_a_person'] else ''}"
        yield Past(move["at"], "deletion", said, one["rule"], one["title"], to("deletions", one["id"]))


def _review(one: Row, voice: Voice) -> Iterator[Past]:
    asked = voice.say(en="a person was asked", sv="en människa tillfrågades")
    yield Past(one["asked_at"], "review", asked, one["rule"], one["title"], to("reviews"))
    if one["ended_at"]:
        said = ": ".join(filter(None, (voice.word("review", one["state"]), one["answer"], one["reason"])))
        yield Past(one["ended_at"], "review", said, one["rule"], one["title"], to("reviews"))


def _hold(one: Row, voice: Voice) -> Iterator[Past]:
    told = f"{one['name']}: {one['reason']}"
    yield Past(one["placed_at"], "hold", voice.say(en=f"placed: {told}", sv=f"lades: {told}"), address=to("holds"))
    if one["lifted_at"]:
        yield Past(one["lifted_at"], "hold", voice.say(en=f"lifted: {told}", sv=f"hävdes: {told}"), address=to("holds"))


def _restriction(one: Row, voice: Voice) -> Iterator[Past]:
    yield Past(one["since"], "restriction", voice.say(en="began", sv="började"))
    if one["told_at"]:
        yield Past(one["told_at"], "restriction", voice.say(en="the person was told", sv="personen fick veta"))
    if one["lifted_at"]:
        yield Past(one["lifted_at"], "restriction", voice.say(en="ended", sv="upphörde"))


def _permission(one: Row, voice: Voice) -> Iterator[Past]:
    told = f"{voice.word('permitted', one['use'])} ({voice.word('ground', one['ground'])})"
    yield Past(one["noted_at"], "restriction", voice.say(en=f"permitted: {told}", sv=f"tillåtet: {told}"))
    if one["withdrawn_at"]:
        yield Past(one["withdrawn_at"], "restriction", voice.say(en=f"withdrawn: {told}", sv=f"återkallat: {told}"))


def _event(one: Row, voice: Voice) -> str:
    source = one["source"] or voice.say(en="this service", sv="den här tjänsten")
    return f"{one['type']} ({source})"


def _told(one: Row, voice: Voice) -> Past:
    state = f"{voice.word('told', one['kind'])}, {voice.word('sent', one['state'])}"
    said = voice.say(en=f"{one['recipient']} was told of it: {state}", sv=f"{one['recipient']} underrättades: {state}")
    return Past(one["ended_at"] or one["created_at"], "recipient", said)


def _why(one: Row, voice: Voice) -> str:
    return f" ({voice.word('reason', one['reason'])})" if one["reason"] else ""
