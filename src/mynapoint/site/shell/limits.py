"""What a visitor may send, and how much."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, Final, ParamSpec

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from mynapoint.site.shell.stops import too_large

MAX_BODY: Final = 16 * 1024
P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]
form_page = require_http_methods(["GET", "HEAD", "POST"])


def check_fields(request: HttpRequest, *known: str) -> None:
    """Check that a form has no field but its own, and each but once.

    :raises BadRequest: otherwise, without saying what was sent.
    """
    sent = [name for form in (request.POST, request.FILES) for name in form for _ in form.getlist(name)]
    if len(sent) != len(set(sent)) or not set(sent) <= set(known):
        raise BadRequest("a form with a field that it does not have, or has once")


def small_body(view: View[P]) -> View[P]:
    """Refuse a longer body than any form or signature needs, before it is read (RFC 9110, 15.5.14)."""

    @wraps(view)
    def limited(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        length = request.headers.get("Content-Length") or "0"
        if not length.isdecimal() or int(length) > MAX_BODY:
            answer = too_large(request)
            answer.headers["Connection"] = "close"  # the rest of the body stays unread
            return answer
        return view(request, *args, **kwargs)

    return limited
