"""The registered payment services."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from mynapoint.directory.queries import list_services
from mynapoint.site.shell.informational import informational
from mynapoint.site.shell.pages import get_served, show


@informational
def services(request: HttpRequest) -> HttpResponse:
    """List the registered services."""
    at = settings.CLOCK()
    return show(request, "services/services", at=at, services=list_services(programme=get_served(at=at).id, at=at))
