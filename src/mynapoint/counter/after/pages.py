"""What the pages after the counter have in common."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from mynapoint.counter.away import find_away
from mynapoint.place.queries import list_counters
from mynapoint.place.rules import Place
from mynapoint.staff.rules import Member, Role

LOOK_BACK: Final = (Role.SUPERVISOR, Role.CITY_ADMIN, Role.AUDITOR)
"""Who sees what a counter's days were like."""


def show(
    request: HttpRequest, member: Member, page: str, context: Mapping[str, object], *, status: int = 200
) -> HttpResponse:
    """Answer with a page."""
    at = settings.CLOCK()
    common = {"is_demo": settings.DEMO, "now": at, "away": find_away(at=at), "roles": member.roles}
    return render(request, f"counter/{page}.html", common | dict(context), status=status)


def list_own_counters(member: Member, *, at: datetime) -> list[Place]:
    """Return the counters of the member's city that they may look back at."""
    return [
        place
        for place in list_counters(at=at)
        if place.city_code == member.city and member.roles_at(place.id) & set(LOOK_BACK)
    ]


def name_people(ids: Iterable[int]) -> dict[int, str]:
    """Return the user names of staff."""
    return dict(User.objects.filter(id__in=set(ids)).values_list("id", "username"))
