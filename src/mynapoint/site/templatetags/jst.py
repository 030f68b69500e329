"""Times and sums as people read them in Japan."""

from datetime import datetime, time, timedelta

from django import template

from mynapoint.kernel.period import JST
from mynapoint.site.sentences import format_time

register = template.Library()
register.filter("jst", format_time)


@register.filter
def jst_day(at: datetime) -> str:
    """Return the day of a time in Japan."""
    return format_time(at).split(" ", 1)[0]


@register.filter
def jst_until(end: datetime) -> str:
    """Return the end of a half-open window as its last day, or to the second when it does not end at midnight."""
    if end.astimezone(JST).time() == time.min:
        return f"{jst_day(end - timedelta(days=1))}まで"
    return f"{format_time(end)} より前まで"


@register.filter
def grouped(number: int) -> str:
    """Return a number with a comma after every three digits."""
    return f"{number:,}"
