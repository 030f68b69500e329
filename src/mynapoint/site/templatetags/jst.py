"""Times as people read them in Japan."""

from datetime import datetime

from django import template

from mynapoint.site.sentences import format_time

register = template.Library()
register.filter("jst", format_time)


@register.filter
def jst_day(at: datetime) -> str:
    """Return the day of a time in Japan."""
    return format_time(at).split(" ", 1)[0]
