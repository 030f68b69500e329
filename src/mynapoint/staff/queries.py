"""What can be asked about staff and terminals."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Max

from mynapoint.place.queries import find_place, list_counters
from mynapoint.staff.models import (
    Affiliation,
    EndedMembership,
    GivenMembership,
    RegisteredTerminal,
    StandingTerminal,
    TerminalCode,
    TerminalDevice,
)
from mynapoint.staff.rules import Device, Member, Membership, Post, Role, Terminal


@dataclass(frozen=True, slots=True)
class TerminalView:
    """A terminal as those who look after it see it."""

    id: UUID
    counter: str
    name: str
    claimed_at: datetime | None
    """When a browser became this terminal; None while a code waits to be typed, or has not been in time."""


def find_member(user_id: int, *, at: datetime) -> Member | None:
    """Return what somebody may do at an instant; None when that is nothing."""
    memberships = [membership for membership in list_memberships([user_id]) if membership.is_on(at=at)]
    if not memberships:
        return None
    return Member(user_id, memberships[0].city, frozenset(membership.post for membership in memberships))


def list_memberships(user_ids: Iterable[int]) -> list[Membership]:
    """Return every membership that some people ever had, person by person, each with its true end."""
    ids = list(user_ids)
    cities = dict(Affiliation.objects.filter(user_id__in=ids).values_list("user_id", "city"))
    ended = EndedMembership.objects.filter(user_id__in=ids).order_by("-ends_at")  # the first comes last, and counts
    ends = {(row.user_id, row.number): row.ends_at for row in ended}
    given = GivenMembership.objects.filter(user_id__in=ids).order_by("user_id", "number")
    return [as_membership(row, cities[row.user_id], ends.get((row.user_id, row.number), row.until_at)) for row in given]


def list_members(city: str) -> list[Membership]:
    """Return every membership that a city, or the office, ever gave."""
    return list_memberships(Affiliation.objects.filter(city=city).values_list("user_id", flat=True))


def has_city(city: str, *, at: datetime) -> bool:
    """Say whether any counter is in a city."""
    return any(place.city_code == city for place in list_counters(at=at))


def find_terminal(secret: str, *, at: datetime) -> Terminal | None:
    """Return the terminal that a browser is, by what it was given when it became one; None when it is none now."""
    device = Device.parse(secret)
    if device is None:
        return None
    found = find_registration(device.id, at=at)
    if found is None:
        return None
    terminal, number = found
    claimed = TerminalDevice.objects.filter(terminal_id=device.id, number=number).first()
    return terminal if claimed is not None and device.opens(bytes(claimed.secret_hash)) else None


def find_registration(terminal_id: UUID, *, at: datetime) -> tuple[Terminal, int] | None:
    """Return a terminal with the number of its newest code; None when there is none now.

    That number is for what stands beside the terminal's browser, a second screen or a card program: what they were
    given is good for this registration alone.
    """
    registered = RegisteredTerminal.objects.filter(id=terminal_id).first()
    is_standing = StandingTerminal.objects.filter(terminal_id=terminal_id).exists()
    number = TerminalCode.objects.filter(terminal_id=terminal_id).aggregate(number=Max("number"))["number"]
    if registered is None or not is_standing or number is None:
        return None
    place = find_place(registered.counter, at=at)
    if place is None or place.kind != "counter" or place.city_code is None:
        return None
    return Terminal(str(registered.id), registered.name, place.id, place.name.ja, place.city_code), number


def list_terminals(counter: str) -> list[TerminalView]:
    """Return a counter's terminals that are not revoked, by name."""
    standing = list(StandingTerminal.objects.filter(counter=counter).order_by("name"))
    ids = [row.terminal_id for row in standing]
    newest = TerminalCode.objects.filter(terminal_id__in=ids).values("terminal_id").annotate(number=Max("number"))
    numbers = {row["terminal_id"]: row["number"] for row in newest}
    devices = TerminalDevice.objects.filter(terminal_id__in=ids)
    claims = {row.terminal_id: row.claimed_at for row in devices if row.number == numbers.get(row.terminal_id)}
    return [TerminalView(row.terminal_id, row.counter, row.name, claims.get(row.terminal_id)) for row in standing]


def as_membership(row: GivenMembership, city: str, until_at: datetime | None) -> Membership:
    """Return a post that was given, with the end that counts."""
    return Membership(
        user_id=row.user_id,
        number=row.number,
        city=city,
        post=Post(Role(row.role), row.counter),
        from_at=row.from_at,
        until_at=until_at,
    )
