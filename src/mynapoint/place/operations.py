"""What can be done with places."""

import hashlib
from datetime import datetime
from pathlib import Path

import rfc8785
from django.db import transaction

from mynapoint.journal.operations import record
from mynapoint.kernel.sql import wait_for_turn
from mynapoint.place.calendar import DayName, Hours, SpecialDays
from mynapoint.place.changing import (
    WEEK,
    PlaceChangedMeanwhile,
    PlaceTaken,
    PlaceUnknown,
    UnableToChangePlace,
    change,
    get_week,
    with_notice,
    with_special_days,
    with_week,
    without_notice,
    without_special_day,
    words,
)
from mynapoint.place.models import PlaceChange
from mynapoint.place.queries import REGISTER, find_newest_text
from mynapoint.place.rules import Place

__all__ = [
    "WEEK",
    "DayName",
    "Hours",
    "PlaceChangedMeanwhile",
    "SpecialDays",
    "UnableToChangePlace",
    "begin_place",
    "change",
    "change_place",
    "get_week",
    "load_place",
    "with_notice",
    "with_special_days",
    "with_week",
    "without_notice",
    "without_special_day",
    "words",
]


@transaction.atomic
def load_place(path: Path, *, at: datetime) -> tuple[Place, bool]:
    """Load a place from its TOML file; return it and whether its text is new.

    :raises DocumentMalformed, DocumentDiffers: when the file cannot be taken as it is.
    """
    place = REGISTER.read(path)
    return place, REGISTER.add(place, at=at)


@transaction.atomic
def begin_place(place: Place, *, by: int, at: datetime) -> None:
    """Announce a place that there was not, by somebody of its city.

    :raises PlaceTaken: when there is one of this name, also one to come.
    """
    wait_for_turn(f"place {place.id}")
    if find_newest_text(place.id) is not None:
        raise PlaceTaken
    _announce(place, by=by, at=at)


@transaction.atomic
def change_place(place: Place, *, seen: datetime, by: int, at: datetime) -> bool:
    """Let a place's text be followed by another one, by somebody of its city; return False when it says the same.

    :param seen: from when the text counts that the change was made from.
    :raises PlaceUnknown: when there is no such place.
    :raises PlaceChangedMeanwhile: when another text has followed since, or is to follow later.
    """
    wait_for_turn(f"place {place.id}")
    newest = find_newest_text(place.id)
    if newest is None:
        raise PlaceUnknown
    if newest.effective_from != seen or place.effective_from <= seen:
        raise PlaceChangedMeanwhile
    if newest.model_copy(update={"effective_from": place.effective_from}) == place:
        return False
    _announce(place, by=by, at=at)
    return True


def digest_of(content: object) -> str:
    """Return what the journal has of a text: SHA-256 over its canonical JSON (RFC 8785), in hexadecimal."""
    return hashlib.sha256(rfc8785.dumps(content)).hexdigest()  # type: ignore[arg-type]


def _announce(place: Place, *, by: int, at: datetime) -> None:
    REGISTER.add(place, at=at)
    facts: dict[str, str | int] = {
        "place": place.id,
        "digest": digest_of(place.model_dump(mode="json", by_alias=True)),
        "user": by,
    }
    entry_id = record(kind="place_changed", facts=facts, at=at)
    PlaceChange.objects.create(
        id=place.id, effective_from=place.effective_from, user_id=by, entry_id=entry_id, changed_at=at
    )
