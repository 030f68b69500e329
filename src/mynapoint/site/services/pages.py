"""The pages of the registered services: the list, one service, up to three side by side."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse

from mynapoint.directory.queries import get_service, list_services
from mynapoint.directory.rules import ON_SITE, Service, ServiceUnknown
from mynapoint.place.queries import list_counters
from mynapoint.place.rules import can_help_with
from mynapoint.programme.rules import Programme
from mynapoint.site.services.comparing import compare_services
from mynapoint.site.services.finding import (
    FLAGS,
    KINDS,
    PAGE_SIZE,
    SORTS,
    WAYS,
    Found,
    find,
    get_state,
    loosen,
    read_wish,
)
from mynapoint.site.shell.informational import informational
from mynapoint.site.shell.pages import get_served, show

MOST_COMPARED: Final = 3


@informational
def services(request: HttpRequest) -> HttpResponse:
    """List the registered services that answer to the visitor's wish."""
    at = settings.CLOCK()
    served = get_served(at=at)
    everything = list_services(programme=served.id, at=at)
    wish = read_wish(request.GET)
    found = find(everything, wish, at=at)
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    return show(
        request, "services/services", at=at, wish=wish, found=page, count=len(found), total=len(everything),
        loosened=() if found else loosen(everything, wish, at=at),
        kinds=KINDS, ways=WAYS, flags=FLAGS, sorts=SORTS,
        changed_at=_newest(everything, served),
    )  # fmt: skip


@informational
def service(request: HttpRequest, service_id: str) -> HttpResponse:
    """Say everything about one service that a person wants to know before choosing it for good."""
    at = settings.CLOCK()
    programme = get_served(at=at)
    one = _get_listed(service_id, programme_id=programme.id, at=at)
    counters = [place for place in list_counters(at=at) if can_help_with(place, "application", service_id=one.id)]
    return show(
        request, "services/service", at=at, service=one, state=get_state(one, at=at), ways=WAYS,
        counters=counters if "counter" in one.channels and not one.starts_in_own_app else (),
        is_window_open=at in programme.application.period,
        elsewhere=None if set(ON_SITE) & set(one.channels) else one.channels[0],
    )  # fmt: skip


@informational
def compare(request: HttpRequest) -> HttpResponse:
    """Show up to three services side by side."""
    at = settings.CLOCK()
    served = get_served(at=at)
    known = {one.id: one for one in list_services(programme=served.id, at=at)}
    asked = list(dict.fromkeys(name for name in request.GET.getlist("s") if name in known))
    chosen = [Found(known[name], get_state(known[name], at=at)) for name in asked[:MOST_COMPARED]]
    return show(
        request, "services/compare", at=at, chosen=chosen, rows=compare_services(chosen),
        is_cut=len(asked) > MOST_COMPARED, most=MOST_COMPARED,
        changed_at=_newest(known.values(), served),
    )  # fmt: skip


def _get_listed(service_id: str, *, programme_id: str, at: datetime) -> Service:
    """Return a service that takes part in the programme.

    :raises Http404: when none of this name does.
    """
    try:
        one = get_service(service_id, at=at)
    except ServiceUnknown:
        raise Http404 from None
    if programme_id not in one.programmes:
        raise Http404
    return one


def _newest(services: Iterable[Service], served: Programme) -> datetime:
    """Return when a list of services changed: with its newest text, or with the programme's."""
    return max((one.effective_from for one in services), default=served.effective_from)
