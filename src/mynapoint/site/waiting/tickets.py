"""整理番号: a place in line under the site's signature, with the page at which its bearer wants to begin."""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils.crypto import salted_hmac

from mynapoint.entrance.rules import TICKET_LIFE, Ticket, TicketNumber
from mynapoint.site.shell.languages import NAMESPACES, read_language

COOKIE: Final = f"{settings.COOKIE_PREFIX}ticket"
FIELD: Final = "ticket"
_SALT: Final = "mynapoint ticket"


@dataclass(frozen=True)
class HeldTicket:
    """A ticket in somebody's hand: its text, its place in line, and the page behind it."""

    text: str
    ticket: Ticket
    page: str
    parts: Mapping[str, str]

    def find_page(self, request: HttpRequest) -> str:
        """This will give the address at which it begins, in the visitor's language."""
        return reverse(f"{NAMESPACES[read_language(request)]}:{self.page}", kwargs=dict(self.parts))

    def seal_way(self, way: str) -> bytes:
        """This will seal where it led: the site's key and the ticket itself are needed to read it."""
        return self._seal.encrypt(way.encode())

    def open_way(self, sealed: bytes | None) -> str | None:
        """This will give where it led; None when that is forgotten, or its number led on from another page."""
        try:
            return self._seal.decrypt(sealed).decode() if sealed else None
        except InvalidToken:
            return None

    @property
    def _seal(self) -> Fernet:
        return Fernet(urlsafe_b64encode(salted_hmac(f"{_SALT} way", self.text, algorithm="sha256").digest()))


def hand_out(ticket: Ticket, request: HttpRequest) -> HeldTicket:
    """This will sign a ticket for the page that was asked for."""
    match = request.resolver_match
    if match is None or match.url_name is None:
        raise ValueError("a ticket leads to a page that has a name")
    text = signing.dumps([ticket.number, int(ticket.drawn_at.timestamp()), match.url_name, match.kwargs], salt=_SALT)
    return read_text(text)


def read_text(text: str) -> HeldTicket:
    """This will read a ticket's text.

    :raises BadSignature: when this site has not signed it.
    """
    number, drawn, page, parts = signing.loads(text, salt=_SALT)
    ticket = Ticket(number=TicketNumber(number), drawn_at=datetime.fromtimestamp(drawn, UTC))
    return HeldTicket(text=text, ticket=ticket, page=page, parts=parts)


def find_held(request: HttpRequest, *, at: datetime) -> HeldTicket | None:
    """This will find the ticket that comes with a form: its field's, where there is one, else the cookie's.

    One that counts no longer, or is not this site's, is as good as none. One that leads to another page is made out
    anew with its number: a browser has one place in line, however many pages it asks for.
    """
    text = request.POST.get(FIELD) or request.COOKIES.get(COOKIE)
    if not text:
        return None
    try:
        held = read_text(text)
    except signing.BadSignature:
        return None
    if not held.ticket.is_valid(at=at):
        return None
    return held if _is_for(held, request) else hand_out(held.ticket, request)


def _is_for(held: HeldTicket, request: HttpRequest) -> bool:
    try:
        return held.find_page(request) == request.path
    except NoReverseMatch:
        return False


def keep(answer: HttpResponse, held: HeldTicket) -> None:
    """This will have the visitor's browser keep the ticket, so that a closed window loses no place."""
    answer.set_cookie(
        COOKIE, held.text, max_age=TICKET_LIFE, secure=settings.IS_ENCRYPTED, httponly=True, samesite="Lax"
    )


def take_back(answer: HttpResponse) -> None:
    """This will have the visitor's browser forget a ticket."""
    answer.delete_cookie(COOKIE, samesite="Lax")
