"""Days and months as they stand in addresses: 2020-09-10 and 2020-09."""

from datetime import date, datetime


class DayConverter:
    """A day."""

    regex = "[0-9]{4}-[0-9]{2}-[0-9]{2}"

    def to_python(self, value: str) -> date:
        """Read it.

        :raises ValueError: when there is no such day, so that the address is not found.
        """
        return datetime.strptime(value, "%Y-%m-%d").date()  # noqa: DTZ007  # a day has no zone

    def to_url(self, value: date) -> str:
        """Write it."""
        return value.isoformat()


class MonthConverter:
    """A month, as its first day."""

    regex = "[0-9]{4}-[0-9]{2}"

    def to_python(self, value: str) -> date:
        """Read it.

        :raises ValueError: when there is no such month, so that the address is not found.
        """
        return datetime.strptime(value, "%Y-%m").date()  # noqa: DTZ007  # a month has no zone

    def to_url(self, value: date) -> str:
        """Write it."""
        return f"{value:%Y-%m}"
