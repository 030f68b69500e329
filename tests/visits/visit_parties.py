"""A counter that takes bookings, a Monday morning, and several people at the same instant."""

from datetime import datetime, timedelta

from mynapoint.case.rules import Seat
from mynapoint.kernel.period import JST

MALL = "mihon-mall"
CLERK = 7
LOADED_AT = datetime(2020, 6, 1, tzinfo=JST)
AT = datetime(2020, 10, 5, 9, tzinfo=JST)  # an hour before it opens
TEN, TWENTY_PAST = AT + timedelta(hours=1), AT + timedelta(hours=1, minutes=20)
SEATS = [Seat(MALL, "特設窓口", f"{MALL}-{n}", f"{n}番窓口") for n in (1, 2)]
