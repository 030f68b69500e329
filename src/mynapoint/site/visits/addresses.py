"""The parts of these addresses: a day, a time of the day, a code."""

from datetime import date, datetime
from typing import Final

from django.urls import register_converter

from mynapoint.kernel.period import JST
from mynapoint.kernel.slip_code import CODE_ALPHABET, CODE_LENGTH


class DayPart:
    """A day: 2020-10-05. It stays a text, so that a ticket of the waiting room can lead back to it."""

    regex = "[0-9]{4}-[0-9]{2}-[0-9]{2}"

    def to_python(self, value: str) -> str:
        """Take it as it is.

        :raises ValueError: when there is no such day.
        """
        return date.fromisoformat(value).isoformat()

    def to_url(self, value: str | date) -> str:
        """Write it."""
        return str(value)


class ClockPart(DayPart):
    """A time of the day in Japan: 0930."""

    regex = "[0-9]{4}"

    def to_python(self, value: str) -> str:
        """Take it as it is."""
        return value


class CodePart(ClockPart):
    """A slip's code as it stands in an address: without hyphens."""

    regex = f"[{CODE_ALPHABET}]{{{CODE_LENGTH}}}"


DAY: Final = "visit_day"
CLOCK: Final = "clock"
CODE: Final = "code"
register_converter(DayPart, DAY)
register_converter(ClockPart, CLOCK)
register_converter(CodePart, CODE)


def read_time(day: str, clock: str) -> datetime | None:
    """This will give the time that an address names; None when there is none such."""
    try:
        return datetime.strptime(f"{day} {clock}", "%Y-%m-%d %H%M").replace(tzinfo=JST)
    except ValueError:
        return None


def write_time(at: datetime) -> dict[str, str]:
    """This will give the parts of an address that name a time."""
    local = at.astimezone(JST)
    return {"day": local.date().isoformat(), "clock": f"{local:%H%M}"}
