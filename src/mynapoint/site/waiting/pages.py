"""The page of the line: where one stands, when one's turn comes, and the way on once it has come."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.core.signing import BadSignature
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import NoReverseMatch
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from mynapoint.entrance.queries import get_admission, is_used
from mynapoint.entrance.rules import GRACE, Admission, TicketNumber
from mynapoint.kernel.period import JST
from mynapoint.site.shell.pages import show
from mynapoint.site.waiting.tickets import FIELD, keep, read_text

MINUTE: Final = timedelta(minutes=1)
SOON: Final = timedelta(seconds=30)
SELDOM: Final = timedelta(minutes=5)


@dataclass(frozen=True)
class Place:
    """A place in line, as its page tells it."""

    before: int
    turn_at: datetime
    minutes: int

    @classmethod
    def of(cls, admission: Admission, number: TicketNumber, *, at: datetime) -> "Place":
        """This will compute a place from the line; its minutes are rounded up."""
        turn = admission.turn_at(number)
        return cls(before=admission.count_before(number, at=at), turn_at=turn, minutes=-((at - turn) // MINUTE))

    @property
    def clock_time(self) -> datetime:
        """When the turn comes, rounded up to the minute."""
        local = self.turn_at.astimezone(JST)
        return local if local == (full := local.replace(second=0, microsecond=0)) else full + MINUTE


def pause(left: timedelta) -> timedelta:
    """This will say when to look again: at the turn itself when it is near, else after a third of what is left.

    The farther back, the seldomer: sixty thousand waiting look about two hundred times a second in all.
    """
    return left if left <= SOON else min(left / 3, SELDOM)


@never_cache
@require_safe
def line(request: HttpRequest, ticket: str) -> HttpResponse:
    """Show a ticket's place in line; once its turn has come, the way on."""
    at = settings.CLOCK()
    try:
        held = read_text(ticket)
        begin = held.find_page(request)
    except (BadSignature, NoReverseMatch):
        raise Http404 from None
    number, admission = held.ticket.number, get_admission()
    if is_used(number):
        return show(request, "waiting/used", at=at, begin=begin)
    standing = admission.get_standing(number, at=at)
    if standing == "late" or not held.ticket.is_valid(at=at):
        return show(request, "waiting/late", at=at, begin=begin)
    if standing == "passes":
        until = admission.turn_at(number) + GRACE if admission.is_waiting_room_open else None
        answer = show(request, "waiting/turn", at=at, begin=begin, held=held, field=FIELD, until=until)
    else:
        place = Place.of(admission, number, at=at)
        answer = show(request, "waiting/line", at=at, place=place, here=request.path)
        # Seconds are rounded up: to look a moment too early would mean to look twice.
        answer["Refresh"] = str(-(-pause(place.turn_at - at) // timedelta(seconds=1)))
    keep(answer, held)
    return answer
