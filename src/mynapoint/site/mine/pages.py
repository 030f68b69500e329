"""Looking, by card, at what is held."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from mynapoint.site.journey.acts import propose_inquiry
from mynapoint.site.shell.limits import form_page, small_body
from mynapoint.site.shell.pages import get_served, go_to, show
from mynapoint.site.waiting.gate import behind_gate


# Proposing an act binds nobody and needs no cookie, so there is no request that another site could forge to any effect.
@csrf_exempt
@form_page
@small_body
@behind_gate
def status(request: HttpRequest) -> HttpResponse:
    """Explain how to look; then propose the inquiry and go on to its act."""
    at = settings.CLOCK()
    if request.method != "POST":
        return show(request, "mine/status", at=at)
    link = propose_inquiry(get_served(at=at), at=at)
    return go_to(request, "act", token=link.token)
