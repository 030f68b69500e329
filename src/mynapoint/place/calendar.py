"""A place's own calendar: weekly hours, Japanese holidays, special days, and the days off that come every year."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time
from itertools import pairwise
from typing import Annotated, Final, Literal

import holidays
from pydantic import Field, model_validator

from mynapoint.kernel.documents import Part, Words

DAY_NAMES: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DayName = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "holiday"]
Why = Literal["weekly", "holiday", "special", "yearly"]

_HOLIDAYS: Final = {
    "ja": holidays.country_holidays("JP", language="ja"),
    "en": holidays.country_holidays("JP", language="en_US"),
}


class Hours(Part):
    """Hours of one day, half-open, in Japan's time; `until` is the first moment after them."""

    from_: Annotated[time, Field(alias="from")]
    until: time

    @model_validator(mode="after")
    def check_order(self) -> "Hours":
        """Refuse hours that end before they start, and hours with a zone or a fraction of a second."""
        if any(moment.tzinfo or moment.microsecond for moment in (self.from_, self.until)):
            raise ValueError("hours are times of day in Japan, to the second")
        if self.from_ >= self.until:
            raise ValueError("hours end after they start, on the same day")
        return self


def _check_apart(hours: Sequence[Hours]) -> None:
    for earlier, later in pairwise(hours):
        if earlier.until >= later.from_:
            raise ValueError("hours of one day stand in order, with a pause between them")


class WeeklyHours(Part):
    """The hours of some days of the week; `holiday` is any public holiday, whatever day of the week it falls on."""

    days: Annotated[tuple[DayName, ...], Field(min_length=1)]
    hours: tuple[Hours, ...]

    @model_validator(mode="after")
    def check_hours(self) -> "WeeklyHours":
        """Refuse hours that overlap."""
        _check_apart(self.hours)
        return self


class SpecialDays(Part):
    """Days with hours of their own, or with none: open holidays, moves, maintenance; with the reason that is shown."""

    days: Annotated[tuple[date, ...], Field(min_length=1)]
    hours: tuple[Hours, ...] = ()
    reason: Words

    @model_validator(mode="after")
    def check_hours(self) -> "SpecialDays":
        """Refuse hours that overlap."""
        _check_apart(self.hours)
        return self


class YearlyClosure(Part):
    """Days off that come every year, as MM-DD, both included; they may run over the New Year."""

    from_: Annotated[str, Field(alias="from", pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]
    until: Annotated[str, Field(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]
    reason: Words

    def covers(self, day: date) -> bool:
        """Say whether a day lies in it."""
        name = f"{day:%m-%d}"
        if self.from_ <= self.until:
            return self.from_ <= name <= self.until
        return name >= self.from_ or name <= self.until


@dataclass(frozen=True)
class DayPlan:
    """One day by the calendar: its hours, which of its parts decided, the reason it gives, and a holiday's name."""

    hours: tuple[Hours, ...]
    why: Why
    reason: Words | None
    holiday: Words | None


class Calendar(Part):
    """When a place is open. Special days win over the yearly days off, those over holidays, those over the week."""

    weekly: Annotated[tuple[WeeklyHours, ...], Field(min_length=1)]
    special: tuple[SpecialDays, ...] = ()
    closed_yearly: tuple[YearlyClosure, ...] = ()

    @model_validator(mode="after")
    def check_days(self) -> "Calendar":
        """Refuse a day that stands twice."""
        for days in ([day for line in self.weekly for day in line.days], list(self._special_days())):
            if len(set(days)) != len(days):
                raise ValueError("a day stands twice in the calendar")
        return self

    def plan(self, day: date) -> DayPlan:
        """Return what the calendar says of a day in Japan."""
        holiday = get_holiday_name(day)
        for special in self.special:
            if day in special.days:
                return DayPlan(special.hours, "special", special.reason, holiday)
        for closure in self.closed_yearly:
            if closure.covers(day):
                return DayPlan((), "yearly", closure.reason, holiday)
        if holiday:
            return DayPlan(self._hours_on("holiday"), "holiday", None, holiday)
        return DayPlan(self._hours_on(DAY_NAMES[day.weekday()]), "weekly", None, None)

    def _hours_on(self, name: str) -> tuple[Hours, ...]:
        return next((line.hours for line in self.weekly if name in line.days), ())

    def _special_days(self) -> Iterator[date]:
        for special in self.special:
            yield from special.days


def get_holiday_name(day: date) -> Words | None:
    """Return the name of a public holiday in Japan (国民の祝日に関する法律), or None on other days."""
    name = _HOLIDAYS["ja"].get(day)
    return Words(ja=name, en=_HOLIDAYS["en"].get(day)) if name else None
