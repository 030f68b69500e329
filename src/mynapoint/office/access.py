"""Who may use the office's pages: its own people, and its auditors to look, asked before anything else."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Concatenate, Final, ParamSpec

from django.conf import settings
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from mynapoint.office.stops import not_found
from mynapoint.signin.sessions import ask_to_sign_in, find_presence
from mynapoint.staff.queries import find_member
from mynapoint.staff.rules import OFFICE, Member, Role

_LOOKING: Final = {"GET", "HEAD", "OPTIONS"}
P = ParamSpec("P")


def may_use_office(member: Member, *, method: str) -> bool:
    """Say whether somebody works for the office, or audits it and only looks."""
    looks = Role.AUDITOR in member.roles and method in _LOOKING
    return member.city == OFFICE and (Role.OFFICE in member.roles or looks)


def find_role(user: User, *, at: datetime) -> Role:
    """This will say as what somebody looks: as one of the office, or as its auditor."""
    member = find_member(user.id, at=at)
    return Role.OFFICE if member is not None and Role.OFFICE in member.roles else Role.AUDITOR


def office_only(
    view: Callable[Concatenate[HttpRequest, User, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Let only office users in, and hand the view who it is; nothing that it shows is kept by a browser."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        presence = find_presence(request, at=settings.CLOCK())
        if presence is None:
            return ask_to_sign_in(request)
        if not may_use_office(presence.member, method=request.method or ""):
            return render(request, "office/forbidden.html", status=403)
        try:
            return view(request, presence.user, *args, **kwargs)
        except Http404:
            return not_found(request)

    return never_cache(guarded)
