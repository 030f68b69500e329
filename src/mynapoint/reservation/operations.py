"""What can be done about reservations."""

from collections.abc import Mapping
from uuid import UUID

from django.db import IntegrityError, transaction

from mynapoint.act.rules import SignedAct
from mynapoint.kernel.integrity import constraint_name
from mynapoint.programme.operations import take_place
from mynapoint.programme.queries import get_programme
from mynapoint.programme.rules import check_open
from mynapoint.reservation.models import IssuedMyKeyId, Reservation
from mynapoint.reservation.queries import find_reservation
from mynapoint.reservation.rules import AlreadyReserved, MyKeyId, draw_mykey_id


def reserve(act: SignedAct) -> Mapping[str, str | int]:
    """Give the holder a MyKey ID and a place, inside the act's transaction; return the journal's facts.

    :raises WindowNotOpen, WindowClosed: when the programme takes no reservations.
    :raises AlreadyReserved: when the holder has one.
    :raises NoPlacesLeft: when all places are taken.
    """
    programme = get_programme(act.programme_id, at=act.at)
    check_open(programme.reservation, at=act.at)
    # Nothing is looked up first: the constraint knows, and for nearly everybody it has nothing to say.
    try:
        with transaction.atomic():
            mykey_id = _issue_mykey_id(act.holder.id)
            Reservation.objects.create(
                holder_id=act.holder.id,
                programme=act.programme_id,
                mykey_id=mykey_id,
                act_id=act.id,
                reserved_at=act.at,
            )
    except IntegrityError as error:
        if constraint_name(error) != "one_reservation_per_holder":
            raise
        _check_not_reserved(act)
        raise
    # The place comes last: its row is shared, and so is locked for the shortest time.
    take_place(programme, holder_id=act.holder.id)
    return {}


def _check_not_reserved(act: SignedAct) -> None:
    known = find_reservation(act.holder.id, programme_id=act.programme_id)
    if known is not None:
        raise AlreadyReserved(reserved_at=known.reserved_at)


def _issue_mykey_id(holder_id: UUID) -> MyKeyId:
    """Draw until an ID is new: with 25 million given, one draw in six thousand is not."""
    while True:
        mykey_id = draw_mykey_id()
        try:
            with transaction.atomic():
                IssuedMyKeyId.objects.create(mykey_id=mykey_id, holder_id=holder_id)
        except IntegrityError as error:
            if constraint_name(error) != "one_holder_per_mykey_id":
                raise
        else:
            return mykey_id
