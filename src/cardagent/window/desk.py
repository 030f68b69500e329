"""What is done for a visit: open it, look at the card, sign once, and know when it is over."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import BoundedSemaphore, Event, Lock
from typing import Final

import httpx2

from cardagent.cards import CardSource, NamedPlace, find_place, see_cards
from cardagent.languages import Language
from cardagent.link import ActLink
from cardagent.refusal import UnableToSign
from cardagent.sentences import STOPS
from cardagent.signing import look_at_card, open_act, sign_at
from cardagent.site import ActRefused, OutcomeUnknown, fetch_statement, hand_in_signature, open_http_client
from cardagent.statement import StatementExpired, check_statement
from cardagent.trust import TrustedSite, find_trusted
from cardagent.typed_pin import read_pin
from cardagent.window.visits import Visit, Visits
from cardagent.window.watches import Watches
from democlock import Clock

# After these the site has the signature, or will never take one.
_FINAL: Final = (ActRefused, OutcomeUnknown, StatementExpired)
_MOST_FETCHES: Final = 4
_MOST_LOOKS: Final = 4
"""Both together are fewer than the server's threads: slow sites hold up no other page."""
_WATCH_SECONDS: Final = 1.5
_OF_NO_ACT: Final = frozenset({httpx2.codes.REQUEST_TIMEOUT, httpx2.codes.TOO_MANY_REQUESTS})
"""Refusals of a client (RFC 9110, 15.5; RFC 6585, 4) that a proxy gives as well: they say nothing about the act."""


class DeskBusy(Exception):
    """As many acts as may be are being fetched already; this one was not begun."""


@dataclass(frozen=True, kw_only=True)
class CardView:
    """How the card stands: the tries left, or what stands against using it; or the places to choose from."""

    places: Sequence[NamedPlace] = ()
    tries_left: int | None = None
    stop: Exception | None = None


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Everything that the window needs to know and to reach."""

    sites: Sequence[TrustedSite]
    cards: CardSource
    clock: Clock
    visits: Visits = field(default_factory=Visits)
    # One exchange with a card at a time, whoever asks.
    _card_lock: Lock = field(default_factory=Lock)
    _fetches: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(_MOST_FETCHES))
    # Whoever looks whether an act is over takes no place from the person who brings the next one.
    _looks: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(_MOST_LOOKS))
    _watches: Watches = field(default_factory=Watches)
    _pressed: Event = field(default_factory=Event)

    def see_cards(self) -> list[str]:
        """This will give the fingerprints of the cards that lie there, between two exchanges with any of them.

        :raises UnableToReachCard: when it cannot be told whether there is one.
        """
        with self._card_lock:
            return see_cards(self.cards)

    def note_press(self) -> None:
        """This will keep in mind that somebody is here and presses something."""
        self._pressed.set()

    def take_press(self) -> bool:
        """This will tell whether anybody has pressed anything since this was last asked."""
        was_pressed = self._pressed.is_set()
        self._pressed.clear()
        return was_pressed

    def open_visit(self, text: str, *, language: Language) -> Visit:
        """This will fetch an act of a trusted site; another site is not even contacted.

        :raises UnableToSign: when there is nothing that this program would sign.
        :raises DeskBusy: when too many acts are waited for already.
        """
        link = ActLink.parse(text)
        site = find_trusted(link, sites=self.sites)
        if not self._fetches.acquire(blocking=False):
            raise DeskBusy
        try:
            with open_http_client(link, language=language) as http_client:
                return self.visits.open(open_act(link, http_client=http_client, at=self.clock()), site=site)
        finally:
            self._fetches.release()

    def look_at_card(self, visit: Visit) -> CardView:
        """This will tell how the card of a visit stands, without using a try up."""
        try:
            places = self.cards.list_places()
            if visit.place_id is None and (self.cards.is_virtual or len(places) > 1):
                return CardView(places=places)
            place = find_place(places, name=visit.place_id)
            with self._card_lock:
                visit.seen = look_at_card(place, at=self.clock())
            return CardView(tries_left=visit.seen.pin_tries_left)
        except STOPS as stop:
            return CardView(stop=stop)

    def check_in_time(self, visit: Visit) -> None:
        """This will end a visit whose statement may no longer be signed."""
        try:
            check_statement(visit.act.statement, link=visit.act.link, at=self.clock())
        except StatementExpired as stop:
            visit.end(stop=stop)

    def is_ended_elsewhere(self, visit: Visit) -> bool:
        """This will ask the site whether a counter's act is over; without an answer, and at home, it is not."""
        if not visit.is_at_counter:
            return False
        with open_http_client(visit.act.link) as http_client:
            return self._is_refused(visit, http_client=http_client)

    def _is_refused(self, visit: Visit, *, http_client: httpx2.Client) -> bool:
        if not self._looks.acquire(blocking=False):
            return False
        try:
            fetch_statement(visit.act.link, http_client=http_client)
        except ActRefused as refusal:
            return httpx2.codes.is_client_error(refusal.status) and refusal.status not in _OF_NO_ACT
        except UnableToSign:
            return False
        finally:
            self._looks.release()
        return False

    def wait_for_end(self, visit: Visit, *, is_gone: Callable[[], bool]) -> bool:
        """This will wait until a visit's act can be signed no more, and say so to whoever still looks at it.

        False when nobody does, or when it must give way.
        """
        with self._watches.begin() as gives_way, open_http_client(visit.act.link) as http_client:
            while not is_gone():
                if self._is_over(visit, http_client=http_client):
                    return not is_gone()
                if gives_way.wait(_WATCH_SECONDS):
                    return False
        return False

    def _is_over(self, visit: Visit, *, http_client: httpx2.Client) -> bool:
        # The visit itself is left alone: whoever signs in it at this moment says what became of it.
        is_late = self.clock() >= visit.act.statement.expires_at
        return visit.is_over or is_late or (visit.is_at_counter and self._is_refused(visit, http_client=http_client))

    def sign(self, visit: Visit, *, typed: str, language: Language) -> None:
        """This will have the card sign, with one try of the PIN, and keep with the visit what came of it."""
        visit.stop = None
        try:
            pin = read_pin(visit.take_digits() + typed)
            place = find_place(self.cards.list_places(), name=visit.place_id)
            with self._card_lock:
                seen = visit.seen or look_at_card(place, at=self.clock())
                signed = sign_at(place, visit.act, seen=seen, pin=pin, at=self.clock())
            # The card may go now; the site may take its time.
            with open_http_client(visit.act.link, language=language) as http_client:
                visit.end(answer=hand_in_signature(visit.act.link, signed, http_client=http_client))
        except _FINAL as stop:
            visit.end(stop=stop)
        except STOPS as stop:
            visit.stop = stop
