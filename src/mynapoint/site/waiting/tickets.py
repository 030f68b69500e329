"""整理番号: a place in line under the site's signature, with the page at which its bearer wants to begin."""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cryptography.fernet import Fernet
from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils.crypto import salted_hmac

from mynapoint.entrance.rules import TICKET_LIFE, Ticket, TicketNumber
from mynapoint.site.shell.languages import NAMESPACES, read_language

COOKIE: Final = "ticket"
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

    @property
    def seal(self) -> Fernet:
        """What seals where it led: the site's key and the ticket itself are needed to read it."""
        return Fernet(urlsafe_b64encode(salted_hmac(f"{_SALT} way", self.text, algorithm="sha256").digest()))


def hand_out(number: TicketNumber, request: HttpRequest, *, at: datetime) -> HeldTicket:
    """This will sign a ticket for the page that was asked for."""
    match = request.resolver_match
    if match is None or match.url_name is None:
        raise ValueError("a ticket leads to a page that has a name")
    text = signing.dumps([number, int(at.timestamp()), match.url_name, match.kwargs], salt=_SALT)
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

    One that counts no longer, is not this site's, or leads to another page is as good as none.
    """
    text = request.POST.get(FIELD, request.COOKIES.get(COOKIE, ""))
    if not text:
        return None
    try:
        held = read_text(text)
        is_for_this_page = held.find_page(request) == request.path
    except (signing.BadSignature, NoReverseMatch):
        return None
    return held if is_for_this_page and held.ticket.is_valid(at=at) else None


def keep(answer: HttpResponse, held: HeldTicket) -> None:
    """This will have the visitor's browser keep the ticket, so that a closed window loses no place."""
    answer.set_cookie(
        COOKIE, held.text, max_age=TICKET_LIFE, secure=settings.IS_ENCRYPTED, httponly=True, samesite="Lax"
    )


def take_back(answer: HttpResponse) -> None:
    """This will have the visitor's browser forget a ticket."""
    answer.delete_cookie(COOKIE, samesite="Lax")
