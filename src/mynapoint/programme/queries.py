"""What can be asked about programmes."""

from datetime import datetime

from django.db.models import Sum

from mynapoint.kernel.register import Register
from mynapoint.programme.models import PlaceShard, ProgrammeRevision
from mynapoint.programme.rules import Programme, ProgrammeUnknown

REGISTER = Register(kind=Programme, table=ProgrammeRevision)


def get_programme(programme_id: str, *, at: datetime) -> Programme:
    """Return the programme as it counts at an instant.

    :raises ProgrammeUnknown: when none of this name counts then.
    """
    programme = REGISTER.find(programme_id, at=at)
    if programme is None:
        raise ProgrammeUnknown
    return programme


def list_programmes(*, at: datetime) -> list[Programme]:
    """Return every programme as it counts at an instant."""
    return REGISTER.all(at=at)


def count_places_taken(programme_id: str) -> int:
    """Return how many places of a programme are taken."""
    taken: int = PlaceShard.objects.filter(programme=programme_id).aggregate(taken=Sum("taken", default=0))["taken"]
    return taken
