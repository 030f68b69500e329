"""``mynapoint card``: virtual cards of a test authority."""

import shutil
from argparse import ArgumentParser
from datetime import date
from getpass import getpass
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from jpki.virtual.authority import Authority
from jpki.virtual.contents import MalformedCardFile, describe_card
from jpki.virtual.errors import NoAuthority, UnableToIssue
from jpki.virtual.keys import KeyKind
from mynapoint.pinreset.operations import unblock
from mynapoint.pinreset.queries import find_ordered
from mynapoint.pinreset.rules import UnableToReset, check_may_unblock, read_order

_COMPLAINTS: Final = {
    "NoAuthority": "there is no test authority in the folder; `mynapoint card issue` makes one",
    "CardExists": "there is a card of this name already; choose another name",
    "UnusableSecret": "the PIN must be four digits",
    "UnusableLabel": "the name cannot name a file; use letters",
    "CardNotIssuedHere": "this card was issued by another authority",
    "CertificateAlreadyRevoked": "the card's certificate is revoked already",
}

_REFUSALS: Final = {
    "ResetUnknown": "there is no such order; type its twelve letters again",
    "ResetOver": "this order is used up, or its time is over; begin again at the counter",
    "NotChecked": "two members of staff have to say first who this is",
}


class Command(BaseCommand):
    """The actions on virtual cards; for demonstrations and tests only."""

    help = "Issue, renew, revoke, unblock or show a virtual card of the test authority (demonstrations only)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the actions."""
        actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
        issue = actions.add_parser("issue", help="Issue a card; found the test authority first if need be.")
        issue.add_argument("name")
        issue.add_argument("--born", type=date.fromisoformat, default=date(1985, 4, 12), metavar="YYYY-MM-DD")
        issue.add_argument("--pin", default="1234", help="Four digits.")
        issue.add_argument("--key", type=KeyKind, choices=list(KeyKind), default=KeyKind.RSA_2048, help="Kind of key.")
        renew = actions.add_parser("renew", help="Give the card new keys and certificates; the old ones are revoked.")
        renew.add_argument("card", type=Path)
        revoke = actions.add_parser("revoke", help="Revoke the card's certificates.")
        revoke.add_argument("card", type=Path)
        reasons = [reason.value for reason in x509.ReasonFlags if reason is not x509.ReasonFlags.remove_from_crl]
        revoke.add_argument("--reason", choices=reasons, default=x509.ReasonFlags.key_compromise.value)
        unblock = actions.add_parser("unblock", help="Give the card a new PIN, by an order of two members of staff.")
        unblock.add_argument("card", type=Path)
        unblock.add_argument("order", help="The order's twelve letters, as the counter's page shows them.")
        unblock.add_argument("--pin", help="Four digits; asked for if need be, so that nobody sees them.")
        show = actions.add_parser("show", help="Show what is on the card, and nothing secret.")
        show.add_argument("card", type=Path)

    def handle(self, *, action: str, **options: Any) -> None:
        """Do one action."""
        if not settings.DEMO:
            raise CommandError("virtual cards are for demonstrations: set MYNAPOINT_DEMO=1")
        try:
            getattr(self, f"_{action}")(options)
        except UnableToIssue as error:
            raise CommandError(_COMPLAINTS[type(error).__name__]) from None
        except UnableToReset as refusal:
            raise CommandError(_REFUSALS[type(refusal).__name__]) from None
        except MalformedCardFile:
            raise CommandError("the file holds no virtual card") from None

    def _issue(self, options: dict[str, Any]) -> None:
        card = _open_or_found().issue(
            options["name"], birth_date=options["born"], at=settings.CLOCK(), pin=options["pin"], kind=options["key"]
        )
        self.stdout.write(str(card))

    def _renew(self, options: dict[str, Any]) -> None:
        Authority.open(_folder()).renew(options["card"], at=settings.CLOCK())
        self._show(options)

    def _revoke(self, options: dict[str, Any]) -> None:
        reason = x509.ReasonFlags(options["reason"])
        Authority.open(_folder()).revoke(options["card"], at=settings.CLOCK(), reason=reason)
        self.stdout.write("revoked")

    def _unblock(self, options: dict[str, Any]) -> None:
        authority, order = Authority.open(_folder()), read_order(options["order"])
        check_may_unblock(find_ordered(order), at=settings.CLOCK())  # before anybody types a PIN
        pin = options["pin"] or getpass("New PIN, four digits: ")
        unblock(order, lambda: authority.unblock(options["card"], pin=pin), at=settings.CLOCK())
        self.stdout.write("unblocked; the order is used up")

    def _show(self, options: dict[str, Any]) -> None:
        card = describe_card(options["card"])
        self.stdout.write(f"{card.label}: certificate of {card.issued_at:%Y-%m-%d %H:%M} UTC, to {card.valid_until:%Y}")
        self.stdout.write(f"tries left: PIN {card.pin_tries_left}, password {card.password_tries_left}")


def _folder() -> Path:
    if settings.REGISTRY is None or not settings.REGISTRY.startswith("authority:"):
        raise CommandError("say where the test authority is: MYNAPOINT_REGISTRY=authority:FOLDER")
    return Path(settings.REGISTRY.removeprefix("authority:"))


def _open_or_found() -> Authority:
    """Open the test authority, or found it and trust its anchors; a training trusts them where they are."""
    folder = _folder()
    try:
        return Authority.open(folder)
    except NoAuthority:
        authority = Authority.create(folder, at=settings.CLOCK())
    if not settings.TRAINING:
        settings.TRUST_ANCHORS.mkdir(parents=True, exist_ok=True)
        for anchor in (folder / "anchors").glob("*.pem"):
            shutil.copy(anchor, settings.TRUST_ANCHORS)
    return authority
