"""What can be done about who works where. Each of these is one transaction with its journal entry."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from mynapoint.journal.operations import record
from mynapoint.kernel.integrity import constraint_name
from mynapoint.kernel.sql import wait_for_turn
from mynapoint.place.queries import find_place
from mynapoint.staff.models import Affiliation, EndedMembership, GivenMembership
from mynapoint.staff.queries import has_city, list_members, list_memberships
from mynapoint.staff.rules import (
    CityUnknown,
    CounterNotOfCity,
    Membership,
    MembershipEnded,
    MembershipUnknown,
    Post,
    Role,
    TimesUnusable,
    UserNameTaken,
    UserUnknown,
    WorksElsewhere,
    check_administration,
    check_is_new,
    check_post,
    check_times,
    check_user_name,
    facts_of_end,
    facts_of_membership,
)
from mynapoint.staff.terminals import claim_terminal, register_terminal, replace_terminal, revoke_terminal

__all__ = [
    "Given",
    "claim_terminal",
    "dismiss",
    "end_membership",
    "give_post",
    "hire",
    "register_terminal",
    "replace_terminal",
    "revoke_terminal",
]

T = TypeVar("T")
ROUNDS: Final = 12
"""So many people may give one user a post at the same instant."""
_LOST_RACES: Final = frozenset({"one_membership_per_number", "one_city_per_member"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A post as it is to be given: where, what, from when, until when, and by whom; None: at the console."""

    city: str
    post: Post
    from_at: datetime
    until_at: datetime | None = None
    by: int | None


@transaction.atomic
def hire(user_name: str, given: Given, *, at: datetime) -> Membership:
    """Make a user who cannot sign in before an invitation is followed, and give them their first post.

    :raises UserNameUnusable, UserNameTaken: when there can be no such user.
    :raises UnableToStaff: as `give_post`.
    """
    check_user_name(user_name)
    try:
        with transaction.atomic():
            user = User.objects.create_user(user_name)
    except IntegrityError as error:
        if constraint_name(error) != "auth_user_username_key":
            raise
        raise UserNameTaken from None
    return give_post(user.id, given, at=at)


def give_post(user_id: int, given: Given, *, at: datetime) -> Membership:
    """Give a user one more post of the city, or of the office, that they work for.

    :raises PostUnusable, TimesUnusable: when it is no such post, or its times are none.
    :raises CityUnknown, CounterNotOfCity: when there is no such place now.
    :raises UserUnknown, WorksElsewhere, PostHeld: when it is not for this user.
    """
    check_post(given.post, city=given.city)
    check_times(given.from_at, given.until_at, at=at)
    _check_place(given, at=at)

    def write() -> Membership:
        _affiliate(user_id, given.city)
        held = list_memberships([user_id])
        membership = Membership(
            user_id=user_id,
            number=len(held) + 1,
            city=given.city,
            post=given.post,
            from_at=given.from_at,
            until_at=given.until_at,
        )
        check_is_new(membership, held)
        _write_down(membership, by=given.by, at=at)
        return membership

    return _until_first(write)


@transaction.atomic
def end_membership(user_id: int, number: int, *, ends_at: datetime, by: int | None, at: datetime) -> None:
    """End a membership before its time, now or later; of several ends the first counts.

    :raises MembershipUnknown: when there is no such membership.
    :raises MembershipEnded: when it is over, or ends then or earlier anyway.
    :raises TimesUnusable: when that would be in the past.
    :raises OwnAdministration, LastAdministrator: when somebody of the city would leave it without administration; at
        the console anything is possible.
    """
    membership = next((one for one in list_memberships([user_id]) if one.number == number), None)
    if membership is None:
        raise MembershipUnknown
    if ends_at < at:
        raise TimesUnusable
    if membership.until_at is not None and membership.until_at <= ends_at:
        raise MembershipEnded
    _check_administration([membership], ends_at=ends_at, by=by)
    _end(membership, ends_at=ends_at, by=by, at=at)


@transaction.atomic
def dismiss(user_id: int, *, by: int | None, at: datetime) -> int:
    """End everything that a user has or is to have, at once; return how many memberships that were.

    :raises OwnAdministration, LastAdministrator: as `end_membership`.
    """
    lasting = [one for one in list_memberships([user_id]) if one.until_at is None or at < one.until_at]
    _check_administration(lasting, ends_at=at, by=by)
    for membership in lasting:
        _end(membership, ends_at=at, by=by, at=at)
    return len(lasting)


def _check_administration(ending: list[Membership], *, ends_at: datetime, by: int | None) -> None:
    """Check that a city keeps its administration; of two who end each other's at one instant, the second sees it.

    :raises OwnAdministration, LastAdministrator: when it would not.
    """
    administered = {one.city for one in ending if one.post.role is Role.CITY_ADMIN}
    if by is None or not administered:
        return
    (city,) = administered
    wait_for_turn(f"administration {city}")
    check_administration(ending, list_members(city), ends_at=ends_at, by=by)


def _check_place(given: Given, *, at: datetime) -> None:
    """Check that the city has a counter, and the named one.

    :raises CityUnknown, CounterNotOfCity: when it has not.
    """
    if given.city and not has_city(given.city, at=at):
        raise CityUnknown
    if given.post.counter:
        place = find_place(given.post.counter, at=at)
        if place is None or place.kind != "counter" or place.city_code != given.city:
            raise CounterNotOfCity


def _affiliate(user_id: int, city: str) -> None:
    """Note which city a user works for, the first time.

    :raises UserUnknown, WorksElsewhere: when they cannot work for this one.
    """
    if not User.objects.filter(id=user_id).exists():
        raise UserUnknown
    known = Affiliation.objects.filter(user_id=user_id).first()
    if known is None:
        Affiliation.objects.create(user_id=user_id, city=city)
    elif known.city != city:
        raise WorksElsewhere


def _write_down(membership: Membership, *, by: int | None, at: datetime) -> None:
    post = membership.post
    entry_id = record(kind="membership_given", facts=facts_of_membership(membership, by=by), at=at)
    GivenMembership.objects.create(
        user_id=membership.user_id,
        number=membership.number,
        role=post.role,
        counter=post.counter,
        from_at=membership.from_at,
        until_at=membership.until_at,
        by_user_id=by,
        entry_id=entry_id,
        given_at=at,
    )


def _end(membership: Membership, *, ends_at: datetime, by: int | None, at: datetime) -> None:
    """Insert an end; the very same one twice is one.

    :raises MembershipEnded: when somebody else has just ended it then.
    """
    key = {"user_id": membership.user_id, "number": membership.number, "ends_at": ends_at}
    try:
        with transaction.atomic():
            facts = facts_of_end(membership.user_id, membership.number, ends_at=ends_at, by=by)
            entry_id = record(kind="membership_ended", facts=facts, at=at)
            EndedMembership.objects.create(**key, by_user_id=by, entry_id=entry_id, ended_at=at)
    except IntegrityError as error:
        if constraint_name(error) != "one_end_at_an_instant":
            raise
        raise MembershipEnded from None


def _until_first(write: Callable[[], T]) -> T:
    """Run a transaction again for as long as another one gives the same user something at the same instant."""
    for _ in range(ROUNDS):
        try:
            with transaction.atomic():
                return write()
        except IntegrityError as error:
            if constraint_name(error) not in _LOST_RACES:
                raise
    raise RuntimeError("this user kept being given posts")
