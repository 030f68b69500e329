"""Finding a counter without a map: by city, by service, by what one needs, by when it is open."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, get_args

from django.http import QueryDict

from mynapoint.kernel.documents import Words
from mynapoint.kernel.period import JST
from mynapoint.place.rules import Help, Place, can_help_with, closes_at, get_openings, get_plan, next_opening

HELPS: Final[tuple[Help, ...]] = get_args(Help)
_SATURDAY: Final = 5
_WEEKS_AHEAD: Final = timedelta(days=35)


@dataclass(frozen=True)
class Ask:
    """What a visitor looks for; everything empty means every counter that is not over."""

    city: str = ""
    service: str = ""
    help: Help | None = None
    open_now: bool = False
    weekends: bool = False


@dataclass(frozen=True)
class Openness:
    """Whether a place is open: until when, or from when again; neither when it is over for good."""

    closes_at: datetime | None
    opens_at: datetime | None


@dataclass(frozen=True)
class FoundPlace:
    """A place with whether it is open."""

    place: Place
    openness: Openness


@dataclass(frozen=True)
class City:
    """A municipality that has counters."""

    code: str
    name: Words


def read_ask(typed: QueryDict) -> Ask:
    """This will read from an address what is looked for; what it does not know, it leaves out."""
    return Ask(
        city=typed.get("city", "").replace("\x00", "")[:6],
        service=typed.get("service", "").replace("\x00", "")[:40],
        help=next((known for known in HELPS if known == typed.get("help")), None),
        open_now=bool(typed.get("open_now")),
        weekends=bool(typed.get("weekends")),
    )


def get_openness(place: Place, *, at: datetime) -> Openness:
    """This will say until when a place is open, or from when again."""
    closes = closes_at(place, at=at)
    following = None if closes else next_opening(place, at=at)
    return Openness(closes_at=closes, opens_at=following.start if following else None)


def find_counters(counters: Sequence[Place], ask: Ask, *, at: datetime) -> list[FoundPlace]:
    """This will find the counters that answer, city by city; those that are over for good are left out."""
    found = [FoundPlace(place, get_openness(place, at=at)) for place in counters if at < place.open_until]
    return [one for one in found if _answers(one, ask, at=at)]


def list_cities(counters: Sequence[Place]) -> list[City]:
    """This will list the municipalities of counters in the order of their codes."""
    names = {place.city_code: place.city for place in counters if place.city and place.city_code}
    return [City(code, name) for code, name in sorted(names.items())]


def opens_on_weekends(place: Place, *, at: datetime) -> bool:
    """This will say whether a place opens on a Saturday, a Sunday or a holiday of the next five weeks."""
    first = at.astimezone(JST).date()
    days = (first + timedelta(days=n) for n in range(_WEEKS_AHEAD.days))
    free = (day for day in days if day.weekday() >= _SATURDAY or get_plan(place, day=day).holiday)
    return any(get_openings(place, day=day) for day in free)


def _answers(found: FoundPlace, ask: Ask, *, at: datetime) -> bool:
    place = found.place
    return (
        (not ask.city or place.city_code == ask.city)
        and (not ask.service or can_help_with(place, "application", service_id=ask.service))
        and (ask.help is None or can_help_with(place, ask.help))
        and (not ask.open_now or found.openness.closes_at is not None)
        and (not ask.weekends or opens_on_weekends(place, at=at))
    )
