"""What templates say: phrases, documents' own words, days and times, each in the page's language."""

from collections.abc import Mapping
from datetime import date, datetime, time

from django import template
from django.http import HttpRequest
from django.template.base import NodeList, Parser, Token
from django.template.context import Context
from django.utils.html import conditional_escape, escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from cardagent.languages import Language
from mynapoint.kernel.documents import Words
from mynapoint.kernel.period import JST
from mynapoint.site.shell import dates, navigation
from mynapoint.site.shell.furigana import add_furigana
from mynapoint.site.shell.languages import LANG_CODES, choose
from mynapoint.site.shell.words import get_words

register = template.Library()


@register.simple_tag(takes_context=True)
def say(context: Context, *name: object, plain: bool = False, **values: object) -> str:
    """Say a phrase: `{% say "start.title" cap=5000 %}`; names are joined by dots, `plain` adds no readings."""
    text = escape(get_words(context["language"]).texts[".".join(map(str, name))])
    return _finish(context, text.format(**_escape(values)), plain=plain)


@register.simple_tag(takes_context=True)
def words_of(context: Context, words: Words, *, plain: bool = False, **values: object) -> str:
    """Say a document's own words; where they stand in for a language that it lacks, they are marked as Japanese.

    With values, the words' places are filled in: `{% words_of question cap=5000 %}`.
    """
    text, spoken = choose(words, context["language"])
    html: str = conditional_escape(text)
    html = html.format(**_escape(values)) if values else html
    if LANG_CODES[spoken] != context["lang"] and not plain:
        return format_html('<span lang="{}">{}</span>', LANG_CODES[spoken], mark_safe(html))  # noqa: S308
    return _finish(context, html, plain=plain)


@register.simple_tag(takes_context=True)
def day(context: Context, at: datetime, *, plain: bool = False) -> str:
    """Say the day of a time in Japan."""
    return _finish(context, dates.format_day(at, context["language"]), plain=plain)


@register.simple_tag(takes_context=True)
def day_of(context: Context, date_: date, *, plain: bool = False) -> str:
    """Say a date."""
    return day(context, datetime.combine(date_, time(), JST), plain=plain)


@register.simple_tag(takes_context=True)
def last_day(context: Context, end: datetime, *, plain: bool = False) -> str:
    """Say the last day of a half-open window."""
    return _finish(context, dates.format_last_day(end, context["language"]), plain=plain)


@register.simple_tag(takes_context=True)
def moment(context: Context, at: datetime, *, plain: bool = False) -> str:
    """Say a time in Japan to the second."""
    return _finish(context, dates.format_time(at, context["language"]), plain=plain)


@register.simple_tag(takes_context=True)
def until(context: Context, end: datetime, *, plain: bool = False) -> str:
    """Say the end of a half-open window."""
    return _finish(context, dates.format_until(end, context["language"]), plain=plain)


@register.simple_tag(takes_context=True)
def changed(context: Context, *sources: date | datetime) -> str:
    """Say when a page's content changed: the newest of its own date and those of the documents that it shows."""
    newest = max(_to_day(source) for source in sources if source)
    shown = dates.format_day(datetime.combine(newest, time(), JST), context["language"])
    words = get_words(context["language"])
    # A demonstration's clock stands before the day on which its texts were written.
    note = words.say("shell.real_date") if newest > _to_day(context["now"]) else ""
    line = format_html(
        '<p class="changed">{} <time datetime="{}">{}</time>{}</p>',
        words.say("shell.changed"),
        newest.isoformat(),
        shown,
        note,
    )
    return _finish(context, line)


@register.simple_tag(takes_context=True)
def fault_of(context: Context, field: str) -> str:
    """Return what is wrong with a field, or nothing."""
    return next((fault.text for fault in context.get("faults") or () if fault.field == field), "")


@register.simple_tag(takes_context=True)
def main_places(context: Context) -> list[navigation.Place]:
    """List the main pages of the site."""
    return navigation.list_places(context["request"], navigation.MAIN)


@register.simple_tag(takes_context=True)
def foot_places(context: Context) -> list[navigation.Place]:
    """List the other pages that every page leads to."""
    return navigation.list_places(context["request"], navigation.FOOT)


@register.simple_tag(takes_context=True)
def page_link(context: Context, name: str) -> navigation.Place:
    """Return a page by the name of its address."""
    return navigation.list_places(context["request"], (name,))[0]


@register.simple_tag(takes_context=True)
def tongues(context: Context) -> list[navigation.Tongue]:
    """List this page in every language."""
    request: HttpRequest = context["request"]
    return navigation.list_tongues(request)


@register.filter
def grouped(number: int) -> str:
    """Return a number with a comma after every three digits."""
    return f"{number:,}"


@register.filter
def whole_words(text: str) -> SafeString:
    """Return a text of which a word begins a line of its own before it is torn, such as an account's masked number."""
    return format_html_join(" ", '<span class="whole">{}</span>', ((word,) for word in text.split()))


@register.tag
def furigana(parser: Parser, _token: Token) -> "FuriganaNode":
    """Put readings over the difficult words of a block, where the page is in easy Japanese."""
    inside = parser.parse(("endfurigana",))
    parser.delete_first_token()
    return FuriganaNode(inside)


class FuriganaNode(template.Node):
    """A block of prose."""

    def __init__(self, inside: NodeList) -> None:
        self.inside = inside

    def render(self, context: Context) -> SafeString:
        """Render the block, then read it aloud."""
        return _finish(context, self.inside.render(context))


def _finish(context: Context, html: str, *, plain: bool = False) -> SafeString:
    """Return HTML that was escaped, with readings where the page is in easy Japanese."""
    is_read = context["language"] is Language.EASY_JAPANESE and not plain
    return mark_safe(add_furigana(html) if is_read else html)  # noqa: S308


def _escape(values: Mapping[str, object]) -> dict[str, str]:
    return {name: conditional_escape(_show(value)) for name, value in values.items()}


def _show(value: object) -> str:
    """Return a value as it is said; what a tag has made is HTML already."""
    return grouped(value) if isinstance(value, int) else value if isinstance(value, str) else str(value)


def _to_day(source: date | datetime) -> date:
    return source.astimezone(JST).date() if isinstance(source, datetime) else source
