"""Staff at work in tests: members of any role, terminals, and browsers that have signed in with both factors."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.test import Client

from cast import LOADED_AT, ROOT
from mynapoint.place.operations import load_place
from mynapoint.signin.sessions import TERMINAL_COOKIE, begin_session
from mynapoint.staff.operations import Given, claim_terminal, hire, register_terminal
from mynapoint.staff.queries import find_terminal
from mynapoint.staff.rules import OFFICE, WHOLE_CITY, Device, Post, Role

COUNTER, CITY = "minatono-shiyakusho", "992038"
OTHER_COUNTER, OTHER_CITY = "sakurada-honcho", "992020"


@dataclass(frozen=True)
class Installed:
    """A registered terminal, and what its browser keeps."""

    id: UUID
    device: Device


def open_counters(*counters: str) -> None:
    """Load counters' texts."""
    for counter in counters or (COUNTER, OTHER_COUNTER):
        load_place(ROOT / "places" / f"{counter}.toml", at=LOADED_AT)


def install(name: str = "1番窓口", *, counter: str = COUNTER, city: str = CITY, at: datetime) -> Installed:
    """Register a terminal and make a browser it."""
    terminal_id, code = register_terminal(counter, name, city=city, by=None, at=at)
    return Installed(terminal_id, claim_terminal(code, at=at))


def employ(name: str, role: Role, *, counter: str = WHOLE_CITY, city: str = CITY, at: datetime) -> User:
    """Add somebody with one post; the office's have no city."""
    where = OFFICE if role is Role.OFFICE else city
    post = Post(role, counter)
    return User.objects.get(id=hire(name, Given(city=where, post=post, from_at=at, by=None), at=at).user_id)


def sit_down(user: User | None, installed: Installed | None = None, *, at: datetime) -> Client:
    """Return a browser: a terminal's if one is given, and signed in with both factors if somebody is."""
    client = Client()
    if installed is not None:
        client.cookies[TERMINAL_COOKIE] = installed.device.token
    if user is not None:
        client.force_login(user)
        session = client.session
        terminal = find_terminal(installed.device.token, at=at) if installed else None
        begin_session(session, terminal=terminal, at=at)
        session.save()
    return client
