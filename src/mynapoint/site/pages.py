"""The pages that a person sees."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from mynapoint.act.queries import ActView, get_view
from mynapoint.act.rules import Link, UnableToAct
from mynapoint.application.queries import find_standing
from mynapoint.directory.queries import get_service, list_service_names, list_services
from mynapoint.directory.rules import ServiceUnknown, TypedWrong
from mynapoint.journal.queries import is_sequenced
from mynapoint.kernel.refusal import Refusal
from mynapoint.programme.queries import list_programmes
from mynapoint.programme.rules import Programme
from mynapoint.reservation.queries import find_reservation
from mynapoint.site.acts import propose_application, propose_inquiry, propose_reservation
from mynapoint.site.answers import KIND_NAMES
from mynapoint.site.limits import small_body
from mynapoint.site.sentences import Sentence, explain
from mynapoint.site.typed import ApplicationForm, TermsNotAccepted, check_terms

form_page = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Say what the programme is, what is needed, and where to begin."""
    return _page(request, "start", at=settings.CLOCK())


@require_safe
def services(request: HttpRequest) -> HttpResponse:
    """List the registered services."""
    at = settings.CLOCK()
    return _page(request, "services", at=at, services=list_services(programme=_programme(at).id, at=at))


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """Say what is held about a person, and what cannot be."""
    return _page(request, "privacy", at=settings.CLOCK())


# Proposing an act binds nobody and needs no cookie, so there is no request that another site could forge to any effect.
@csrf_exempt
@form_page
@small_body
def reserve(request: HttpRequest) -> HttpResponse:
    """Explain the reservation; on agreement, propose it and go on to its act."""
    at = settings.CLOCK()
    if request.method != "POST":
        return _page(request, "reserve", at=at)
    try:
        check_terms(request.POST)
        return _to_act(propose_reservation(_programme(at), at=at))
    except Refusal as refusal:
        return _refused(request, "reserve", refusal, at=at)


@csrf_exempt
@form_page
@small_body
def status(request: HttpRequest) -> HttpResponse:
    """Explain how to look; then propose the inquiry and go on to its act."""
    at = settings.CLOCK()
    if request.method != "POST":
        return _page(request, "status", at=at)
    return _to_act(propose_inquiry(_programme(at), at=at))


@require_safe
def choose_service(request: HttpRequest) -> HttpResponse:
    """Let a person choose one service."""
    at = settings.CLOCK()
    return _page(request, "apply", at=at, services=list_services(programme=_programme(at).id, at=at))


@csrf_exempt
@form_page
@small_body
def apply(request: HttpRequest, service_id: str) -> HttpResponse:
    """Take account id and codes for a service; have them checked, propose the application and go on to its act."""
    at = settings.CLOCK()
    try:
        service = get_service(service_id, at=at)
    except ServiceUnknown:
        raise Http404 from None
    form = ApplicationForm.of(service, request.POST)
    if request.method != "POST":
        return _page(request, "apply_service", at=at, service=service, form=form)
    try:
        check_terms(request.POST)
        link = propose_application(
            _programme(at), service, account=form.account.typed, codes=[code.typed for code in form.codes], at=at
        )
        return _to_act(link)
    except TypedWrong as wrong:
        form.mark(wrong.field)
        return _refused(request, "apply_service", wrong, at=at, service=service, form=form)
    except Refusal as refusal:
        return _refused(request, "apply_service", refusal, at=at, service=service, form=form)


@require_safe
def act(request: HttpRequest, token: str) -> HttpResponse:
    """Show an act to whoever has its link: what to sign, or how it ended."""
    at = settings.CLOCK()
    try:
        view = get_view(Link.parse(token), at=at)
    except UnableToAct as refusal:
        return _refused(request, "act_over", refusal, at=at)
    common: dict[str, Any] = {"act": view, "kind_name": KIND_NAMES[view.kind]}
    if view.answer is None:
        is_open = at < view.expires_at and not view.is_used
        link = f"{settings.SITE_ORIGIN}/act/{token}"
        return _page(request, "act", at=at, **common, link=link, card_program=settings.CARD_PROGRAM, is_open=is_open)
    if not view.answer.is_done:
        sentence = explain(view.answer.code, view.answer.data, names=list_service_names(at=at))
        return _page(request, "act_refused", at=at, **common, sentence=sentence)
    return _page(request, "act_done", at=at, **common, **_held_about_holder(view, at=at))


def _held_about_holder(view: ActView, *, at: datetime) -> dict[str, Any]:
    """Everything that the platform holds about the holder in this programme, for the page after a signature."""
    answer = view.answer
    if answer is None or answer.holder_id is None or answer.entry_id is None:
        raise Http404
    programme_id = str(view.statement["programme"]["id"])
    standing = find_standing(answer.holder_id, programme_id=programme_id)
    return {
        "receipt": answer.entry_id,
        "is_sequenced": is_sequenced(answer.entry_id),
        "reservation": find_reservation(answer.holder_id, programme_id=programme_id),
        "standing": standing,
        "service_name": standing and list_service_names(at=at).get(standing.service_id, standing.service_id),
    }


def _programme(at: datetime) -> Programme:
    """The programme that this site serves: the newest one."""
    programmes = list_programmes(at=at)
    if not programmes:
        raise Http404("no programme is loaded: mynapoint programme load FILE")
    return max(programmes, key=lambda programme: programme.application.from_)


def _to_act(link: Link) -> HttpResponse:
    return redirect("site:act", token=link.token)


def _refused(request: HttpRequest, template: str, refusal: Refusal, *, at: datetime, **context: Any) -> HttpResponse:
    """Show a page again, with what stands against going on."""
    sentence: Sentence = explain(refusal.code, refusal.data(), names=list_service_names(at=at))
    anchor = refusal.field if isinstance(refusal, TypedWrong) else None
    anchor = "terms" if isinstance(refusal, TermsNotAccepted) else anchor
    return _page(request, template, at=at, status=sentence.status, error=sentence, error_anchor=anchor, **context)


def _page(request: HttpRequest, template: str, *, at: datetime, status: int = 200, **context: Any) -> HttpResponse:
    programme = _programme(at)
    return render(request, f"site/{template}.html", {"programme": programme, **context}, status=status)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that there is no such page, whatever else is missing."""
    return render(request, "site/not_found.html", status=404)


def broken(request: HttpRequest) -> HttpResponse:
    """Say that something broke here; nothing of the database is needed to say so."""
    return render(request, "site/broken.html", status=500)
