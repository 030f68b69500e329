"""Addresses whose views ask nobody who they are: the table has to."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from mynapoint import urls


def welcome(_request: HttpRequest) -> HttpResponse:
    """Let everybody in."""
    return HttpResponse("welcome")


urlpatterns = [
    path("new/", welcome, name="new"),
    path("office/", include(([path("", welcome, name="start")], "office"))),
    *urls.urlpatterns,
]
handler404 = urls.handler404
