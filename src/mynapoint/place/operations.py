"""What can be done with places."""

from datetime import datetime
from pathlib import Path

from django.db import transaction

from mynapoint.place.queries import REGISTER
from mynapoint.place.rules import Place


@transaction.atomic
def load_place(path: Path, *, at: datetime) -> tuple[Place, bool]:
    """Load a place from its TOML file; return it and whether its text is new.

    :raises DocumentMalformed, DocumentDiffers: when the file cannot be taken as it is.
    """
    place = REGISTER.read(path)
    return place, REGISTER.add(place, at=at)
