"""Values of the configuration that have a form of their own: web addresses and times of day."""

from typing import Annotated

import httpx
from pydantic import AfterValidator

from engine.vocabulary.occurrence import ScheduleError, read_every


def _web_address(text: str) -> str:
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


WebAddress = Annotated[str, AfterValidator(_web_address)]
TimeOfDay = Annotated[str, AfterValidator(_time_of_day)]
