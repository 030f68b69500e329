"""The way of an act through this program: fetch, show, sign, hand in."""

from dataclasses import dataclass, field
from datetime import datetime

import httpx2

from cardagent.link import ActLink
from cardagent.places import CardPlace
from cardagent.refusal import UnableToSign
from cardagent.site import Answer, fetch_statement, hand_in_signature
from cardagent.statement import Statement, check_statement, parse_statement
from jpki.certificate import UnacceptableCertificate, is_over, parse_certificate
from jpki.client import JpkiCard, PinLocked, SignedStatement, UnreadableCertificate
from jpki.pin import Pin


class CardCertificateExpired(UnableToSign):
    """The certificate's time is over; the day is not told, because it is the holder's birthday."""


class TriesUsedElsewhere(UnableToSign):
    """Since its tries were shown, another program has typed wrong PINs into this card; the PIN was not tried."""

    def __init__(self, tries_left: int) -> None:
        super().__init__(f"{tries_left} tries left")
        self.tries_left = tries_left


class CardExchanged(UnableToSign):
    """The card that lies there now is another than the one that was looked at; its PIN was not tried."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PendingAct:
    """An act that may be signed: its link, the statement as it reads, and the very bytes to sign."""

    link: ActLink
    statement: Statement
    statement_bytes: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class SeenCard:
    """What was seen of a card before its holder was asked for anything: which card it is, and its PIN's tries."""

    certificate: bytes = field(repr=False)
    pin_tries_left: int


def open_act(link: ActLink, *, http_client: httpx2.Client, at: datetime) -> PendingAct:
    """This will fetch an act and let pass only one that can be shown in full and may be signed here and now.

    :raises UnableToSign: with the reason in its type.
    """
    statement_bytes = fetch_statement(link, http_client=http_client)
    statement = parse_statement(statement_bytes)
    check_statement(statement, link=link, at=at)
    return PendingAct(link=link, statement=statement, statement_bytes=statement_bytes)


def look_at_card(place: CardPlace, *, at: datetime) -> SeenCard:
    """This will see which card lies there and how often its PIN may be typed, in one exchange that wants no PIN.

    :raises CardCertificateExpired: when its certificate is of no use any more.
    :raises PinLocked: when no try is left.
    :raises UnableToReachCard: when there is no card.
    :raises UnableToUseCard: when it is no My Number Card, or cannot be read.
    """
    with place.open() as connection:
        card = JpkiCard(connection)
        seen = SeenCard(certificate=card.read_certificate(), pin_tries_left=card.get_pin_tries_left())
    _check_in_force(seen.certificate, at=at)
    if seen.pin_tries_left == 0:
        raise PinLocked
    return seen


def _check_in_force(der: bytes, *, at: datetime) -> None:
    try:
        certificate = parse_certificate(der)
    except UnacceptableCertificate:
        raise UnreadableCertificate from None
    if is_over(certificate, at=at):
        raise CardCertificateExpired


def sign_at(place: CardPlace, act: PendingAct, *, seen: SeenCard, pin: Pin, at: datetime) -> SignedStatement:
    """This will have the card that was seen sign the act, in one exchange with one try of the PIN.

    What was shown must still hold: the act may have waited long for its PIN, and others may have used the card.

    Nothing is handed in yet: the card may go before the site is asked, and the site may take its time.

    :raises StatementExpired: when the act's time is over.
    :raises CardCertificateExpired: when the card's time is over.
    :raises CardExchanged: when another card lies there.
    :raises TriesUsedElsewhere: when fewer tries are left than its holder was shown.
    :raises UnableToReachCard: when the card goes before it has signed.
    :raises UnableToUseCard: when the card does not sign.
    """
    check_statement(act.statement, link=act.link, at=at)
    _check_in_force(seen.certificate, at=at)
    with place.open() as connection:
        card = JpkiCard(connection)
        if not card.is_card_of(seen.certificate):
            raise CardExchanged
        _check_tries(card, seen=seen)
        return card.sign_statement(act.statement_bytes, pin=pin)


def sign_act(link: str, place: CardPlace, pin: Pin, http_client: httpx2.Client, *, at: datetime) -> Answer:
    """This will go the whole way without asking anybody: for callers that have asked already.

    One try of the PIN, one of the site; what the card does not sign, the site does not hear of.

    :raises UnableToSign: when the act cannot be signed, is refused, or its outcome is unknown.
    :raises UnableToReachCard: when there is no card, or not any more.
    :raises UnableToUseCard: when the card does not sign.
    """
    act = open_act(ActLink.parse(link), http_client=http_client, at=at)
    signed = sign_at(place, act, seen=look_at_card(place, at=at), pin=pin, at=at)
    return hand_in_signature(act.link, signed, http_client=http_client)


def _check_tries(card: JpkiCard, *, seen: SeenCard) -> None:
    tries_left = card.get_pin_tries_left()
    if tries_left == 0:
        raise PinLocked
    if tries_left < seen.pin_tries_left:
        raise TriesUsedElsewhere(tries_left)
