"""What a place says of itself, and when it is open."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, AwareDatetime, Field, model_validator

from mynapoint.kernel.documents import Document, Part, Words
from mynapoint.kernel.period import JST, Period
from mynapoint.place.calendar import Calendar, DayPlan

# No place is closed for longer than this and then opens again: after it, nobody looks any further.
LONGEST_PAUSE: Final = timedelta(days=400)
_WEIGHTS: Final = (6, 5, 4, 3, 2)
ONE_DAY: Final = timedelta(days=1)

Help = Literal["reservation", "application", "inquiry", "pin_reset", "advice"]
Facility = Literal["wheelchair", "sign_language", "hearing_loop", "languages", "children", "parking"]


def get_check_digit(code: str) -> str:
    """Return the check digit of a municipality's five digits (総務省「全国地方公共団体コード」)."""
    total = sum(int(digit) * weight for digit, weight in zip(code, _WEIGHTS, strict=True))
    return str((11 - total % 11) % 10)


def _check_city_code(code: str) -> str:
    """Return a municipality's code with its check digit: five digits are completed, six are checked."""
    whole = code[:5] + get_check_digit(code[:5])
    if len(code) == 6 and code != whole:
        raise ValueError("the code's check digit is wrong")
    return whole


CityCode = Annotated[str, Field(pattern=r"^[0-9]{5}[0-9]?$"), AfterValidator(_check_city_code)]


class Contact(Part):
    """How a place is reached: by telephone, with the digit that its announcement asks for, by fax, by mail."""

    office: Words | None = None
    phone: Annotated[str, Field(pattern=r"^0[0-9]{1,4}-[0-9]{1,4}-[0-9]{3,4}$")]
    menu_digit: Annotated[str, Field(pattern=r"^[0-9#*]$")] | None = None
    toll_free: bool = False
    fax: Annotated[str, Field(pattern=r"^0[0-9]{1,4}-[0-9]{1,4}-[0-9]{3,4}$")] | None = None
    mail: Annotated[str, Field(pattern=r"^[A-Za-z0-9._+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$")] | None = None

    @property
    def shown_mail(self) -> str | None:
        """The mail address as it stands on a page, so that programs that collect addresses do not find it."""
        return self.mail.replace("@", "(at)") if self.mail else None


class Notice(Part):
    """Something that visitors have to know, for a time; `until` is the first instant without it."""

    from_: Annotated[AwareDatetime, Field(alias="from")]
    until: AwareDatetime
    text: Words

    @model_validator(mode="after")
    def check_order(self) -> "Notice":
        """Refuse a notice that ends before it starts."""
        _ = self.period
        return self

    @property
    def period(self) -> Period:
        """When it is shown."""
        return Period(self.from_, self.until)


class Slots(Part):
    """How many people can be booked for each span of so many minutes."""

    minutes: Annotated[int, Field(ge=5, le=240)]
    places: Annotated[int, Field(ge=1, le=100)]


class Place(Document):
    """A counter or a helpdesk as it counts from one instant on."""

    kind: Literal["counter", "helpdesk"]
    name: Words
    reading: Annotated[str, Field(pattern=r"^[ぁ-ゖー・ ]*$")] = ""
    city: Words | None = None
    city_code: CityCode | None = None
    address: Words | None = None
    building: Words | None = None
    floor: Words | None = None
    way: Words | None = None
    open_from: AwareDatetime
    open_until: AwareDatetime
    contact: Contact
    calendar: Calendar
    helps: Annotated[tuple[Help, ...], Field(min_length=1)]
    services_not_here: tuple[str, ...] = ()
    bring: tuple[Words, ...] = ()
    facilities: tuple[Facility, ...] = ()
    notices: tuple[Notice, ...] = ()
    slots: Slots | None = None

    @model_validator(mode="after")
    def check_place(self) -> "Place":
        """Refuse a time of existence that ends before it starts, and a counter that nobody could find."""
        _ = self.period
        if self.kind == "counter" and not (self.city and self.city_code and self.address):
            raise ValueError("a counter names its city, its city_code and its address")
        return self

    @property
    def period(self) -> Period:
        """When the place exists at all: its hours count inside it only."""
        return Period(self.open_from, self.open_until)


def get_plan(place: Place, *, day: date) -> DayPlan:
    """Return what a place's calendar says of a day in Japan, whether or not the place exists then."""
    return place.calendar.plan(day)


def get_openings(place: Place, *, day: date) -> tuple[Period, ...]:
    """Return a day's openings in order, cut to the time in which the place exists."""
    return tuple(_clip(place, day=day))


def _clip(place: Place, *, day: date) -> Iterator[Period]:
    for hours in place.calendar.plan(day).hours:
        start = max(datetime.combine(day, hours.from_, JST), place.open_from)
        end = min(datetime.combine(day, hours.until, JST), place.open_until)
        if start < end:
            yield Period(start, end)


def opening_at(place: Place, *, at: datetime) -> Period | None:
    """Return the opening in which an instant lies, if the place is open then."""
    openings = get_openings(place, day=at.astimezone(JST).date())
    return next((opening for opening in openings if at in opening), None)


def is_open(place: Place, *, at: datetime) -> bool:
    """Say whether the place is open at an instant."""
    return opening_at(place, at=at) is not None


def closes_at(place: Place, *, at: datetime) -> datetime | None:
    """Return the first instant at which the place, open now, is closed; None when it is closed already."""
    opening = opening_at(place, at=at)
    return opening.end if opening else None


def next_opening(place: Place, *, at: datetime) -> Period | None:
    """Return the first opening that starts after an instant; None when none will come."""
    start = max(at, place.open_from - ONE_DAY)
    last = min(place.open_until, start + LONGEST_PAUSE)
    day = start.astimezone(JST).date()
    while day <= last.astimezone(JST).date():
        for opening in get_openings(place, day=day):
            if opening.start > at:
                return opening
        day += ONE_DAY
    return None


def open_from(place: Place, *, at: datetime) -> datetime | None:
    """Return the first instant, not before this one, at which the place is open; None when none will come."""
    if is_open(place, at=at):
        return at
    following = next_opening(place, at=at - timedelta.resolution)
    return following.start if following else None


def notices_at(place: Place, *, at: datetime) -> tuple[Notice, ...]:
    """Return the notices that are shown at an instant."""
    return tuple(notice for notice in place.notices if at in notice.period)


def get_slots(place: Place, *, day: date) -> tuple[Period, ...]:
    """Return the whole spans of a day that can be booked, in order; a span that would end after closing is none."""
    if place.slots is None:
        return ()
    length = timedelta(minutes=place.slots.minutes)
    return tuple(
        Period(opening.start + n * length, opening.start + (n + 1) * length)
        for opening in get_openings(place, day=day)
        for n in range((opening.end - opening.start) // length)
    )


def can_help_with(place: Place, help_: Help, *, service_id: str | None = None) -> bool:
    """Say whether people are helped here with something, and with this service if one is named."""
    return help_ in place.helps and service_id not in place.services_not_here
