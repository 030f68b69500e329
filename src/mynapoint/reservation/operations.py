"""What can be done about reservations."""

from collections.abc import Callable, Mapping
from uuid import UUID

from mynapoint.act.rules import SignedAct
from mynapoint.grace.operations import admit
from mynapoint.kernel.sql import insert_unless
from mynapoint.programme.operations import take_place
from mynapoint.programme.queries import get_programme
from mynapoint.reservation.models import IssuedMyKeyId, Reservation
from mynapoint.reservation.queries import find_reservation
from mynapoint.reservation.rules import AlreadyReserved, MyKeyId, draw_mykey_id


def reserve(act: SignedAct) -> Mapping[str, str | int]:
    """Give the holder a MyKey ID and a place, inside the act's transaction; return the journal's facts.

    :raises WindowNotOpen, WindowClosed: when the programme takes no reservations.
    :raises UnableByGrace: when the act comes later, and its grace ticket does not help.
    :raises AlreadyReserved: when the holder has one.
    :raises NoPlacesLeft: when all places are taken.
    """
    programme = get_programme(act.programme_id, at=act.at)
    admitted = admit(act, programme, programme.reservation)
    reservation = Reservation(
        holder_id=act.holder.id,
        programme=act.programme_id,
        mykey_id=issue_mykey_id(act.holder.id),
        act_id=act.id,
        reserved_at=act.at,
    )
    # Nothing is looked up first: the constraint knows, and for nearly everybody it has nothing to say.
    if not insert_unless("one_reservation_per_holder", reservation):
        known = find_reservation(act.holder.id, programme_id=act.programme_id)
        raise AlreadyReserved(reserved_at=known.reserved_at if known else act.at)
    # The place comes last: its row is shared, and so is locked for the shortest time.
    take_place(programme, holder_id=act.holder.id)
    return admitted.facts


def issue_mykey_id(holder_id: UUID, *, draw: Callable[[], MyKeyId] = draw_mykey_id) -> MyKeyId:
    """Draw until an ID is new, inside the caller's transaction: with 25 million given, one draw in six thousand is not.

    Where somebody else is just being given the same one, this waits until that is committed or gone.
    """
    while True:
        mykey_id = draw()
        if insert_unless("one_holder_per_mykey_id", IssuedMyKeyId(mykey_id=mykey_id, holder_id=holder_id)):
            return mykey_id
