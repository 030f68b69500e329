"""Maintenance: announced on every page; while it lasts everything can be read, and nothing is taken in."""

from collections.abc import Callable
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from mynapoint.site.shell.machine import UNAVAILABLE, for_programs
from mynapoint.site.shell.pages import show
from mynapoint.site.waiting.announced import get_closure

_MACHINE: Final = "machine"
_SAFE: Final = {"GET", "HEAD", "OPTIONS"}


class ClosingTime:
    """Middleware that takes nothing in from citizens while maintenance is on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self._get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponse | None:
        """Answer for a view of the site that would take something in (RFC 9110, 15.6.4)."""
        match = request.resolver_match
        if request.method in _SAFE or match is None or (match.app_name != "site" and match.namespace != _MACHINE):
            return None
        at, closure = settings.CLOCK(), get_closure()
        if closure is None or not closure.is_on(at=at):
            return None
        seconds = str(int((closure.until_at - at).total_seconds()) + 1)
        if match.namespace == _MACHINE:
            return for_programs(lambda _request: HttpResponse(status=UNAVAILABLE, headers={"Retry-After": seconds}))(
                request
            )
        answer = show(request, "waiting/maintenance", at=at, status=UNAVAILABLE, closure=closure)
        answer.headers["Retry-After"] = seconds
        return answer
