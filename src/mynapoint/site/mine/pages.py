"""Looking, by card, at what is held; and saying, by card, that something of it is not so."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from mynapoint.application.rules import ObjectionReason
from mynapoint.site.journey.acts import propose_inquiry, propose_objection
from mynapoint.site.journey.typed import Mistaken
from mynapoint.site.shell.informational import informational_at_first
from mynapoint.site.shell.languages import read_language
from mynapoint.site.shell.limits import form_page, small_body
from mynapoint.site.shell.pages import get_served, go_to, show
from mynapoint.site.shell.words import get_words
from mynapoint.site.waiting.gate import behind_gate


# Proposing an act binds nobody and needs no cookie, so there is no request that another site could forge to any effect.
@csrf_exempt
@form_page
@small_body
@informational_at_first
@behind_gate
def status(request: HttpRequest, by_representative: bool = False) -> HttpResponse:
    """Explain how to look; then propose the inquiry and go on to its act."""
    at = settings.CLOCK()
    if request.method != "POST":
        return show(request, "mine/status", at=at)
    link = propose_inquiry(
        get_served(at=at), by_representative=by_representative, language=read_language(request), at=at
    )
    return go_to(request, "act", token=link.token)


@never_cache
@require_safe
def choose_objection(request: HttpRequest) -> HttpResponse:
    """Ask what is not so."""
    at = settings.CLOCK()
    chosen = request.GET.get("reason")
    if chosen in list(ObjectionReason):
        return go_to(request, "objection", reason=str(chosen))
    if chosen is None and not request.GET:
        return show(request, "mine/objections", at=at, reasons=list(ObjectionReason))
    missing = Mistaken({"reason": get_words(read_language(request)).say("mine.objection.missing")})
    told = {"wrong": missing.wrong, "faults": missing.faults}
    return show(request, "mine/objections", at=at, status=422, reasons=list(ObjectionReason), **told)


@csrf_exempt
@form_page
@small_body
@informational_at_first
@behind_gate
def object_to(request: HttpRequest, reason: str, by_representative: bool = False) -> HttpResponse:
    """Say what an objection does; then propose it and go on to its act."""
    at = settings.CLOCK()
    if reason not in list(ObjectionReason):
        raise Http404
    if request.method != "POST":
        return show(request, "mine/objection", at=at, reason=reason)
    link = propose_objection(
        get_served(at=at),
        ObjectionReason(reason),
        by_representative=by_representative,
        language=read_language(request),
        at=at,
    )
    return go_to(request, "act", token=link.token)
