"""The first page: what the programme is, what is needed, and where to begin."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from mynapoint.site.shell.informational import informational
from mynapoint.site.shell.pages import show


@informational
def start(request: HttpRequest) -> HttpResponse:
    """Say what the programme is, what is needed, and where to begin."""
    return show(request, "start/start", at=settings.CLOCK())
