"""The service API's addresses, every one of them signed; to be included under one prefix."""

from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, re_path

from mynapoint.service_api.answering import signed
from mynapoint.service_api.api import api

app_name: Final = "service_api"


def _unknown_address(request: HttpRequest) -> HttpResponse:
    raise Http404


def _signed(pattern: URLPattern) -> URLPattern:
    return URLPattern(pattern.pattern, signed(pattern.callback), pattern.default_args, pattern.name)


urlpatterns: Final = [
    *(_signed(pattern) for pattern in api.urls[0] if isinstance(pattern, URLPattern)),
    re_path("", signed(_unknown_address), name="unknown"),
]
