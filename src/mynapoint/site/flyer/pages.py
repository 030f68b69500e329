"""The flyer's page and its PDF."""

import json
from datetime import datetime
from functools import lru_cache

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse

from mynapoint.place.queries import find_helpdesk, find_place, list_counters
from mynapoint.place.rules import Place
from mynapoint.site.flyer.sheet import describe
from mynapoint.site.paper.typesetting import PaperMissing, answer_pdf, typeset
from mynapoint.site.shell.informational import informational
from mynapoint.site.shell.languages import read_language
from mynapoint.site.shell.pages import get_served, show, show_refused


@informational
def flyer(request: HttpRequest) -> HttpResponse:
    """Offer the flyer, with a counter to name on it."""
    at = settings.CLOCK()
    return show(request, "flyer/flyer", at=at, counters=_list_running(at))


@informational
def flyer_pdf(request: HttpRequest) -> HttpResponse:
    """Answer the flyer as a PDF of one page."""
    at, language = settings.CLOCK(), read_language(request)
    data = describe(
        get_served(at=at), language=language, counter=_find_counter(request.GET.get("place", ""), at=at),
        helpdesk=find_helpdesk(at=at),
    )  # fmt: skip
    try:
        return answer_pdf(_set(json.dumps(data)), name=f"mynapoint-{language}")
    except PaperMissing as refusal:
        return show_refused(request, "flyer/flyer", refusal, at=at, counters=_list_running(at))


@lru_cache(maxsize=32)
def _set(data: str) -> bytes:
    """This will set a sheet once for each data; setting takes most of a second."""
    return typeset("flyer", json.loads(data))


def _list_running(at: datetime) -> list[Place]:
    return [place for place in list_counters(at=at) if at < place.open_until]


def _find_counter(place_id: str, *, at: datetime) -> Place | None:
    """Return the counter that was asked for, if one was.

    :raises Http404: when there is none of this name.
    """
    if not place_id:
        return None
    place = find_place(place_id, at=at) if place_id.isascii() and "\x00" not in place_id else None
    if place is None or place.kind != "counter":
        raise Http404
    return place
