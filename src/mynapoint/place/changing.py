"""A place's next text, made from the one that counts: its week, special days, notices, and what it says of itself."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from pydantic import ValidationError

from mynapoint.kernel.documents import DocumentMalformed, Words
from mynapoint.kernel.refusal import Refusal
from mynapoint.place.calendar import DAY_NAMES, DayName, Hours, SpecialDays
from mynapoint.place.rules import Notice, Place

WEEK: Final[tuple[DayName, ...]] = (*DAY_NAMES, "holiday")


class UnableToChangePlace(Refusal):
    """Why a place's text is not followed by another one."""


class PlaceUnknown(UnableToChangePlace):
    """There is no such place to change, or one of this name to begin."""

    code = "place_unknown"


class PlaceTaken(UnableToChangePlace):
    """There is a place of this name."""

    code = "place_taken"


class PlaceChangedMeanwhile(UnableToChangePlace):
    """Somebody else has changed it since the form was made."""

    code = "place_changed_meanwhile"


def change(place: Place, parts: Mapping[str, Any], *, at: datetime) -> Place:
    """Return a place's text with some parts replaced, which counts from an instant on.

    :raises DocumentMalformed: naming the first part that cannot be so.
    """
    content = place.model_dump(mode="json", by_alias=True) | dict(parts) | {"effective_from": at}
    try:
        return Place.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise DocumentMalformed(file=place.id, problem=".".join(str(step) for step in first["loc"])) from None


def get_week(place: Place) -> dict[DayName, tuple[Hours, ...]]:
    """Return the hours of each day of the week, and of holidays."""
    return {day: next((line.hours for line in place.calendar.weekly if day in line.days), ()) for day in WEEK}


def with_week(place: Place, week: Mapping[DayName, tuple[Hours, ...]]) -> dict[str, Any]:
    """Return the calendar with other weekly hours."""
    weekly = [{"days": [day], "hours": [_dump(each) for each in hours]} for day, hours in week.items()]
    return {"calendar": _dump(place.calendar) | {"weekly": weekly}}


def with_special_days(place: Place, special: SpecialDays) -> dict[str, Any]:
    """Return the calendar with special days, which take the place of what was said of these days before."""
    kept = _without(place, set(special.days))
    return {"calendar": _dump(place.calendar) | {"special": [*kept, _dump(special)]}}


def without_special_day(place: Place, day: date) -> dict[str, Any]:
    """Return the calendar in which a day is as any other."""
    return {"calendar": _dump(place.calendar) | {"special": _without(place, {day})}}


def with_notice(place: Place, notice: Notice) -> dict[str, Any]:
    """Return the notices with one more."""
    return {"notices": [*map(_dump, place.notices), _dump(notice)]}


def without_notice(place: Place, number: int, *, at: datetime) -> dict[str, Any]:
    """Return the notices of which one ends now; one that was never shown goes.

    :raises PlaceChangedMeanwhile: when there is no such notice.
    """
    if not 0 <= number < len(place.notices):
        raise PlaceChangedMeanwhile
    ended = place.notices[number]
    after = [_dump(ended) | {"until": at}] if ended.from_ < at else []
    others = [_dump(notice) for place_in, notice in enumerate(place.notices) if place_in != number]
    return {"notices": [*others, *after]}


def words(ja: str, easy: str, en: str) -> Words:
    """Return a text in its languages; those that are empty are left to Japanese."""
    return Words(ja=ja, easy=easy or None, en=en or None)


def _without(place: Place, days: set[date]) -> list[dict[str, Any]]:
    kept = []
    for special in place.calendar.special:
        left = [day for day in special.days if day not in days]
        if left:
            kept.append(_dump(special) | {"days": left})
    return kept


def _dump(part: Any) -> dict[str, Any]:
    dumped: dict[str, Any] = part.model_dump(mode="json", by_alias=True)
    return dumped
