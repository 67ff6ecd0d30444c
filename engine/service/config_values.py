"""Values of the configuration: how texts, numbers, zones, places, durations and web addresses are read and checked.

What the environment says is text, so that a number or a flag may stand as text.
"""

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine.service.config_keys import Read, refuse
from engine.service.holiday_calendar import PlaceUnknown, workdays_of
from engine.vocabulary.duration import DurationError, read_duration
from engine.vocabulary.occurrence import ScheduleError, read_every
from engine.vocabulary.problem import nearest_or_all

Number = TypeVar("Number", int, Decimal)

_WHOLE = re.compile(r"[-+]?\d{1,18}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})?")
_FLAGS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
_MAIL_SERVER = "smtp://"
NO_ADDRESS = "none"
_CONTACT = "{id}"


def text(written: object) -> str:
    """Return text as it is."""
    if not isinstance(written, str):
        refuse("text was expected; put it in quotes")
    return written


def flag(written: object) -> bool:
    """Return true or false."""
    found = written if isinstance(written, bool) else _FLAGS.get(str(written).lower())
    if found is None:
        refuse("true or false was expected")
    return found


def whole(least: int, most: int | None = None) -> Read:
    """Return what reads a whole number between two bounds, both included."""

    def read(written: object) -> int:
        if isinstance(written, bool) or not _WHOLE.fullmatch(str(written)):
            refuse("a whole number was expected")
        return _within(int(str(written)), least, most)

    return read


def percentage(written: object) -> Decimal:
    """Return an exact number from 0 to 100."""
    try:
        number = Decimal("NaN" if isinstance(written, bool) else str(written))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        refuse("a number was expected")
    return _within(number, 0, 100)


def one_of(*words: str) -> Read:
    """Return what reads one of some words."""

    def read(written: object) -> object:
        return written if written in words else refuse(f"it is one of: {', '.join(words)}")

    return read


def texts(written: object) -> tuple[str, ...]:
    """Return a list of texts."""
    if not isinstance(written, list | tuple):
        refuse("a list was expected, such as [a, b]")
    return tuple(map(text, written))


def some_of(*words: str) -> Read:
    """Return what reads a list of one or more of some words."""

    def read(written: object) -> object:
        return any_of(*words)(written) or refuse(f"some of {', '.join(words)}")

    return read


def any_of(*words: str) -> Read:
    """Return what reads a list of some words, or of none."""

    def read(written: object) -> tuple[str, ...]:
        found = texts(written)
        wrong = next((one for one in found if one not in words), None)
        if wrong is not None:
            refuse(f"`{wrong}`: {nearest_or_all(wrong, words)}")
        return tuple(dict.fromkeys(found))

    return read


def languages(written: object) -> tuple[str, ...]:
    """Return the codes of one or more languages."""
    found = texts(written)
    if not found or not all(_LANGUAGE.fullmatch(one) for one in found):
        refuse("a list of one or more languages was expected, such as [en, sv] or [pt-BR]")
    return found


def zone(written: object) -> str:
    """Return the name of a time zone that exists."""
    name = text(written)
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        refuse("no such time zone; write for example Europe/Stockholm")
    return name


def place(written: object) -> str:
    """Return a place whose holidays are known."""
    return _understood(workdays_of, PlaceUnknown, written)


def duration(written: object) -> str:
    """Return a duration as it is written, such as `7 days`."""
    return _understood(read_duration, DurationError, written)


def some_time(written: object) -> str:
    """Return a duration in which time passes, as it is written."""
    said = duration(written)
    return refuse("more than nothing was expected") if read_duration(said).is_zero else said


def time_of_day(written: object) -> str:
    """Return a local time of day."""
    return _understood(lambda at: read_every("day", at), ScheduleError, written)


def web_address(written: object) -> str:
    """Return an address that can be called."""
    import httpx  # noqa: PLC0415 - a tenth of a second, which only those pay who configured an address

    address = text(written)
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL:
        url = httpx.URL()
    if url.scheme not in {"http", "https"} or not url.host:
        refuse("no web address; write for example https://crm.example/ansgar")
    if url.userinfo:
        refuse("a user or password stands in the address; leave it out, calls are signed with the secret")
    return address


def contact_address(written: object) -> str:
    """Return an address with `{id}` in its path or query once, or `none`."""
    address = text(written)
    if address == NO_ADDRESS:
        return address
    before, _, after = address.partition(_CONTACT)
    is_in_path = before.removeprefix("https://").removeprefix("http://").count("/") > 0
    if address.count(_CONTACT) != 1 or not is_in_path:
        refuse(
            f"it has `{_CONTACT}` in its path once, as https://crm.example/contacts/{_CONTACT}, or it is `{NO_ADDRESS}`"
        )
    web_address(before + after)
    return address


def mail_server(written: object) -> str:
    """Return the address of a mail server."""
    address = text(written)
    return address if address.startswith(_MAIL_SERVER) else refuse("write for example smtp://127.0.0.1:2525")


def _within(number: Number, least: int, most: int | None) -> Number:
    if number < least or (most is not None and number > most):
        refuse(
            f"a number from {least} was expected" if most is None else f"a number from {least} to {most:,} was expected"
        )
    return number


def _understood(read: Callable[[str], object], fault: type[Exception], written: object) -> str:
    """Return a text that another reader understands; what it says where it does not is said on."""
    said = text(written)
    try:
        read(said)
    except fault as error:
        refuse(str(error))
    return said
