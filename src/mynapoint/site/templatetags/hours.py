"""Hours and days of the week as people read them."""

from datetime import date, datetime
from typing import Final

from django import template
from django.template.context import Context
from django.utils.safestring import SafeString, mark_safe

from cardagent.languages import Language
from mynapoint.kernel.period import JST
from mynapoint.site.shell.dates import MONTHS, format_wait
from mynapoint.site.shell.furigana import add_furigana
from mynapoint.site.shell.words import get_words

register = template.Library()
_NAMES: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@register.filter
def clock(at: datetime) -> str:
    """Return a time of day in Japan: 9:30."""
    local = at.astimezone(JST)
    return f"{local.hour}:{local.minute:02}"


@register.filter
def wait(minutes: int, language: str = "ja") -> str:
    """Return a wait in hours and minutes: 4時間20分."""
    return format_wait(minutes, Language(language))


@register.simple_tag(takes_context=True)
def weekday(context: Context, at: datetime | date) -> str:
    """Say the day of the week."""
    return get_words(context["language"]).say(f"places.weekday.{_NAMES[_to_date(at).weekday()]}")


@register.simple_tag(takes_context=True)
def short_day(context: Context, at: datetime | date) -> SafeString:
    """Say a day with its day of the week and without the year: 10月6日(火), Tue 6 October."""
    day, language = _to_date(at), context["language"]
    name = weekday(context, day)
    if language is Language.ENGLISH:
        return mark_safe(f"{name} {day.day} {MONTHS[day.month - 1]}")  # noqa: S308
    text = f"{day.month}月{day.day}日({name})"
    return mark_safe(add_furigana(text) if language is Language.EASY_JAPANESE else text)  # noqa: S308


@register.simple_tag(takes_context=True)
def month_name(context: Context, first: date) -> str:
    """Say a month with its year."""
    if context["language"] is Language.ENGLISH:
        return f"{MONTHS[first.month - 1]} {first.year}"
    return f"{first.year}年{first.month}月"


@register.simple_tag(takes_context=True)
def month_day(context: Context, name: str) -> str:
    """Say a day of every year, given as MM-DD."""
    month, day = map(int, name.split("-"))
    return f"{day} {MONTHS[month - 1]}" if context["language"] is Language.ENGLISH else f"{month}月{day}日"


def _to_date(at: datetime | date) -> date:
    return at.astimezone(JST).date() if isinstance(at, datetime) else at
