"""Statements signed by a card: what it is given to sign, and whether a signature is its own."""

import hashlib
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from jpki.certificate import HolderCertificate

_SHA256_DIGEST_INFO: Final = bytes.fromhex("3031300D060960864801650304020105000420")  # RFC 8017, 9.2, note 1


class StatementSignatureInvalid(Exception):
    """The certificate's key did not sign this statement."""


def compute_digest(statement: bytes) -> bytes:
    """This will give the SHA-256 digest of the whole statement."""
    return hashlib.sha256(statement).digest()


def encode_digest_info(statement: bytes) -> bytes:
    """This will give the DigestInfo that the card pads and signs (RFC 8017, 9.2)."""
    return _SHA256_DIGEST_INFO + compute_digest(statement)


def check_statement_signature(certificate: HolderCertificate, statement: bytes, signature: bytes) -> None:
    """This will let pass only a signature by the certificate's key over exactly this statement.

    The certificate decides the algorithm, so that cards with another kind of key need no other protocol.

    :raises StatementSignatureInvalid: when it is not that.
    """
    try:
        match certificate.public_key():
            case rsa.RSAPublicKey() as key:
                key.verify(signature, statement, padding.PKCS1v15(), hashes.SHA256())
            case _:
                raise StatementSignatureInvalid
    except InvalidSignature:
        raise StatementSignatureInvalid from None
