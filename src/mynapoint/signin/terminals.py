"""The page on which a browser becomes a terminal."""

from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from mynapoint.signin.door import begin_try, end_tries
from mynapoint.signin.rules import TooManyTries, Visitor
from mynapoint.signin.sessions import TERMINAL_COOKIE, find_own_terminal
from mynapoint.signin.visiting import get_visitor
from mynapoint.staff.operations import claim_terminal
from mynapoint.staff.rules import CodeUnusable, RegistrationCode

COOKIE_SECONDS: Final = 400 * 24 * 3600
"""The longest that browsers keep a cookie (RFC 6265bis, 5.6.1)."""


@never_cache
@require_http_methods(["GET", "POST"])
def terminal(request: HttpRequest) -> HttpResponse:
    """Show which terminal this is; on a POST, make it the one that a code stands for."""
    at = settings.CLOCK()
    if request.method == "GET":
        return render(request, "signin/terminal.html", {"terminal": find_own_terminal(request, at=at)})
    # By address alone: nobody else's guesses keep a city from setting up its terminals.
    address = get_visitor(request, "").address
    guesser = Visitor(name=address, address=address)
    try:
        begin_try(guesser, at=at)
        device = claim_terminal(RegistrationCode.read(request.POST.get("code", "")), at=at)
    except TooManyTries as refusal:
        seconds = int((refusal.retry_at - at).total_seconds()) + 1
        answer = render(request, "signin/terminal.html", {"error": True, "wait": True}, status=429)
        answer.headers["Retry-After"] = str(seconds)
        return answer
    except CodeUnusable:
        return render(request, "signin/terminal.html", {"error": True}, status=422)
    end_tries(guesser)
    made = HttpResponseRedirect(reverse("signin_terminal"))
    made.set_cookie(
        TERMINAL_COOKIE,
        device.token,
        max_age=COOKIE_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )
    return made
