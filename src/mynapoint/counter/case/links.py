"""The two addresses of a terminal that nobody signs in for: its citizen's display, and where its card program reports.

Each is unguessable, and good for as long as the terminal's registration is.
"""

import hmac
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from mynapoint.case.rules import Seat
from mynapoint.kernel.secret_link import SECRET_BYTES, SecretLink
from mynapoint.staff.queries import find_registration
from paymentservice.encoding import NotBase64Url

Purpose = Literal["display", "card"]
PURPOSES: Final[tuple[Purpose, Purpose]] = ("display", "card")


@dataclass(frozen=True)
class Addresses:
    """Where a terminal's second window and its card program find the site."""

    display: str = field(repr=False)
    report_to: str = field(repr=False)


def find_addresses(terminal_id: UUID, *, at: datetime) -> Addresses | None:
    """This will give a terminal's two addresses, whether its code was typed yet or not; None when it is no terminal."""
    found = find_registration(terminal_id, at=at)
    if found is None:
        return None
    display, card = (_name(terminal_id, found[1], purpose).token for purpose in PURPOSES)
    return Addresses(
        display=settings.SITE_ORIGIN + reverse("display:display", kwargs={"token": display}),
        report_to=settings.SITE_ORIGIN + reverse("card-report", kwargs={"token": card}),
    )


def find_token(seat: Seat, purpose: Purpose, *, at: datetime) -> str | None:
    """This will give the last part of one of a terminal's addresses; None when it is no terminal any more."""
    found = find_registration(UUID(seat.terminal), at=at)
    return _name(UUID(seat.terminal), found[1], purpose).token if found else None


def find_seat(token: str, purpose: Purpose, *, at: datetime) -> Seat | None:
    """This will give the terminal that an address belongs to; None when it is none's, or the terminal's no longer."""
    try:
        link = SecretLink.read(token)
    except NotBase64Url:
        return None
    found = find_registration(link.id, at=at)
    if found is None or not link.opens(_name(link.id, found[1], purpose).hash_secret()):
        return None
    terminal = found[0]
    return Seat(terminal.counter, terminal.counter_name, terminal.id, terminal.name)


def _name(terminal_id: UUID, registration: int, purpose: Purpose) -> SecretLink:
    said = f"terminal {purpose} {terminal_id} {registration}".encode()
    return SecretLink(id=terminal_id, secret=hmac.digest(settings.SECRET_KEY.encode(), said, "sha256")[:SECRET_BYTES])
