"""What can be done at a counter today: its hours, and the services that can be applied for there and why not others."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from mynapoint.case.queries import get_closing
from mynapoint.case.rules import day_of
from mynapoint.directory.queries import list_services
from mynapoint.directory.rules import Service, find_obstacle
from mynapoint.kernel.period import Period
from mynapoint.place.queries import find_place
from mynapoint.place.rules import Place, can_help_with, closes_at, get_openings, next_opening
from mynapoint.programme.rules import Programme

Why = Literal["not_at_this_counter", "not_for_children"]
NOT_HERE: Final[Why] = "not_at_this_counter"
NOT_FOR_CHILDREN: Final[Why] = "not_for_children"


@dataclass(frozen=True, slots=True)
class Offered:
    """A service that can be applied for here, under the number by which a clerk chooses it today."""

    number: int
    service: Service


@dataclass(frozen=True, slots=True)
class NotOffered:
    """A service that cannot, with the code of what stands against it."""

    service: Service
    why: str


@dataclass(frozen=True, slots=True)
class Hours:
    """When a counter closes today, by its calendar and with extensions; None when it is closed.

    `calendar` is the end of the opening that it is in, before a break too; `usual` is when its calendar closes it for
    the day, also afterwards, and None on a day off. `opens_today` is when it opens next today, in the morning or
    (`has_begun`) after a break; None when it does not.
    """

    calendar: datetime | None
    usual: datetime | None
    closing: datetime | None
    next_opening: Period | None
    opens_today: datetime | None
    has_begun: bool

    @property
    def ended_at(self) -> datetime | None:
        """When today's reception was over, once it is over for today; None on a day off."""
        return max((end for end in (self.usual, self.closing) if end), default=None)

    def is_open(self, *, at: datetime) -> bool:
        """Say whether cases can be opened."""
        return self.closing is not None and at < self.closing


def get_hours(counter: str, *, at: datetime) -> Hours:
    """This will give a counter's hours as they stand at an instant."""
    place = find_place(counter, at=at)
    calendar = closes_at(place, at=at) if place else None
    closing = get_closing(counter, closes_at=calendar, at=at)
    today = get_openings(place, day=day_of(at)) if place else ()
    following = next_opening(place, at=at) if place else None
    return Hours(
        calendar=calendar,
        usual=max((opening.end for opening in today), default=None),
        closing=closing,
        next_opening=following,
        opens_today=next((opening.start for opening in today if opening.start > at), None),
        has_begun=any(opening.start <= at for opening in today),
    )


def resets_pins(counter: str, *, at: datetime) -> bool:
    """This will say whether locked cards are unblocked at a counter."""
    place = find_place(counter, at=at)
    return place is not None and can_help_with(place, "pin_reset")


def list_offered(counter: str, programme: Programme, *, at: datetime) -> tuple[list[Offered], list[NotOffered]]:
    """This will list the services that can be applied for at a counter, and those that cannot."""
    place = find_place(counter, at=at)
    known = [(service, find_why_not(service, place, at=at)) for service in _list_sorted(programme, at=at)]
    possible = [service for service, why in known if why is None]
    offered = [Offered(number, service) for number, service in enumerate(possible, start=1)]
    return offered, [NotOffered(service, why) for service, why in known if why is not None]


def find_why_not(service: Service, place: Place | None, *, at: datetime) -> str | None:
    """This will give the code of what stands against applying for a service at a counter; None when nothing does."""
    obstacle = find_obstacle(service, ways=("counter",), at=at)
    if obstacle is not None:
        return obstacle.code
    if place is None or not can_help_with(place, "application", service_id=service.id):
        return NOT_HERE
    return None


def _list_sorted(programme: Programme, *, at: datetime) -> Sequence[Service]:
    return sorted(list_services(programme=programme.id, at=at), key=lambda one: (one.reading or one.name.ja, one.id))
