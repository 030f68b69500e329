"""Who is this, in which role, at which terminal: asked before every page of a counter."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

from mynapoint.case.rules import Seat
from mynapoint.counter.stops import stop
from mynapoint.place.queries import find_place
from mynapoint.place.rules import Place
from mynapoint.signin.sessions import Presence, ask_to_sign_in, find_own_terminal, find_presence
from mynapoint.staff.rules import Member, Role

P = ParamSpec("P")
Who = TypeVar("Who")
Guarded = Callable[Concatenate[HttpRequest, P], HttpResponse]
View = Callable[Concatenate[HttpRequest, Who, P], HttpResponse]


@dataclass(frozen=True, slots=True)
class Desk:
    """Somebody at work at a terminal, with the roles that they have at its counter."""

    user_id: int
    city: str
    roles: frozenset[Role]
    seat: Seat


def at_desk(*roles: Role) -> Callable[[View[Desk, P]], Guarded[P]]:
    """Let in who has one of these roles at the counter of the registered terminal at which they signed in."""
    return _guard(_find_desk, roles)


def for_staff(*roles: Role) -> Callable[[View[Member, P]], Guarded[P]]:
    """Let in who has one of these roles in a city, wherever they sit; which counters: :func:`get_own_counter`."""
    return _guard(_find_staff, roles)


def get_own_counter(member: Member, counter_id: str, *roles: Role, at: datetime) -> Place:
    """Return a counter of the member's own city at which they have one of these roles.

    :raises Http404: when there is none: another city's counters are nobody's to know about.
    """
    place = find_place(counter_id, at=at)
    if place is None or place.kind != "counter" or place.city_code != member.city:
        raise Http404
    if not member.roles_at(counter_id) & set(roles):
        raise Http404
    return place


def _guard(
    find: Callable[[HttpRequest, Presence, frozenset[Role]], Who | HttpResponse], roles: tuple[Role, ...]
) -> Callable[[View[Who, P]], Guarded[P]]:
    """Return a decorator that hands its view whom `find` finds, or answers what `find` answers."""

    def decorate(view: View[Who, P]) -> Guarded[P]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            presence = find_presence(request, at=settings.CLOCK())
            if presence is None:
                return ask_to_sign_in(request)
            found = find(request, presence, frozenset(roles))
            if isinstance(found, HttpResponse):
                return found
            try:
                return view(request, found, *args, **kwargs)
            except Http404:
                return stop(request, "not_found", status=404)

        guarded.roles = frozenset(roles)  # type: ignore[attr-defined]  # held against `mynapoint.access` by a test
        return never_cache(guarded)

    return decorate


def _find_desk(request: HttpRequest, presence: Presence, roles: frozenset[Role]) -> Desk | HttpResponse:
    member, terminal = presence.member, find_own_terminal(request, at=settings.CLOCK())
    if terminal is None:
        return stop(request, "no_terminal", status=403)
    if presence.terminal_id != terminal.id:
        return ask_to_sign_in(request)
    held = member.roles_at(terminal.counter)
    if terminal.city != member.city or not held & roles:
        return stop(request, "forbidden", status=403)
    seat = Seat(terminal.counter, terminal.counter_name, terminal.id, terminal.name)
    return Desk(member.user_id, member.city, held, seat)


def _find_staff(request: HttpRequest, presence: Presence, roles: frozenset[Role]) -> Member | HttpResponse:
    if not presence.member.city or not presence.member.roles & roles:
        return stop(request, "forbidden", status=403)
    return presence.member
