"""How a page is shown: in the language of its path, with the programme that the site serves around it."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from mynapoint.directory.queries import list_service_names
from mynapoint.kernel.refusal import Refusal
from mynapoint.programme.queries import list_programmes
from mynapoint.programme.rules import Programme
from mynapoint.site.shell.languages import NAMESPACES, read_language
from mynapoint.site.shell.refusals import explain
from mynapoint.site.shell.text_days import find_text_day
from mynapoint.site.waiting.announced import get_closure


def show(request: HttpRequest, page: str, /, *, at: datetime, status: int = 200, **context: Any) -> HttpResponse:
    """This will show a page by its name, `chapter/page`.

    Its template is `site/chapter/page.LANGUAGE.html` where each language has a text of its own, else
    `site/chapter/page.html`, whose words are phrases.
    """
    templates = [f"site/{page}.{read_language(request)}.html", f"site/{page}.html"]
    closure = get_closure()
    around = {
        "text_day": find_text_day(page),
        "programme": get_served(at=at),
        "closure": closure,
        "is_closed": closure is not None and closure.is_on(at=at),
    }
    return render(request, templates, {**around, **context}, status=status)


def show_refused(
    request: HttpRequest, page: str, refusal: Refusal, *, at: datetime, anchor: str | None = None, **context: Any
) -> HttpResponse:
    """This will show a page again with what stands against going on; `anchor` is the field that is to be mended."""
    sentence = explain(refusal.code, refusal.data(), names=list_service_names(at=at), language=read_language(request))
    return show(request, page, at=at, status=sentence.status, error=sentence, error_anchor=anchor, **context)


def go_to(request: HttpRequest, name: str, **parts: str) -> HttpResponse:
    """This will lead on to a page by the name of its address, in the same language."""
    return HttpResponseRedirect(reverse(f"{NAMESPACES[read_language(request)]}:{name}", kwargs=parts))


def get_served(*, at: datetime) -> Programme:
    """This will give the programme that this site serves: the newest one.

    :raises Http404: when none is loaded.
    """
    programmes = list_programmes(at=at)
    if not programmes:
        raise Http404("no programme is loaded: mynapoint programme load FILE")
    return max(programmes, key=lambda programme: programme.application.from_)
