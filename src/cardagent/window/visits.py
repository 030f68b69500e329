"""Visits: one act that a person was sent here to sign, kept in memory for as long as its page is looked at."""

import hmac
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

from cardagent.link import encode_base64url
from cardagent.signing import PendingAct, SeenCard
from cardagent.site import Answer
from cardagent.trust import TrustedSite

_SECRET_LENGTH: Final = 16
_MOST_VISITS: Final = 64
_MOST_DIGITS: Final = 8


class VisitOver(Exception):
    """No visit has this name (any more)."""


class StaleForm(Exception):
    """The form was sent before, or comes from an older page."""


def _make_secret() -> str:
    return encode_base64url(secrets.token_bytes(_SECRET_LENGTH))


@dataclass(kw_only=True)
class Visit:
    """What the person was shown is what will be signed: the statement is fetched once and kept here."""

    id: str
    act: PendingAct
    site: TrustedSite
    place_id: str | None = None
    seen: SeenCard | None = None
    stop: Exception | None = None
    answer: Answer | None = None
    is_over: bool = False
    pressed: str = ""
    form_token: str = field(default_factory=_make_secret, repr=False)
    lock: Lock = field(default_factory=Lock, repr=False)
    _digits: str = field(default="", repr=False)

    def use_form(self, token: str) -> None:
        """This will accept a form once: sent again, by a reload or a second click, it is stale.

        :raises StaleForm: when it is not the form that was shown last.
        """
        is_current = hmac.compare_digest(self.form_token.encode(), token.encode())
        self.form_token = _make_secret()
        if not is_current:
            raise StaleForm

    def press(self, key: str, *, typed: str) -> None:
        """This will take one press of the pad's keys behind what was typed so far."""
        self.pressed = key
        if key == "clear":
            self._digits = ""
        elif len(key) == 1 and key.isdecimal():
            self._digits = (self._digits + typed + key)[:_MOST_DIGITS]

    def take_digits(self) -> str:
        """This will give what the pad was pressed for, and forget it."""
        digits, self._digits, self.pressed = self._digits, "", ""
        return digits

    @property
    def is_at_counter(self) -> bool:
        """Whether the act belongs to a counter's case, which others can end."""
        return self.act.statement.place is not None

    @property
    def digits_pressed(self) -> int:
        """This will be how many digits the pad holds, which is all that a page may tell of them."""
        return len(self._digits)

    def end(self, *, answer: Answer | None = None, stop: Exception | None = None) -> None:
        """This will let nothing more be signed here."""
        self.take_digits()
        self.answer, self.stop, self.is_over = answer, stop, True


class Visits:
    """All visits; the oldest gives way, so that nobody can fill the memory."""

    def __init__(self) -> None:
        self._visits: OrderedDict[str, Visit] = OrderedDict()
        self._lock = Lock()

    def open(self, act: PendingAct, *, site: TrustedSite) -> Visit:
        """This will begin a visit under a name that cannot be guessed."""
        visit = Visit(id=_make_secret(), act=act, site=site)
        with self._lock:
            self._visits[visit.id] = visit
            while len(self._visits) > _MOST_VISITS:
                self._visits.popitem(last=False)
        return visit

    def find(self, visit_id: str) -> Visit:
        """This will find a visit.

        :raises VisitOver: when there is none of this name.
        """
        with self._lock:
            visit = self._visits.get(visit_id)
        if visit is None:
            raise VisitOver
        return visit

    def close(self, visit: Visit) -> None:
        """This will forget a visit with all that was typed."""
        visit.take_digits()
        with self._lock:
            self._visits.pop(visit.id, None)
