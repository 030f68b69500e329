"""Clock times, as people wait for them."""

from datetime import datetime

from django import template
from django.template.context import Context

from mynapoint.kernel.period import JST
from mynapoint.site.shell.dates import format_day
from mynapoint.site.shell.words import get_words

register = template.Library()


@register.simple_tag(takes_context=True)
def clock(context: Context, at: datetime) -> str:
    """Say a time of the day in Japan, with its day unless that is today."""
    local, language = at.astimezone(JST), context["language"]
    words, time = get_words(language), {"hour": str(local.hour), "minute": f"{local.minute:02}"}
    if local.date() == context["now"].astimezone(JST).date():
        return words.say("waiting.clock", **time)
    return words.say("waiting.clock_on", day=format_day(at, language), **time)
