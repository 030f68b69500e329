"""What may be told of a card to whoever stands before the screen: nothing of its holder."""

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from cardagent.places import CardPlace
from jpki.certificate import MalformedCertificate, is_over, parse_certificate
from jpki.client import JpkiCard, UnreadableCertificate
from jpki.japan import JST


@dataclass(frozen=True, kw_only=True, slots=True)
class CardFacts:
    """The user-authentication certificate's kind of key and last year, and the tries of both secrets.

    Only the year: certificates end on their holder's birthday.
    """

    key_kind: str
    last_year: int
    is_expired: bool
    pin_tries_left: int
    password_tries_left: int


def read_card_facts(place: CardPlace, *, at: datetime) -> CardFacts:
    """This will read a card without its PIN.

    :raises UnableToReachCard: when there is no card.
    :raises UnableToUseCard: when it is no My Number Card, or cannot be read.
    """
    with place.open() as connection:
        card = JpkiCard(connection)
        certificate = _parse(card.read_certificate())
        pin_tries_left, password_tries_left = card.get_pin_tries_left(), card.get_password_tries_left()
    return CardFacts(
        key_kind=_name_key(certificate),
        last_year=certificate.not_valid_after_utc.astimezone(JST).year,
        is_expired=is_over(certificate, at=at),
        pin_tries_left=pin_tries_left,
        password_tries_left=password_tries_left,
    )


def _parse(der: bytes) -> x509.Certificate:
    try:
        return parse_certificate(der)
    except MalformedCertificate:
        raise UnreadableCertificate from None


def _name_key(certificate: x509.Certificate) -> str:
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        raise UnreadableCertificate from None
    match key:
        case rsa.RSAPublicKey():
            return f"RSA-{key.key_size}"
        case ec.EllipticCurvePublicKey():
            return f"ECDSA {key.curve.name}"
        case _:
            raise UnreadableCertificate
