"""Bank working days in Japan (銀行法施行令第5条): no Saturdays, Sundays, holidays, nor 31 December to 3 January."""

from datetime import date, datetime, timedelta
from typing import Final

import holidays

from mynapoint.kernel.period import JST

_CLOSED: Final = holidays.country_holidays("JP", categories=("public", "bank"))
_SATURDAY: Final = 5


def is_bank_day(day: date) -> bool:
    """Say whether banks work on a day."""
    return day.weekday() < _SATURDAY and day not in _CLOSED


def get_next_bank_day(at: datetime) -> date:
    """Return the first bank working day after the day, in Japan, of an instant."""
    day = at.astimezone(JST).date() + timedelta(days=1)
    while not is_bank_day(day):
        day += timedelta(days=1)
    return day
