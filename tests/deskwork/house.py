"""A city's counter, open for as long as it is needed: the site, one payment service, a clerk at a terminal."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Final

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.wsgi import get_wsgi_application
from service_api_cast import NOON, SAKURA, a_service
from signed_peer import SignedPeer, running_peer
from visitor import confirm, register
from werkzeug.serving import WSGIRequestHandler, make_server

from cast import ISSUED_AT, LOADED_AT, POOL, PROGRAMME_FILE
from counter.sitting import Sitting
from jpki.virtual.authority import Authority
from mynapoint.programme.operations import load_programme
from mynapoint.service_api.door import get_door
from mynapoint.staff.rules import Role
from paymentservice.messages import Request, Response
from staff_cast import employ, install, open_counters, sit_down

CLOSING_IN: Final = timedelta(hours=4, minutes=30)
OVERNIGHT: Final = timedelta(hours=19, minutes=30)
SESSION_LASTS: Final = timedelta(minutes=25)


@dataclass
class House:
    """The counter: its address, its terminal with a clerk, and an authority that makes cards."""

    address: str
    authority: Authority
    sitting: Sitting
    clerk: User
    signed_in_at: datetime = NOON
    opened_at: datetime = NOON
    people: int = 0
    cards: dict[int, Path] = field(default_factory=dict)

    def issue(self) -> int:
        """Give somebody new a card; return who."""
        self.people += 1
        self.cards[self.people] = self.authority.issue(
            f"person{self.people}", birth_date=date(1985, 4, 12), at=ISSUED_AT
        )
        return self.people

    def look_at_clock(self) -> bool:
        """Let the day end before the counter closes, and the clerk sign in again now and then; say whether they did."""
        at = settings.CLOCK()
        if at >= self.opened_at + CLOSING_IN:
            self.sitting.later((OVERNIGHT + self._skip_days_off(at)).total_seconds())
            self.opened_at = at = settings.CLOCK()
        if at < self.signed_in_at + SESSION_LASTS:
            return False
        self.sitting.clerk, self.signed_in_at = sit_down(self.clerk, self.sitting.installed, at=at), at
        return True

    def _skip_days_off(self, at: datetime) -> timedelta:
        return timedelta(days=2 if at.weekday() == FRIDAY else 0)


FRIDAY: Final = 4


@dataclass
class TownClock:
    """One clock for everybody, also for who has taken it along."""

    at: datetime = NOON

    def __call__(self) -> datetime:
        """Read it."""
        return self.at

    def set_to(self, at: datetime) -> None:
        """Set it."""
        self.at = at


class Quiet(WSGIRequestHandler):
    """A server that writes no line about each request."""

    def log(self, *_: object) -> None:
        """Say nothing."""


class TimelyPeer(SignedPeer):
    """A payment service whose clock is the counter's."""

    def respond(self, request: Request) -> Response:
        """See `SignedPeer`."""
        self.at = self.asked_at = settings.CLOCK()
        return super().respond(request)


@contextmanager
def open_house(folder: Path) -> Iterator[House]:
    """Open the counter on the database that Django has."""
    application = get_wsgi_application()
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=Quiet)
    address = f"http://127.0.0.1:{server.server_port}"
    clock = TownClock()
    authority = Authority.create(folder, at=datetime(2018, 1, 1, tzinfo=ISSUED_AT.tzinfo), draw_key=POOL.draw)
    with pytest.MonkeyPatch.context() as patch, running_peer(confirm, make=TimelyPeer) as peer:
        for name, value in {
            "CLOCK": clock,
            "DEMO": True,
            "ALLOWED_HOSTS": ["127.0.0.1", "testserver"],
            "SITE_ORIGIN": address,
            "REGISTRY": f"authority:{folder}",
            "TRUST_ANCHORS": folder / "anchors",
        }.items():
            patch.setattr(settings, name, value)
        get_door.cache_clear()
        get_door()  # before several threads ask for the first one at once
        load_programme(PROGRAMME_FILE, at=LOADED_AT)
        register(a_service(SAKURA, address=peer.address, channels=["pc", "counter"]))
        open_counters()
        clerk, installed = employ("hana", Role.CLERK, at=NOON), install(at=NOON)
        sitting = Sitting(sit_down(clerk, installed, at=NOON), installed, set_clock=clock.set_to)
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield House(address, authority, sitting, clerk)
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
            get_door().close()
            get_door.cache_clear()
