"""The pages that say that something cannot be shown; none of them needs the database."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def malformed(request: HttpRequest, exception: Exception) -> HttpResponse:
    """This will say that the request cannot be read."""
    return _stop(request, "malformed", status=400)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """This will say that there is no such page, whatever else is missing."""
    return _stop(request, "not_found", status=404)


def broken(request: HttpRequest) -> HttpResponse:
    """This will say that something broke here."""
    return _stop(request, "broken", status=500)


def _stop(request: HttpRequest, name: str, *, status: int) -> HttpResponse:
    return render(request, "site/shell/stop.html", {"stop": name}, status=status)
