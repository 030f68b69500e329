"""The pages that explain."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from mynapoint.site.shell.informational import informational
from mynapoint.site.shell.pages import show


@informational
def privacy(request: HttpRequest) -> HttpResponse:
    """Say what is held about a person, and what cannot be."""
    return show(request, "guide/privacy", at=settings.CLOCK())
