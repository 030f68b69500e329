"""What a session of staff says: since when, at which terminal. Only a sign-in with two factors begins one."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from mynapoint.staff.queries import find_member, find_terminal
from mynapoint.staff.rules import Member, Terminal

SIGNED_IN_FOR: Final = timedelta(hours=10)
"""The longest day of work: after it everybody signs in again."""
IDLE_FOR: Final = timedelta(minutes=30)
_NOTED_EVERY: Final = timedelta(minutes=1)
FRESH_FOR: Final = timedelta(minutes=10)
"""So long after signing in somebody may change what they sign in with."""
TERMINAL_COOKIE: Final = f"{settings.COOKIE_PREFIX}mynapoint-terminal"
_KEY: Final = "staff"


@dataclass(frozen=True, slots=True)
class Presence:
    """Somebody of the staff who has signed in, with what they may do now; the terminal is the one they sat down at."""

    user: User
    member: Member
    terminal_id: str | None
    begun_at: datetime

    def is_fresh(self, *, at: datetime) -> bool:
        """Say whether they have just given both factors."""
        return at < self.begun_at + FRESH_FOR


def find_own_terminal(request: HttpRequest, *, at: datetime) -> Terminal | None:
    """Return the terminal that the browser is; None when it is none."""
    return find_terminal(request.COOKIES.get(TERMINAL_COOKIE, ""), at=at)


def begin_session(session: SessionBase, *, terminal: Terminal | None, at: datetime) -> None:
    """Note that somebody has given both factors, and where."""
    session[_KEY] = {
        "begun_at": at.isoformat(),
        "seen_at": at.isoformat(),
        "terminal": terminal.id if terminal else None,
    }


def find_presence(request: HttpRequest, *, at: datetime) -> Presence | None:
    """Return who asks; None for nobody, for one factor, after a long pause or a long day, and without any post."""
    user, noted = request.user, request.session.get(_KEY)
    if not isinstance(user, User) or not user.is_active or noted is None:
        return None
    begun_at, seen_at = (datetime.fromisoformat(noted[name]) for name in ("begun_at", "seen_at"))
    if not (begun_at <= at < begun_at + SIGNED_IN_FOR and seen_at <= at < seen_at + IDLE_FOR):
        return None
    if at >= seen_at + _NOTED_EVERY:
        request.session[_KEY] = {**noted, "seen_at": at.isoformat()}
    member = find_member(user.id, at=at)
    return Presence(user, member, noted["terminal"], begun_at) if member else None


def ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    """Lead to the door, and back afterwards; what was left of a session ends here."""
    if request.user.is_authenticated:
        logout(request)
    return redirect_to_login(request.get_full_path() if request.method == "GET" else reverse("signin_work"))
