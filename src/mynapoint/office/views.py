"""The list of programmes, and one programme at a glance."""

from django.conf import settings
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from mynapoint.correction.queries import list_open_corrections
from mynapoint.office.access import office_only
from mynapoint.office.overview import get_overview
from mynapoint.office.pages import find_programme, show
from mynapoint.programme.queries import list_programmes


@require_GET
@office_only
def start(request: HttpRequest, _user: User) -> HttpResponse:
    """List the programmes, and remind of corrections whose next step is late."""
    at = settings.CLOCK()
    overviews = [get_overview(programme, at=at) for programme in list_programmes(at=at)]
    late = sum(view.is_late(at=at) for view in list_open_corrections(at=at))
    return show(request, "start", {"overviews": overviews, "late_corrections": late})


@require_GET
@office_only
def programme(request: HttpRequest, _user: User, programme_id: str) -> HttpResponse:
    """Show where a programme stands."""
    found = find_programme(programme_id)
    overview = get_overview(found, at=settings.CLOCK())
    return show(request, "programme", {"programme": found, "overview": overview})


@office_only
def unknown(_request: HttpRequest, _user: User) -> HttpResponse:
    """Say that there is no such page."""
    raise Http404
