"""What every page of the office has in common."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from mynapoint.holder.rules import NamedActUnknown
from mynapoint.kernel.refusal import Refusal
from mynapoint.office.sentences import explain, knows
from mynapoint.programme.queries import get_programme, list_programmes
from mynapoint.programme.rules import Programme, ProgrammeUnknown


def find_programme(programme_id: str) -> Programme:
    """Return a programme as it counts now, or answer that there is none."""
    try:
        return get_programme(programme_id, at=settings.CLOCK())
    except ProgrammeUnknown:
        raise Http404 from None


def show(request: HttpRequest, page: str, context: Mapping[str, object], *, status: int = 200) -> HttpResponse:
    """Answer with a page."""
    common = {"is_demo": settings.DEMO, "now": settings.CLOCK()}
    return render(request, f"office/{page}.html", common | dict(context), status=status)


def refuse(request: HttpRequest, page: str, refusal: Refusal, context: Mapping[str, object]) -> HttpResponse:
    """Answer with a page on which something was not done, and why.

    :raises Refusal: the same one, when the office has no words for it: that is a bug.
    """
    if not knows(refusal):
        raise refusal
    error = explain(refusal)
    return show(request, page, {**context, "error": error}, status=error.status)


def name_users(ids: Iterable[int]) -> dict[int, str]:
    """Return the names of office users."""
    return dict(User.objects.filter(id__in=set(ids)).values_list("id", "username"))


def name_programmes() -> dict[str, str]:
    """Return the titles of all programmes."""
    return {programme.id: programme.title.ja for programme in list_programmes(at=settings.CLOCK())}


def read_number(typed: str) -> UUID:
    """Read a receipt's number as it is printed.

    :raises NamedActUnknown: when it cannot be one.
    """
    try:
        return UUID(typed.strip())
    except ValueError:
        raise NamedActUnknown from None


def read_round(said: Mapping[str, str]) -> int:
    """Read which proposal is answered; what is no number is none."""
    typed = said.get("round", "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 9 else 0
