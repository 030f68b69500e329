"""What can be asked about places."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from mynapoint.kernel.register import Register
from mynapoint.place.models import PlaceChange, PlaceRevision
from mynapoint.place.rules import Place

REGISTER = Register(kind=Place, table=PlaceRevision, rule="one_text_per_place_and_instant")


def find_place(place_id: str, *, at: datetime) -> Place | None:
    """Return a place as it counts at an instant, if one of this name does."""
    return REGISTER.find(place_id, at=at)


def list_texts(place_id: str, *, first: datetime, last: datetime) -> list[Place]:
    """Return every text of a place that counted at some instant between two, both included, the first one first."""
    later = PlaceRevision.objects.filter(id=place_id, effective_from__gt=first, effective_from__lte=last)
    starts = [first, *later.order_by("effective_from").values_list("effective_from", flat=True)]
    return [place for start in starts if (place := REGISTER.find(place_id, at=start))]


def find_newest_text(place_id: str) -> Place | None:
    """Return a place's newest text, also one that does not count yet."""
    newest = PlaceRevision.objects.filter(id=place_id).order_by("-effective_from").first()
    return REGISTER.find(place_id, at=newest.effective_from) if newest else None


@dataclass(frozen=True)
class ChangeView:
    """A text that staff made: when, who, what it says, and what the one before it said if there was one."""

    effective_from: datetime
    user_id: int
    before: Place | None
    after: Place


def list_changes(place_id: str, *, most: int) -> list[ChangeView]:
    """Return a place's texts that staff have made, the newest first."""
    rows = PlaceChange.objects.filter(id=place_id).order_by("-effective_from")[:most]
    return [
        ChangeView(row.effective_from, row.user_id, _find_before(place_id, row.effective_from), after)
        for row in rows
        if (after := REGISTER.find(place_id, at=row.effective_from))
    ]


def _find_before(place_id: str, effective_from: datetime) -> Place | None:
    return REGISTER.find(place_id, at=effective_from - timedelta.resolution)


def list_places(*, at: datetime) -> list[Place]:
    """Return every place that is announced, also those that are over or still to come."""
    return REGISTER.all(at=at)


def list_counters(*, at: datetime) -> list[Place]:
    """Return the counters, city by city."""
    counters = [place for place in REGISTER.all(at=at) if place.kind == "counter"]
    return sorted(counters, key=lambda place: (place.city_code or "", place.id))


def find_helpdesk(*, at: datetime) -> Place | None:
    """Return the helpdesk that people can telephone: of several the first by name, of those that are over the last."""
    helpdesks = [place for place in REGISTER.all(at=at) if place.kind == "helpdesk"]
    return min(helpdesks, key=lambda place: (at >= place.open_until, place.id), default=None)
