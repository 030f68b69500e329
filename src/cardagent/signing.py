"""The way of an act through this program: fetch, show, sign, hand in."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import httpx2

from cardagent.link import ActLink
from cardagent.refusal import UnableToSign
from cardagent.site import Answer, fetch_statement, hand_in_signature
from cardagent.statement import Statement, check_statement, parse_statement
from iccard.connection import CardConnection
from jpki.certificate import UnacceptableCertificate, parse_certificate
from jpki.client import JpkiCard, PinLocked, UnreadableCertificate
from jpki.pin import Pin


class CardCertificateExpired(UnableToSign):
    """The certificate's time is over; the day is not told, because it is the holder's birthday."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PendingAct:
    """An act that may be signed: its link, the statement as it reads, and the very bytes to sign."""

    link: ActLink
    statement: Statement
    statement_bytes: bytes = field(repr=False)


def open_act(link: ActLink, *, http_client: httpx2.Client, at: datetime) -> PendingAct:
    """This will fetch an act and let pass only one that can be shown in full and may be signed here and now.

    :raises UnableToSign: with the reason in its type.
    """
    statement_bytes = fetch_statement(link, http_client=http_client)
    statement = parse_statement(statement_bytes)
    check_statement(statement, link=link, at=at)
    return PendingAct(link=link, statement=statement, statement_bytes=statement_bytes)


def check_card(connection: CardConnection, *, at: datetime) -> int:
    """This will look at the card before anybody types a PIN, and give the tries left, one at least.

    :raises CardCertificateExpired: when its certificate is of no use any more.
    :raises PinLocked: when no try is left.
    :raises UnableToUseCard: when it is another card, or cannot be read.
    """
    card = JpkiCard(connection)
    try:
        certificate = parse_certificate(card.read_certificate())
    except UnacceptableCertificate:
        raise UnreadableCertificate from None
    if at >= certificate.not_valid_after_utc + timedelta(seconds=1):
        raise CardCertificateExpired
    tries_left = card.get_pin_tries_left()
    if tries_left == 0:
        raise PinLocked
    return tries_left


def sign_pending_act(act: PendingAct, *, connection: CardConnection, pin: Pin, http_client: httpx2.Client) -> Answer:
    """This will have the card sign the act and hand it in: one try of the PIN, one of the site.

    :raises UnableToUseCard: when the card does not sign; the site hears nothing of it.
    :raises UnableToSign: when the site refuses, or its answer does not come.
    """
    signed = JpkiCard(connection).sign_statement(act.statement_bytes, pin=pin)
    return hand_in_signature(act.link, signed, http_client=http_client)


def sign_act(link: str, connection: CardConnection, pin: Pin, http_client: httpx2.Client, *, at: datetime) -> Answer:
    """This will go the whole way without asking anybody: for callers that have asked already.

    :raises UnableToSign: when the act cannot be signed, is refused, or its outcome is unknown.
    :raises UnableToUseCard: when the card does not sign.
    """
    act = open_act(ActLink.parse(link), http_client=http_client, at=at)
    return sign_pending_act(act, connection=connection, pin=pin, http_client=http_client)
