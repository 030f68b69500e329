"""A place's calendar, month by month, as a page shows it."""

from calendar import SUNDAY, Calendar
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from mynapoint.kernel.documents import Words
from mynapoint.kernel.period import JST, Period
from mynapoint.place.rules import Place, get_openings, get_plan

_SHEET: Final = Calendar(firstweekday=SUNDAY)


@dataclass(frozen=True)
class Day:
    """One day of a month; `is_ordinary` when nothing but the week decided."""

    date: date
    openings: tuple[Period, ...]
    holiday: Words | None
    reason: Words | None
    is_ordinary: bool
    is_today: bool


@dataclass(frozen=True)
class Month:
    """A month of a place: weeks from Sunday on, with None for the days of its neighbours."""

    first: date
    weeks: tuple[tuple[Day | None, ...], ...]
    previous: date | None
    next: date | None

    @property
    def unusual(self) -> list[Day]:
        """The days that are not as the week has them."""
        return [day for week in self.weeks for day in week if day and not day.is_ordinary]


def read_month(text: str, place: Place, *, at: datetime) -> date:
    """This will read a month from an address as YYYY-MM; the current one where that is none of the place's."""
    first, last = _span(place)
    today = min(max(at.astimezone(JST).date().replace(day=1), first), last)
    try:
        asked = datetime.strptime(text, "%Y-%m").replace(tzinfo=JST).date()
    except ValueError:
        return today
    return asked if first <= asked <= last else today


def get_month(place: Place, first: date, *, at: datetime) -> Month:
    """This will lay out a place's month."""
    today = at.astimezone(JST).date()
    weeks = tuple(
        tuple(_get_day(place, day, today=today) if day.month == first.month else None for day in week)
        for week in _SHEET.monthdatescalendar(first.year, first.month)
    )
    start, end = _span(place)
    before = (first - timedelta(days=1)).replace(day=1)
    after = (first + timedelta(days=31)).replace(day=1)
    return Month(first, weeks, before if before >= start else None, after if after <= end else None)


def get_week(place: Place, *, at: datetime) -> list[Day]:
    """This will lay out the seven days from today on."""
    today = at.astimezone(JST).date()
    return [_get_day(place, today + timedelta(days=n), today=today) for n in range(7)]


def _span(place: Place) -> tuple[date, date]:
    last = (place.open_until - timedelta.resolution).astimezone(JST).date()
    return place.open_from.astimezone(JST).date().replace(day=1), last.replace(day=1)


def _get_day(place: Place, day: date, *, today: date) -> Day:
    plan = get_plan(place, day=day)
    exists = bool(get_openings(place, day=day)) or not plan.hours
    return Day(
        date=day,
        openings=get_openings(place, day=day),
        holiday=plan.holiday,
        reason=plan.reason,
        is_ordinary=exists and plan.why == "weekly",
        is_today=day == today,
    )
