"""The page about the waiting room: who waits, and by hand open or closed."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from mynapoint.entrance.operations import close_waiting_room, open_waiting_room
from mynapoint.entrance.queries import find_closure, get_line
from mynapoint.entrance.rules import read_pace
from mynapoint.kernel.refusal import Refusal
from mynapoint.office.access import office_only
from mynapoint.office.pages import refuse, show


@require_http_methods(["GET", "POST"])
@office_only
def entrance(request: HttpRequest, _user: User) -> HttpResponse:
    """Show how people are let in; on a POST, open the waiting room, change its pace, or close it."""
    if request.method == "POST":
        try:
            messages.success(request, _change(request))
        except Refusal as refusal:
            typed = request.POST.get("per_minute", "")
            return refuse(request, "entrance", refusal, {**_describe(), "typed": typed})
        return redirect("office:entrance")
    return show(request, "entrance", _describe())


def _change(request: HttpRequest) -> str:
    """Do what the form says; return what was done.

    :raises PaceUnusable: when what was typed is no pace.
    :raises AdmissionChangedMeanwhile: when somebody else changed it at the same moment.
    """
    at = settings.CLOCK()
    if request.POST.get("do") == "close":
        close_waiting_room(at=at)
        return "待合室を閉じました。だれでも待たずに始められます。"
    opened = open_waiting_room(per_minute=read_pace(request.POST.get("per_minute", "")), at=at)
    return f"待合室を開きました。1分に {opened.per_minute} 人ずつ始められます。"


def _describe() -> dict[str, object]:
    at = settings.CLOCK()
    return {
        "line": get_line(at=at),
        "closure": find_closure(at=at),
        "limits": settings.WAITING_ROOM,
        "typed": settings.WAITING_ROOM.per_minute,
    }
