"""The pages that explain."""

from typing import Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse

from mynapoint.place.queries import find_helpdesk, list_counters
from mynapoint.place.rules import is_open, next_opening
from mynapoint.site.guide.atom import write_feed
from mynapoint.site.guide.documents import list_checks, list_held
from mynapoint.site.guide.finding import find_questions, read_text
from mynapoint.site.guide.news import list_news
from mynapoint.site.shell.informational import informational
from mynapoint.site.shell.languages import read_language
from mynapoint.site.shell.navigation import EVERYTHING
from mynapoint.site.shell.pages import show

# Pages of prose, one text a language.
PROSE: Final = ("howto", "fraud", "never", "terms")


@informational
def prose(request: HttpRequest, page: str) -> HttpResponse:
    """Show a page of prose."""
    return show(request, f"guide/{page}", at=settings.CLOCK(), page=page)


@informational
def program(request: HttpRequest) -> HttpResponse:
    """Say what the card program is, where it comes from, and how to tell the genuine one."""
    return show(
        request,
        "guide/program",
        at=settings.CLOCK(),
        page="program",
        source=settings.CARD_PROGRAM_PAGE,
        publisher=settings.CARD_PROGRAM_PUBLISHER,
        address=settings.CARD_PROGRAM,
        origin=settings.SITE_ORIGIN,
        has_phones=bool(settings.PHONE_PROGRAM),
    )


@informational
def faq(request: HttpRequest) -> HttpResponse:
    """Answer what people ask; of many questions find those that hold what was typed."""
    text = read_text(request.GET.get("q", ""))
    groups = find_questions(text)
    count = sum(len(group.questions) for group in groups)
    return show(request, "guide/faq", at=settings.CLOCK(), groups=groups, text=text, count=count)


@informational
def privacy(request: HttpRequest) -> HttpResponse:
    """Say what is held about a person, and what cannot be."""
    return show(request, "guide/privacy", at=settings.CLOCK(), held=list_held())


@informational
def accessibility(request: HttpRequest) -> HttpResponse:
    """Say for whom this site works, and how that was tested."""
    return show(request, "guide/accessibility", at=settings.CLOCK(), checks=list_checks())


@informational
def news(request: HttpRequest) -> HttpResponse:
    """List the news."""
    at = settings.CLOCK()
    return show(request, "guide/news", at=at, news=list_news(at=at))


@informational
def news_item(request: HttpRequest, item_id: str) -> HttpResponse:
    """Show one piece of news."""
    at = settings.CLOCK()
    item = next((item for item in list_news(at=at) if item.id == item_id), None)
    if item is None:
        raise Http404
    return show(request, "guide/news_item", at=at, item=item)


@informational
def feed(request: HttpRequest) -> HttpResponse:
    """Answer the news as an Atom feed (RFC 4287)."""
    text = write_feed(list_news(at=settings.CLOCK()), language=read_language(request), origin=settings.SITE_ORIGIN)
    return HttpResponse(text, content_type="application/atom+xml; charset=utf-8")


@informational
def contact(request: HttpRequest) -> HttpResponse:
    """Say whom to ask about what."""
    at = settings.CLOCK()
    desk = find_helpdesk(at=at)
    opening = next_opening(desk, at=at) if desk else None
    return show(
        request,
        "guide/contact",
        at=at,
        desk=desk,
        is_open=desk is not None and is_open(desk, at=at),
        opening=opening,
        counters=list_counters(at=at),
    )


@informational
def sitemap(request: HttpRequest) -> HttpResponse:
    """List every page."""
    return show(request, "guide/sitemap", at=settings.CLOCK(), parts=EVERYTHING)
