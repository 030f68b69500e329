"""Signing in, the list of programmes, and one programme at a glance."""

import math
from typing import Any

from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from mynapoint.office.access import office_only
from mynapoint.office.door import begin_try, end_tries
from mynapoint.office.overview import get_overview
from mynapoint.office.pages import find_programme, show
from mynapoint.office.rules import TooManyTries, Visitor, find_address
from mynapoint.office.sentences import explain
from mynapoint.programme.queries import list_programmes


class OfficeLogin(LoginView):
    """The door."""

    template_name = "office/login.html"
    next_page = "office:start"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Take a name and a password, unless there were too many tries (RFC 6585, 4: 429 and Retry-After)."""
        at = settings.CLOCK()
        try:
            begin_try(self._visitor(), at=at)
        except TooManyTries as refusal:
            shown = self.get_context_data(form=self.get_form_class()(request), error=explain(refusal))
            answer = self.render_to_response(shown, status=429)
            answer.headers["Retry-After"] = str(math.ceil((refusal.retry_at - at).total_seconds()))
            return answer
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Let somebody in."""
        end_tries(self._visitor())
        return super().form_valid(form)

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """Say that name or password is wrong (RFC 9110, 15.5.4: credentials were given and do not suffice)."""
        return self.render_to_response(self.get_context_data(form=form), status=403)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add what every page has."""
        return super().get_context_data(is_demo=settings.DEMO, now=settings.CLOCK(), **kwargs)

    def _visitor(self) -> Visitor:
        name, meta = self.request.POST.get("username", ""), self.request.META
        address = find_address(
            meta.get("REMOTE_ADDR", ""), forwarded=meta.get("HTTP_X_FORWARDED_FOR", ""), proxies=settings.PROXIES
        )
        return Visitor.hashed(name, address=address, key=settings.SECRET_KEY.encode())


@require_GET
@office_only
def start(request: HttpRequest, _user: User) -> HttpResponse:
    """List the programmes."""
    at = settings.CLOCK()
    return show(
        request, "start", {"overviews": [get_overview(programme, at=at) for programme in list_programmes(at=at)]}
    )


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
