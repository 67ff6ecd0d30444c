"""Values of the configuration that have a form of their own: zones, places, durations, web addresses, times of day."""

from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator

from engine.service.holiday_calendar import workdays_of
from engine.vocabulary.duration import DurationError, read_duration
from engine.vocabulary.occurrence import ScheduleError, read_every


def _web_address(text: str) -> str:
    import httpx  # noqa: PLC0415 - a tenth of a second, which only those pay who configured an address

    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        url = httpx.URL()
    if url.scheme not in {"http", "https"} or not url.host:
        raise ValueError("no web address; write for example https://crm.example/ansgar")
    return text


def _time_of_day(text: str) -> str:
    try:
        read_every("day", text)
    except ScheduleError as error:
        raise ValueError(str(error)) from None
    return text


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("no such time zone; write for example Europe/Stockholm") from None
    return name


def _place(place: str) -> str:
    workdays_of(place)
    return place


def _duration(text: str) -> str:
    try:
        read_duration(text)
    except DurationError as error:
        raise ValueError(str(error)) from None
    return text


WebAddress = Annotated[str, AfterValidator(_web_address)]
TimeOfDay = Annotated[str, AfterValidator(_time_of_day)]
ZoneName = Annotated[str, AfterValidator(_zone)]
HolidayPlace = Annotated[str, AfterValidator(_place)]
Length = Annotated[str, AfterValidator(_duration)]
