"""Where a way begins: what will happen, what is needed, and whether it can begin now; and where it is gone on with."""

from datetime import datetime

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from mynapoint.directory.queries import get_service
from mynapoint.directory.rules import ON_SITE, Channel, Service, ServiceUnknown, check_service_open, check_way
from mynapoint.draft.operations import begin
from mynapoint.draft.queries import get_draft
from mynapoint.draft.rules import DraftKind, DraftLink, Step, UnableToDraft
from mynapoint.kernel.refusal import Refusal
from mynapoint.programme.rules import Programme, check_open
from mynapoint.site.journey.addresses import WAYS, go_to_step
from mynapoint.site.shell.informational import informational_at_first
from mynapoint.site.shell.limits import form_page, small_body
from mynapoint.site.shell.pages import get_served, go_to, show, show_refused
from mynapoint.site.waiting.gate import behind_gate


# To begin a draft binds nobody and needs no cookie: there is no request that another site could forge to any effect.
@csrf_exempt
@form_page
@small_body
@informational_at_first
@behind_gate
def reserve(request: HttpRequest) -> HttpResponse:
    """Say what a reservation is; begin one."""
    at = settings.CLOCK()
    programme = get_served(at=at)
    try:
        check_open(programme.reservation, at=at)
    except Refusal as refusal:
        return show_refused(request, "journey/closed", refusal, at=at, way="reserve")
    if request.method != "POST":
        return show(request, "journey/reserve", at=at)
    return _begin(request, "reservation", programme, at=at)


@csrf_exempt
@form_page
@small_body
@informational_at_first
@behind_gate
def apply(request: HttpRequest, service_id: str | None = None) -> HttpResponse:
    """Say what an application is; begin one, with a service when one is chosen already."""
    at = settings.CLOCK()
    programme = get_served(at=at)
    try:
        service = find_open_service(programme, service_id, at=at) if service_id else None
        check_open(programme.application, at=at)
    except ServiceUnknown:
        raise Http404 from None
    except Refusal as refusal:
        return show_refused(request, "journey/closed", refusal, at=at, way="apply")
    if request.method != "POST":
        return show(request, "journey/apply", at=at, service=service)
    return _begin(request, "application", programme, service_id=service_id, at=at)


@never_cache
@require_safe
def resume(request: HttpRequest, way: str, draft: str) -> HttpResponse:
    """Go on where a draft was left."""
    at = settings.CLOCK()
    try:
        found = get_draft(DraftLink.parse(draft), at=at)
    except UnableToDraft as refusal:
        return show_refused(request, "journey/over", refusal, at=at, way=way)
    return go_to_step(request, found, found.next_step)


def _begin(
    request: HttpRequest, kind: DraftKind, programme: Programme, *, service_id: str | None = None, at: datetime
) -> HttpResponse:
    link = begin(kind, programme_id=programme.id, service=service_id, lives=settings.DRAFT_LIFETIME, at=at)
    return go_to(request, "step", way=WAYS[kind], draft=link.token, step=Step.WHO)


def find_open_service(
    programme: Programme, service_id: str, *, ways: tuple[Channel, ...] = ON_SITE, at: datetime
) -> Service:
    """This will give a service of the programme that takes applications in one of these ways.

    :raises ServiceUnknown, ServiceNotOpen, ServiceClosed, ServiceStartsInOwnApp, ServiceNotThisWay: when it is none.
    """
    service = get_service(service_id, at=at)
    if programme.id not in service.programmes:
        raise ServiceUnknown
    check_way(service, ways=ways)
    check_service_open(service, at=at)
    return service
