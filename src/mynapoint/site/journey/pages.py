"""The pages of the journey: reserve, apply, and the act that the card signs."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from mynapoint.act.queries import ActView, get_view
from mynapoint.act.rules import Link, UnableToAct
from mynapoint.application.queries import find_standing
from mynapoint.directory.queries import get_service, list_service_names, list_services
from mynapoint.directory.rules import ServiceUnknown, TypedWrong
from mynapoint.journal.queries import is_sequenced
from mynapoint.kernel.refusal import Refusal
from mynapoint.reservation.queries import find_reservation
from mynapoint.site.journey.acts import propose_application, propose_reservation
from mynapoint.site.journey.answers import KIND_NAMES
from mynapoint.site.journey.typed import ApplicationForm, TermsNotAccepted, check_terms
from mynapoint.site.shell.languages import read_language
from mynapoint.site.shell.limits import form_page, small_body
from mynapoint.site.shell.pages import get_served, go_to, show, show_refused
from mynapoint.site.shell.refusals import explain
from mynapoint.site.waiting.gate import behind_gate


# Proposing an act binds nobody and needs no cookie, so there is no request that another site could forge to any effect.
@csrf_exempt
@form_page
@small_body
@behind_gate
def reserve(request: HttpRequest) -> HttpResponse:
    """Explain the reservation; on agreement, propose it and go on to its act."""
    at = settings.CLOCK()
    if request.method != "POST":
        return show(request, "journey/reserve", at=at)
    try:
        check_terms(request.POST)
        return _to_act(request, propose_reservation(get_served(at=at), at=at))
    except Refusal as refusal:
        return _refused(request, "journey/reserve", refusal, at=at)


@require_safe
def choose_service(request: HttpRequest) -> HttpResponse:
    """Let a person choose one service."""
    at = settings.CLOCK()
    return show(request, "journey/apply", at=at, services=list_services(programme=get_served(at=at).id, at=at))


@csrf_exempt
@form_page
@small_body
@behind_gate
def apply(request: HttpRequest, service_id: str) -> HttpResponse:
    """Take account id and codes for a service; have them checked, propose the application and go on to its act."""
    at = settings.CLOCK()
    try:
        service = get_service(service_id, at=at)
    except ServiceUnknown:
        raise Http404 from None
    form = ApplicationForm.of(service, request.POST)
    if request.method != "POST":
        return show(request, "journey/apply_service", at=at, service=service, form=form)
    try:
        check_terms(request.POST)
        link = propose_application(
            get_served(at=at), service, account=form.account.typed, codes=[code.typed for code in form.codes], at=at
        )
        return _to_act(request, link)
    except TypedWrong as wrong:
        form.mark(wrong.field)
        return _refused(request, "journey/apply_service", wrong, at=at, service=service, form=form)
    except Refusal as refusal:
        return _refused(request, "journey/apply_service", refusal, at=at, service=service, form=form)


@require_safe
def act(request: HttpRequest, token: str) -> HttpResponse:
    """Show an act to whoever has its link: what to sign, or how it ended."""
    at = settings.CLOCK()
    try:
        view = get_view(Link.parse(token), at=at)
    except UnableToAct as refusal:
        return _refused(request, "journey/act_over", refusal, at=at)
    common: dict[str, Any] = {"act": view, "kind_name": KIND_NAMES[view.kind]}
    if view.answer is None:
        is_open = at < view.expires_at and not view.is_used
        link = f"{settings.SITE_ORIGIN}/act/{token}"
        return show(
            request, "journey/act", at=at, **common, link=link, card_program=settings.CARD_PROGRAM, is_open=is_open
        )
    if not view.answer.is_done:
        names, language = list_service_names(at=at), read_language(request)
        sentence = explain(view.answer.code, view.answer.data, names=names, language=language)
        return show(request, "journey/act_refused", at=at, **common, sentence=sentence)
    return show(request, "journey/act_done", at=at, **common, **_held_about_holder(view, at=at))


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


def _to_act(request: HttpRequest, link: Link) -> HttpResponse:
    return go_to(request, "act", token=link.token)


def _refused(request: HttpRequest, page: str, refusal: Refusal, *, at: datetime, **context: Any) -> HttpResponse:
    """Show a page again, with what stands against going on."""
    anchor = refusal.field if isinstance(refusal, TypedWrong) else None
    anchor = "terms" if isinstance(refusal, TermsNotAccepted) else anchor
    return show_refused(request, page, refusal, at=at, anchor=anchor, **context)
