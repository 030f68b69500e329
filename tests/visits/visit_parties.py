"""A counter that takes bookings, a Monday morning, and several people at the same instant."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

from django.db import connection

from mynapoint.case.rules import Seat
from mynapoint.kernel.period import JST
from mynapoint.kernel.refusal import Refusal

MALL = "mihon-mall"
CLERK = 7
LOADED_AT = datetime(2020, 6, 1, tzinfo=JST)
AT = datetime(2020, 10, 5, 9, tzinfo=JST)  # an hour before it opens
TEN, TWENTY_PAST = AT + timedelta(hours=1), AT + timedelta(hours=1, minutes=20)
SEATS = [Seat(MALL, "特設窓口", f"{MALL}-{n}", f"{n}番窓口") for n in (1, 2)]


def at_once(*actions: Callable[[], object]) -> list[object]:
    """Run actions at the same instant; return what each returned, or the refusal that it met."""
    barrier = Barrier(len(actions))

    def run(action: Callable[[], object]) -> object:
        try:
            barrier.wait()
            return action()
        except Refusal as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))
