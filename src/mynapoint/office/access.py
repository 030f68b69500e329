"""Who may use the office's pages: members of one group, asked before anything else."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, Final, ParamSpec

from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from mynapoint.office.stops import not_found

OFFICE_GROUP: Final = "office"

P = ParamSpec("P")


def is_office_user(user: User) -> bool:
    """Say whether somebody works for the office and may still do so."""
    return user.is_active and user.groups.filter(name=OFFICE_GROUP).exists()


def office_only(
    view: Callable[Concatenate[HttpRequest, User, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Let only office users in, and hand the view who it is; nothing that it shows is kept by a browser."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        user = request.user
        if not isinstance(user, User):
            return redirect_to_login(request.get_full_path(), reverse("office:login"))
        if not is_office_user(user):
            return render(request, "office/forbidden.html", status=403)
        try:
            return view(request, user, *args, **kwargs)
        except Http404:
            return not_found(request)

    return never_cache(guarded)
