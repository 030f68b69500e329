"""窓口: at a counter's terminal, tells the site every few seconds which card lies in the reader, and when it is taken.

Nothing of the card is told but the hash of its certificate, and nothing of what is typed but that somebody types.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Final

import httpx2

from cardagent.window.desk import Desk
from iccard.unreachable import UnableToReachCard

LOOK_SECONDS: Final = 1.0
REPEAT_SECONDS: Final = 5.0
"""How often the same is said again; the site takes 30 seconds of silence for a card that is gone."""
_TIMEOUT_SECONDS: Final = 4.0


@dataclass
class CardReports:
    """What was said last, and when, so that a change is told at once and the rest now and then."""

    report_to: str = field(repr=False)
    desk: Desk
    http_client: httpx2.Client
    _put_down: dict[str, float | None] = field(default_factory=dict)
    _has_looked: bool = False
    _said: tuple[str, ...] | None = None
    _said_at: float = 0.0

    def look(self, *, now: float) -> None:
        """This will look at the reader, and tell the site when there is something to tell; `now` is in seconds.

        A site that cannot be reached is told again at the next look.
        """
        try:
            cards = tuple(self.desk.see_cards())
        except UnableToReachCard:
            self._has_looked = False
            return
        self._note_put_down(cards, now=now)
        is_active = self.desk.take_press()
        if cards == self._said and not is_active and now < self._said_at + REPEAT_SECONDS:
            return
        if self._tell(cards, is_active=is_active, now=now):
            self._said, self._said_at = cards, now
        elif is_active:
            self.desk.note_press()

    def _note_put_down(self, cards: Sequence[str], *, now: float) -> None:
        """This will note since when each card lies there: not known of one that came while nobody could look."""
        since = now if self._has_looked else None
        self._put_down = {card: self._put_down.get(card, since) for card in cards}
        self._has_looked = True

    def _tell(self, cards: Sequence[str], *, is_active: bool, now: float) -> bool:
        """This will tell of every card that lies there; of two in two readers the site takes the second for another."""
        try:
            for card in cards or (None,):
                since = self._put_down.get(card) if card else None
                lying = None if since is None else now - since
                body = {"card": card, "is_active": is_active, "lying_seconds": lying}
                self.http_client.post(self.report_to, json=body).raise_for_status()
        except httpx2.HTTPError:
            return False
        return True


def report_cards(report_to: str, desk: Desk) -> Event:
    """This will report until the program ends, or the event that it gives is set."""
    ended = Event()

    def keep_looking() -> None:
        with httpx2.Client(timeout=_TIMEOUT_SECONDS, follow_redirects=False, trust_env=False) as http_client:
            reports = CardReports(report_to, desk, http_client)
            reports.look(now=time.monotonic())
            while not ended.wait(LOOK_SECONDS):
                reports.look(now=time.monotonic())

    Thread(target=keep_looking, name="card-reports", daemon=True).start()
    return ended
