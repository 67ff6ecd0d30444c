"""Holidays: the working days of a country or a part of it, from the library `holidays`."""

from functools import lru_cache
from importlib import import_module

from engine.vocabulary.problem import nearest, nearest_or_all
from engine.vocabulary.workdays import MONDAY_TO_FRIDAY, Workdays, workdays_without

NOWHERE = "none"
FIRST_YEAR, LAST_YEAR = 1950, 2150


class PlaceUnknown(ValueError):
    """A place whose holidays are not known; its text says what would be right."""


@lru_cache
def workdays_of(place: str) -> Workdays:
    """Return the working days of a place: `SE`, `DE-BY` (ISO 3166), or `none`, which has no holidays.

    Its public holidays are left out in the years 1950 to 2150, as far as the library knows them. Raises PlaceUnknown.
    """
    if place == NOWHERE:
        return MONDAY_TO_FRIDAY
    # A tenth of a second at every start, which only those pay who configured a place.
    holidays = import_module("holidays")
    country, _, part = place.partition("-")
    parts = holidays.list_supported_countries().get(country)
    if parts is None:
        hint = nearest(country.upper(), holidays.list_supported_countries()) or "write for example SE, or DE-BY"
        raise PlaceUnknown(f"the holidays of `{country}` are not known; {hint}")
    if part and part not in parts:
        raise PlaceUnknown(f"`{country}` has no part `{part}` with holidays of its own; {nearest_or_all(part, parts)}")
    known = holidays.country_holidays(country, subdiv=part or None)
    years = range(max(FIRST_YEAR, known.start_year), min(LAST_YEAR, known.end_year) + 1)
    return workdays_without(place, holidays.country_holidays(country, subdiv=part or None, years=years))
