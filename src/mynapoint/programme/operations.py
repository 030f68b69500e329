"""What can be done with programmes."""

from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction

from mynapoint.kernel.sql import tell
from mynapoint.programme.models import PlaceShard
from mynapoint.programme.queries import REGISTER
from mynapoint.programme.rules import NoPlacesLeft, Programme, check_mode, check_payer, places_in_shard

PLACE_SHARDS = 16

_TAKE_PLACE = "UPDATE programme_placeshard SET taken = taken + 1 WHERE programme = %s AND shard = %s AND taken < %s"


@transaction.atomic
def load_programme(path: Path, *, at: datetime) -> tuple[Programme, bool]:
    """Load a programme from its TOML file; return it and whether its text is new.

    :raises DocumentMalformed, DocumentDiffers: when the file cannot be taken as it is.
    :raises KanaNotAllowed, KanaTooLong: when banks could not write the payer's name.
    :raises ProgrammeOfAnotherMode: when it is a training's and this is none, or the other way round.
    """
    programme = REGISTER.read(path)
    check_mode(programme, is_training=settings.TRAINING)
    check_payer(programme)
    is_new = REGISTER.add(programme, at=at)
    shards = [PlaceShard(programme=programme.id, shard=shard, taken=0) for shard in range(PLACE_SHARDS)]
    PlaceShard.objects.bulk_create(shards, ignore_conflicts=True)
    return programme, is_new


def take_place(programme: Programme, *, holder_id: UUID) -> None:
    """Take one of the programme's places, inside the caller's transaction: the holder's own shard first.

    :raises NoPlacesLeft: when every shard is full.
    """
    first = holder_id.int % PLACE_SHARDS
    for shard in (*range(first, PLACE_SHARDS), *range(first)):
        places = places_in_shard(programme.places, shard=shard, shards=PLACE_SHARDS)
        if tell(_TAKE_PLACE, [programme.id, shard, places]):
            return
    raise NoPlacesLeft
