"""A counter with two seats, cards to put down, and a case at any stage."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from mynapoint.case.facts import ActProposed, ActShown, CardSeen, Case
from mynapoint.case.rules import CaseName, Fingerprint, Seat, Turn, hash_card
from mynapoint.kernel.period import JST

SECOND = timedelta(seconds=1)
AT = datetime(2020, 9, 10, 10, tzinfo=JST)
CLOSES_AT = datetime(2020, 9, 10, 17, tzinfo=JST)
CLERK = 7
ACT, OTHER_ACT = UUID(int=1), UUID(int=2)
HANAKO, TARO = Fingerprint(b"h" * 32), Fingerprint(b"t" * 32)
KEY = b"k" * 16
SEAT = Seat("mihon-shimin", "市民課", "mihon-shimin-1", "1番窓口")
NEXT_SEAT = replace(SEAT, terminal="mihon-shimin-2", terminal_name="2番窓口")

OPENED = Case(
    name=CaseName(SEAT.counter, UUID(int=9)),
    seat=SEAT,
    number=12,
    user_id=CLERK,
    opened_at=AT,
    closes_at=CLOSES_AT,
    active_at=AT,
    key=KEY,
)
WITH_CARD = OPENED.with_facts([CardSeen(AT, hash_card(HANAKO, key=KEY))])
PROPOSED = WITH_CARD.with_facts([ActProposed(AT, ACT)])
SHOWN = PROPOSED.with_facts([ActShown(AT, ACT)])


def new_name() -> CaseName:
    return CaseName(SEAT.counter, uuid4())


def turn_of(case: Case) -> Turn:
    return Turn(case.name, case.seat.terminal)
