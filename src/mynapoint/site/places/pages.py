"""The pages of the counters and of the helpdesk."""

from datetime import datetime

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse

from mynapoint.directory.queries import list_services
from mynapoint.directory.rules import Service, find_obstacle
from mynapoint.place.queries import find_helpdesk, find_place, list_counters
from mynapoint.place.rules import Place, can_help_with, notices_at
from mynapoint.site.places.finding import HELPS, find_counters, get_openness, list_cities, read_ask
from mynapoint.site.places.months import get_month, get_week, read_month
from mynapoint.site.services.finding import get_state
from mynapoint.site.shell.informational import informational
from mynapoint.site.shell.pages import get_served, show


@informational
def places(request: HttpRequest) -> HttpResponse:
    """List the counters that answer to what the visitor looks for."""
    at = settings.CLOCK()
    counters = list_counters(at=at)
    served = get_served(at=at)
    return show(
        request, "places/places", at=at, ask=read_ask(request.GET),
        found=find_counters(counters, read_ask(request.GET), at=at), cities=list_cities(counters), helps=HELPS,
        services=[one for one in list_services(programme=served.id, at=at) if _takes_at_counters(one)],
        changed_at=max((place.effective_from for place in counters), default=served.effective_from),
    )  # fmt: skip


@informational
def place(request: HttpRequest, place_id: str) -> HttpResponse:
    """Say everything about one counter: open or not, the month, what to bring, which services, notices, contact."""
    at = settings.CLOCK()
    one = find_place(place_id, at=at)
    if one is None or one.kind != "counter":
        raise Http404
    return _show_place(request, one, "places/place", at=at)


@informational
def helpdesk(request: HttpRequest) -> HttpResponse:
    """Say which number to call, which digit to press, and whether somebody is there now."""
    at = settings.CLOCK()
    one = find_helpdesk(at=at)
    if one is None:
        raise Http404
    return _show_place(request, one, "places/helpdesk", at=at)


def _show_place(request: HttpRequest, one: Place, page: str, *, at: datetime) -> HttpResponse:
    everything = list_services(programme=get_served(at=at).id, at=at)
    possible = [service for service in everything if _is_possible(service, one, at=at)]
    return show(
        request, page, at=at, place=one, openness=get_openness(one, at=at), week=get_week(one, at=at),
        month=get_month(one, read_month(request.GET.get("month", ""), one, at=at), at=at),
        notices=notices_at(one, at=at), possible=possible,
        impossible=[(service, get_state(service, at=at)) for service in everything if service not in possible],
        is_over=at >= one.open_until, can_apply=can_help_with(one, "application"),
        can_reset_pin=can_help_with(one, "pin_reset"),
    )  # fmt: skip


def _is_possible(service: Service, one: Place, *, at: datetime) -> bool:
    is_open = find_obstacle(service, ways=("counter",), at=at) is None
    return is_open and can_help_with(one, "application", service_id=service.id)


def _takes_at_counters(service: Service) -> bool:
    return "counter" in service.channels and not service.starts_in_own_app
