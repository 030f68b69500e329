"""An act's page: the ways to sign it, what becomes of it, and how it ended; safe to load again at any time."""

from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cardagent.languages import Language
from mynapoint.act.queries import ActView, get_view
from mynapoint.act.rules import ActUnknown, Link, UnableToAct
from mynapoint.directory.queries import get_service, list_service_names
from mynapoint.directory.rules import Service
from mynapoint.draft.operations import WAY_BACK
from mynapoint.draft.rules import find_way_back
from mynapoint.site.journey.acts import LANGUAGE, PAGE
from mynapoint.site.journey.addresses import WAYS, find_address
from mynapoint.site.journey.signing import choose_ways, get_link, list_ways
from mynapoint.site.mine.holdings import describe_held
from mynapoint.site.paper.typesetting import draw_qr
from mynapoint.site.shell.languages import NAMESPACES, read_language
from mynapoint.site.shell.pages import go_to, show, show_refused
from mynapoint.site.shell.refusals import explain

LOOK_AGAIN_SECONDS: Final = 5
"""How soon a page that waits for something loads itself again; a header, so that no part of the page does it."""

# Where a refusal leads on to, by the name of a page; any other leads back to the answers.
_ONWARD: Final = {
    "already_reserved": "apply",
    "not_reserved": "reserve",
    "already_applied": "status",
    "another_service_chosen": "status",
    "already_applied_before_renewal": "status",
    "already_objected": "status",
    "objection_window_closed": "places",
    "held_for_review": "start",
    "rejected_in_review": "start",
}


@require_safe
def link(_request: HttpRequest, token: str) -> HttpResponse:
    """Lead from an act's link, which every program knows, to its page in the language in which it was begun."""
    try:
        view = get_view(Link.parse(token), at=settings.CLOCK())
        if PAGE in view.attachment:
            return HttpResponseRedirect(view.attachment[PAGE])
        language = Language(view.attachment.get(LANGUAGE, Language.JAPANESE))
    except ActUnknown:
        language = Language.JAPANESE
    return HttpResponseRedirect(reverse(f"{NAMESPACES[language]}:act", kwargs={"token": token}))


@never_cache
@require_safe
def act(request: HttpRequest, token: str) -> HttpResponse:
    """Show an act to whoever has its link: how to sign it, or how it ended."""
    at = settings.CLOCK()
    try:
        named = Link.parse(token)
        view = get_view(named, at=at)
    except UnableToAct as refusal:
        return show_refused(request, "journey/over", refusal, at=at, way=None)
    context: dict[str, Any] = {"act": view, "token": token, "draft": _find_draft(request, named, view)}
    if view.answer is None:
        return _show_unanswered(request, view, at=at, **context)
    if not view.answer.is_done:
        return _show_refusal(request, view, at=at, **context)
    page = "mine/held" if view.kind == "inquiry" else "journey/act_done"
    return show(request, page, at=at, **context, **describe_held(view, language=read_language(request), at=at))


@never_cache
@require_safe
def phone(request: HttpRequest, token: str) -> HttpResponse:
    """Show the act's link as a QR code for another device; once it is signed there, lead on to how it ended."""
    at = settings.CLOCK()
    try:
        view = get_view(Link.parse(token), at=at)
    except UnableToAct as refusal:
        return show_refused(request, "journey/over", refusal, at=at, way=None)
    if view.is_used or at >= view.expires_at:
        return go_to(request, "act", token=token)
    shown = show(request, "journey/act_phone", at=at, act=view, token=token, qr=draw_qr(get_link(token)))
    return _look_again(shown)


def _show_unanswered(request: HttpRequest, view: ActView, *, at: datetime, **context: Any) -> HttpResponse:
    if view.is_used:
        return _look_again(show(request, "journey/act_wait", at=at, **context))
    if at >= view.expires_at:
        return show(request, "journey/act_expired", at=at, **context)
    ways = choose_ways(list_ways(request, context["token"], draft=context["draft"]), _find_service(view, at=at))
    return show(request, "journey/act", at=at, link=get_link(context["token"]), ways=ways, **context)


def _show_refusal(request: HttpRequest, view: ActView, *, at: datetime, **context: Any) -> HttpResponse:
    assert view.answer is not None
    names, language = list_service_names(at=at), read_language(request)
    sentence = explain(view.answer.code, view.answer.data, names=names, language=language)
    onward = _ONWARD.get(view.answer.code)
    return show(request, "journey/act_refused", at=at, sentence=sentence, onward=onward, **context)


def _find_service(view: ActView, *, at: datetime) -> Service | None:
    """Return the service that an application chooses; other acts choose none."""
    chosen = view.statement["content"].get("service")
    return get_service(str(chosen["id"]), at=at) if chosen else None


def _find_draft(request: HttpRequest, named: Link, view: ActView) -> str | None:
    """Return where the answers are that an act was made from."""
    way_back = view.attachment.get(WAY_BACK)
    if way_back is None:
        return None
    way = WAYS["reservation" if view.kind == "reservation" else "application"]
    return find_address(request, "draft", way=way, draft=find_way_back(way_back, named).token)


def _look_again(answer: HttpResponse) -> HttpResponse:
    answer["Refresh"] = str(LOOK_AGAIN_SECONDS)
    return answer
