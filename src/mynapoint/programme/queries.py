"""What can be asked about programmes."""

from datetime import datetime

from django.conf import settings
from django.db.models import Sum

from mynapoint.kernel.register import KEPT_SECONDS, Register
from mynapoint.programme.models import PlaceShard, ProgrammeRevision
from mynapoint.programme.rules import Programme, ProgrammeUnknown, check_mode

REGISTER = Register(
    kind=Programme, table=ProgrammeRevision, rule="one_text_per_programme_and_instant", seconds=KEPT_SECONDS
)


def get_programme(programme_id: str, *, at: datetime) -> Programme:
    """Return the programme as it counts at an instant.

    :raises ProgrammeUnknown: when none of this name counts then; a real one never does at a training.
    """
    programme = REGISTER.find(programme_id, at=at)
    if programme is None or programme.is_training is not settings.TRAINING:
        raise ProgrammeUnknown
    return programme


def list_programmes(*, at: datetime) -> list[Programme]:
    """Return every programme as it counts at an instant."""
    return [programme for programme in REGISTER.all(at=at) if programme.is_training is settings.TRAINING]


def check_modes(*, is_training: bool, at: datetime) -> None:
    """Check that the database has no programme that may not be had here, before anything is begun.

    :raises ProgrammeOfAnotherMode: naming the first that it has.
    """
    for programme in REGISTER.all(at=at):
        check_mode(programme, is_training=is_training)


def count_places_taken(programme_id: str) -> int:
    """Return how many places of a programme are taken."""
    taken: int = PlaceShard.objects.filter(programme=programme_id).aggregate(taken=Sum("taken", default=0))["taken"]
    return taken
