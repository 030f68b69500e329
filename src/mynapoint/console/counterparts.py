"""Every table of the rooms whose rows were each written with an entry of the journal."""

from typing import Final

from mynapoint.application.counterparts import COUNTERPARTS as APPLICATION
from mynapoint.case.counterparts import COUNTERPARTS as CASE
from mynapoint.closing.counterparts import COUNTERPARTS as CLOSING
from mynapoint.correction.counterparts import COUNTERPARTS as CORRECTION
from mynapoint.grace.counterparts import COUNTERPARTS as GRACE
from mynapoint.holder.counterparts import COUNTERPARTS as HOLDER
from mynapoint.journal.queries import Counterparts
from mynapoint.pinreset.counterparts import COUNTERPARTS as PINRESET
from mynapoint.place.counterparts import COUNTERPARTS as PLACE
from mynapoint.reservation.counterparts import COUNTERPARTS as RESERVATION
from mynapoint.settlement.counterparts import COUNTERPARTS as SETTLEMENT
from mynapoint.signin.counterparts import COUNTERPARTS as SIGNIN
from mynapoint.staff.counterparts import COUNTERPARTS as STAFF

COUNTERPARTS: Final[tuple[Counterparts, ...]] = (
    *(
        *HOLDER,
        *CASE,
        *PLACE,
        *STAFF,
        *PINRESET,
        *GRACE,
        *RESERVATION,
        *APPLICATION,
        *CORRECTION,
        *CLOSING,
        *SETTLEMENT,
    ),
    *SIGNIN,
)
