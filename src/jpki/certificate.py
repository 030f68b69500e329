"""Certificates as they come in, and the name by which a certificate is known."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, NewType, Self

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from jpki.application import MAX_CERTIFICATE_LENGTH

HolderCertificate = NewType("HolderCertificate", x509.Certificate)
"""A user-authentication certificate that `check_certificate` let pass."""

UNREADABLE: Final = (
    ValueError,
    TypeError,  # from a name's value in a type that is not its kind's
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
"""What the library raises at certificates, answers and lists that are spoilt: at once, or when a part is asked for."""

_MAX_PART_LENGTH: Final = 0xFF


class UnacceptableCertificate(Exception):
    """A certificate must not be taken for a holder's user-authentication certificate."""


class MalformedCertificate(UnacceptableCertificate):
    """The bytes are no certificate that can be read, or too many."""


@dataclass(frozen=True, slots=True)
class CertificateId:
    """The name of a certificate: who issued it, by key, because several generations share one name; and its serial.

    Its parts reveal an order of issue and are guessable: keep it only through a keyed hash of `encode()`.
    """

    issuer_key_id: bytes
    serial: int

    @classmethod
    def of(cls, certificate: x509.Certificate) -> Self:
        """This will read the name from the certificate.

        :raises MalformedCertificate: when it does not say which key issued it.
        """
        return cls(get_issuer_key_id(certificate), certificate.serial_number)

    def encode(self) -> bytes:
        """This will give unambiguous bytes: each part behind one byte with its length."""
        serial = self.serial.to_bytes((self.serial.bit_length() + 7) // 8, "big")
        return b"".join(len(part).to_bytes(1, "big") + part for part in (self.issuer_key_id, serial))

    @classmethod
    def decode(cls, encoded: bytes) -> Self:
        """This will read what `encode` wrote."""
        key_id_end = 1 + encoded[0]
        return cls(encoded[1:key_id_end], int.from_bytes(encoded[key_id_end + 1 :], "big"))

    def __repr__(self) -> str:
        return "CertificateId(…)"  # a serial must not reach a log


def parse_certificate(der: bytes) -> x509.Certificate:
    """This will read one DER certificate of at most 4 kB.

    :raises MalformedCertificate: for all other bytes.
    """
    if len(der) > MAX_CERTIFICATE_LENGTH:
        raise MalformedCertificate
    try:
        certificate = x509.load_der_x509_certificate(der)
    except UNREADABLE:
        raise MalformedCertificate from None
    # The signature's bits fill whole bytes; a certificate must not have a second spelling that says otherwise.
    unused_bits = der[-len(certificate.signature) - 1]
    if certificate.serial_number <= 0 or unused_bits:
        raise MalformedCertificate
    return certificate


def is_over(certificate: x509.Certificate, *, at: datetime) -> bool:
    """This will tell whether a certificate's time has passed, to which its last second belongs (RFC 5280, 4.1.2.5)."""
    return at.replace(microsecond=0) > certificate.not_valid_after_utc


def get_extensions(certificate: x509.Certificate) -> x509.Extensions:
    """This will read the extensions, which are read only when asked for.

    :raises MalformedCertificate: when one of them cannot be read, or stands there twice.
    """
    try:
        return certificate.extensions
    except UNREADABLE:
        raise MalformedCertificate from None


def get_issuer_key_id(certificate: x509.Certificate) -> bytes:
    """This will give the identifier of the key that issued the certificate (RFC 5280, 4.2.1.1).

    :raises MalformedCertificate: when the certificate does not tell.
    """
    try:
        key_id = get_extensions(certificate).get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    except x509.ExtensionNotFound:
        raise MalformedCertificate from None
    if not key_id or len(key_id) > _MAX_PART_LENGTH:
        raise MalformedCertificate
    return key_id
