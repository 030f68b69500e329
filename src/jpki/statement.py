"""Statements signed by a card: what it is given to sign, and whether a signature is its own.

The key in the certificate decides the algorithm. Today's cards: RSA-2048, PKCS#1 v1.5 over SHA-256. The next cards:
ECDSA P-384 over SHA-384. What those will take and give is not public; assumed are the digest alone as data of COMPUTE
DIGITAL SIGNATURE, and r and s of 48 bytes each as its answer. Towards the site a signature on a curve is DER.
"""

import hashlib
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from jpki.application import COORDINATE_LENGTH
from jpki.certificate import UNREADABLE, HolderCertificate, UnacceptableCertificate, parse_certificate

_SHA256_DIGEST_INFO: Final = bytes.fromhex("3031300D060960864801650304020105000420")  # RFC 8017, 9.2, note 1


class StatementSignatureInvalid(Exception):
    """The certificate's key did not sign this statement."""


class MalformedCardSignature(Exception):
    """The card's answer cannot be a signature by a key of its kind."""


def compute_digest(statement: bytes) -> bytes:
    """This will give the SHA-256 digest of the whole statement."""
    return hashlib.sha256(statement).digest()


def encode_digest_info(statement: bytes) -> bytes:
    """This will give the DigestInfo that the card pads and signs (RFC 8017, 9.2)."""
    return _SHA256_DIGEST_INFO + compute_digest(statement)


def encode_for_card(statement: bytes, *, on_curve: bool) -> bytes:
    """This will give what a card is to sign, by the kind of its key (`is_curve_certificate`)."""
    if on_curve:
        return hashlib.sha384(statement).digest()
    return encode_digest_info(statement)


def decode_from_card(answer: bytes, *, on_curve: bool) -> bytes:
    """This will give the signature as it goes to the site: what the card answered, on a curve in DER (RFC 3279, 2.2.3).

    :raises MalformedCardSignature: when it cannot be one.
    """
    if not on_curve:
        return answer
    if len(answer) != 2 * COORDINATE_LENGTH:
        raise MalformedCardSignature
    r, s = answer[:COORDINATE_LENGTH], answer[COORDINATE_LENGTH:]
    return encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))


def is_curve_certificate(der: bytes) -> bool:
    """This will tell whether a certificate (DER) has a key on a curve.

    One that cannot be read is no matter of this function: its key is taken for one of today's.
    """
    try:
        return isinstance(parse_certificate(der).public_key(), ec.EllipticCurvePublicKey)
    except (UnacceptableCertificate, *UNREADABLE):
        return False


def check_statement_signature(certificate: HolderCertificate, statement: bytes, signature: bytes) -> None:
    """This will let pass only a signature by the certificate's key over exactly this statement.

    The certificate decides the algorithm, so that cards with another kind of key need no other protocol.

    :raises StatementSignatureInvalid: when it is not that.
    """
    check_key_signature(certificate.public_key(), statement, signature)


def check_key_signature(key: CertificatePublicKeyTypes, statement: bytes, signature: bytes) -> None:
    """This will let pass only a signature by this key, in the one algorithm that goes with it.

    :raises StatementSignatureInvalid: when it is not that.
    """
    try:
        match key:
            case rsa.RSAPublicKey():
                key.verify(signature, statement, padding.PKCS1v15(), hashes.SHA256())
            case ec.EllipticCurvePublicKey(curve=ec.SECP384R1()):
                key.verify(signature, statement, ec.ECDSA(hashes.SHA384()))
            case _:
                raise StatementSignatureInvalid
    except InvalidSignature:
        raise StatementSignatureInvalid from None
