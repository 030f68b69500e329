"""The town's counters: clock, network, desks with their readers and windows. Everything random comes from one seed."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heappush
from random import Random
from typing import Any, TypeVar
from uuid import UUID

from casework.cards import Card, Person
from casework.platform import Bound, Platform, Wish
from casework.witness import Witness
from mynapoint.act.rules import Submission
from mynapoint.case.rules import CaseName, Seat, Slip, Turn
from mynapoint.kernel.period import JST
from mynapoint.kernel.refusal import Refusal

T = TypeVar("T")
Steps = Iterator[int]
"""A story: each step is how many seconds pass before the next."""
START = datetime(2020, 9, 10, 8, 30, tzinfo=JST)
DAY = 24 * 3600
OPEN_FOR = 8 * 3600 + 1800
"""seconds from half past eight to five"""
BEAT = 14
"""seconds between two words of a card program"""


class Unanswered(Exception):
    """A message or its answer was lost; whoever sent it cannot know which."""


@dataclass(slots=True)
class Page:
    """A page in a window: its case, what is typed in its form, and the act that it led to.

    `after` is how many acts the case had when its form was made.
    """

    case: CaseName
    after: int = 0
    wish: Wish | None = None
    act: Any = None


@dataclass(slots=True, eq=False)
class Desk:
    """A terminal: who sits there, what lies in the reader, and the pages of its windows, the newest last."""

    seat: Seat
    people: set[Person] = field(default_factory=set)
    reader: Card | None = None
    put_down_at: datetime = START
    is_silent: bool = False
    pages: deque[Page] = field(default_factory=lambda: deque(maxlen=6))

    def turn(self, page: Page) -> Turn:
        return Turn(page.case, self.seat.terminal)


class Town:
    """Time, chance, and the wire between the desks and the platform."""

    def __init__(self, platform: Platform, *, seed: int, desks: int) -> None:
        self.platform = platform
        self.random = Random(seed)
        self.witness = Witness(account_key=platform.account_key)
        self.desks = [_place(number) for number in range(desks)]
        self.now = 0
        self._waiting: list[tuple[int, int, Steps]] = []
        self._begun = 0

    @property
    def at(self) -> datetime:
        return START + timedelta(seconds=self.now)

    @property
    def closes_at(self) -> datetime | None:
        """What the counters' calendar says: today's closing, None once they are closed."""
        day, second = divmod(self.now, DAY)
        return START + timedelta(seconds=day * DAY + OPEN_FOR) if second < OPEN_FOR else None

    @property
    def is_at_a_round_minute(self) -> bool:
        """Say whether it is time for what the platform's worker does now and then."""
        return self.now % 60 < 10

    def is_chance(self, share: float) -> bool:
        return self.random.random() < share

    def new_name(self, desk: Desk) -> CaseName:
        return CaseName(desk.seat.counter, UUID(int=self.random.getrandbits(128)))

    def begin(self, story: Steps, *, after: int = 0) -> None:
        """Let a story begin."""
        self._begun += 1
        heappush(self._waiting, (self.now + after, self._begun, story))

    def run(self) -> None:
        """Go on with whichever story's next step is the earliest, until all are over."""
        while self._waiting:
            self.now, order, story = heappop(self._waiting)
            pause = next(story, None)
            if pause is not None:
                heappush(self._waiting, (self.now + pause, order, story))

    def send(self, what: str, message: Callable[[datetime], T]) -> T:
        """Send a message; it or its answer may be lost, and it may arrive again later.

        :raises Unanswered: when there is no answer.
        :raises Refusal: the platform's.
        """
        luck = self.random.random()
        if luck < 0.01:
            raise Unanswered
        if luck > 0.98:
            self.begin(self._repeat(what, message), after=self.random.choice((0, 1, 5, 30, 90, 200)))
        answer = self.deliver(what, message)
        if luck < 0.02:
            raise Unanswered
        return answer

    def deliver(self, what: str, message: Callable[[datetime], T]) -> T:
        """Let a message arrive, and count how it was answered."""
        try:
            answer = message(self.at)
        except Refusal as refusal:
            self.witness.outcomes[f"{what}:{refusal.code}"] += 1
            raise
        self.witness.outcomes[what] += 1
        return answer

    def submit(self, act: Any, submission: Submission) -> Callable[[datetime], Bound]:
        """Return the message that hands a signature in, under the eyes of the witness."""

        def message(at: datetime) -> Bound:
            bound = self.platform.submit(act, submission, at=at)
            self.witness.judge(submission, bound)
            return bound

        return message

    def open_case(self, name: CaseName, seat: Seat, *, slip: Slip | None = None) -> Callable[[datetime], None]:
        """Return the message that opens a case, or continues one by its slip, under the eyes of the witness."""
        closes_at = self.closes_at

        def message(at: datetime) -> None:
            if slip is None:
                self.platform.open_case(name, seat, closes_at=closes_at, at=at)
            else:
                self.platform.resume(slip, name, seat, closes_at=closes_at, at=at)
            self.witness.see_opening(name, at)

        return message

    def put_down(self, desk: Desk, card: Card) -> None:
        """Put a card into a desk's reader, in the place of what lies there."""
        self.take_out(desk)
        desk.reader, desk.put_down_at = card, self.at
        self.begin(self._beat(desk, card), after=self.random.choice((0, 0, 1, 3)))

    def take_out(self, desk: Desk) -> Card | None:
        """Take the card out; the word of it may be lost."""
        card, desk.reader = desk.reader, None
        if card is not None and not desk.is_silent:
            with suppress(Unanswered):
                self.send("removed", lambda at: self.platform.report_removal(desk.seat, at=at))
        return card

    def _beat(self, desk: Desk, card: Card) -> Steps:
        """Say every few seconds that a card is there, for as long as it is."""
        while desk.reader is card:
            if not desk.is_silent and not self.is_chance(0.01):
                self.platform.report_card(desk.seat, card.fingerprint, put_down_at=desk.put_down_at, at=self.at)
                taken_by = self.platform.find_case_with_card(desk.seat, at=self.at)
                if taken_by is not None:
                    self.witness.judge_card(taken_by, desk.put_down_at)
            yield BEAT

    def _repeat(self, what: str, message: Callable[[datetime], object]) -> Steps:
        with suppress(Refusal):
            self.deliver(f"{what}-again", message)
        yield from ()


def _place(number: int) -> Desk:
    counter, terminal = f"counter-{number % 2}", f"terminal-{number}"
    return Desk(Seat(counter, f"{number % 2 + 1}課", terminal, f"{number}番窓口"))
