"""A programme at a glance: places, links, points and money."""

from dataclasses import dataclass
from datetime import datetime

from mynapoint.application.queries import count_links
from mynapoint.closing.queries import list_missing, sum_accepted
from mynapoint.directory.queries import list_services
from mynapoint.kernel.money import Points, Yen
from mynapoint.programme.queries import count_places_taken
from mynapoint.programme.rules import Programme
from mynapoint.settlement.queries import Totals, sum_claims


@dataclass(frozen=True)
class ServiceProgress:
    """One service: its links now, and the points of its last accepted closing."""

    id: str
    name: str
    links: int
    accepted: Points


@dataclass(frozen=True)
class Overview:
    """One programme: what it may cost at most, and how far it has come."""

    programme: Programme
    places_taken: int
    budget: Yen
    totals: Totals
    missing_closings: int
    services: tuple[ServiceProgress, ...]

    @property
    def places_percent(self) -> int:
        """The share of places that are taken, rounded down."""
        return self.places_taken * 100 // self.programme.places

    @property
    def claimed_percent(self) -> int:
        """The share of the budget that claims have come to, rounded down."""
        return self.totals.claimed * 100 // self.budget


def get_overview(programme: Programme, *, at: datetime) -> Overview:
    """Return where a programme stands at an instant."""
    links, accepted = count_links(programme.id, at=at), sum_accepted(programme.id)
    services = tuple(
        ServiceProgress(service.id, service.name.ja, links.get(service.id, 0), accepted.get(service.id, Points(0)))
        for service in list_services(programme=programme.id, at=at)
    )
    return Overview(
        programme=programme,
        places_taken=count_places_taken(programme.id),
        budget=Yen(programme.places * programme.grant.cap),
        totals=sum_claims(programme.id),
        missing_closings=len(list_missing(programme, at=at)),
        services=services,
    )
