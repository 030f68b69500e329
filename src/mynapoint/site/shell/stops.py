"""The pages that say that something cannot be shown; none of them needs the database."""

from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from mynapoint.kernel.connection import is_database_away
from mynapoint.site.shell.machine import RETRY_SECONDS, UNAVAILABLE

log = structlog.get_logger(__name__)


def malformed(request: HttpRequest, exception: Exception) -> HttpResponse:
    """This will say that the request cannot be read."""
    return _stop(request, "malformed", status=400)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """This will say that there is no such page, whatever else is missing."""
    return _stop(request, "not_found", status=404)


def too_large(request: HttpRequest) -> HttpResponse:
    """This will say that more was sent than any form holds."""
    return _stop(request, "too_large", status=413)


def broken(request: HttpRequest) -> HttpResponse:
    """This will say that something broke here."""
    return _stop(request, "broken", status=500)


class Availability:
    """Middleware that says on a page, of whichever room, that the database is away."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer for a view that could not reach the database (RFC 9110, 15.6.4)."""
        if not is_database_away(exception):
            return None
        log.error("database_away")
        answer = _stop(request, "unavailable", status=UNAVAILABLE)
        answer.headers["Retry-After"] = str(RETRY_SECONDS)
        return answer


def _stop(request: HttpRequest, name: str, *, status: int) -> HttpResponse:
    return render(request, "site/shell/stop.html", {"stop": name}, status=status)
