"""The authority's responder: whose word counts for the certificates of one generation, and whether it said it."""

from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, SignatureAlgorithmOID

from jpki.certificate import is_over
from jpki.registry import Fault, UnusableAnswer

SIGNATURE_ALGORITHMS: Final = {
    SignatureAlgorithmOID.RSA_WITH_SHA256,
    SignatureAlgorithmOID.RSA_WITH_SHA384,
    SignatureAlgorithmOID.RSA_WITH_SHA512,
    SignatureAlgorithmOID.ECDSA_WITH_SHA256,
    SignatureAlgorithmOID.ECDSA_WITH_SHA384,
    SignatureAlgorithmOID.ECDSA_WITH_SHA512,
}
_UNDERSTOOD: Final = {ExtensionOID.KEY_USAGE, ExtensionOID.EXTENDED_KEY_USAGE, ExtensionOID.BASIC_CONSTRAINTS}


def check_responder(responder: x509.Certificate, *, issuer: x509.Certificate, at: datetime) -> None:
    """This will let pass a certificate by which the issuer lets another key speak for it (RFC 6960, 4.2.2.2).

    :raises UnusableAnswer: when it is not that.
    """
    # (1) The generation in question issued it, and no other.
    _check_issued(responder, issuer=issuer)
    # (2) It is valid now.
    if at < responder.not_valid_before_utc or is_over(responder, at=at):
        raise UnusableAnswer(Fault.UNTRUSTED_SIGNER)
    # (3) It is made for this and for nothing else, and need not be looked up in turn.
    if not _may_answer(responder.extensions):
        raise UnusableAnswer(Fault.UNTRUSTED_SIGNER)


def check_word(
    key: CertificatePublicKeyTypes, *, signature: bytes, message: bytes, algorithm: hashes.HashAlgorithm
) -> None:
    """This will let pass a signature by the key over the message.

    :raises UnusableAnswer: when it is not that.
    """
    try:
        match key:
            case rsa.RSAPublicKey():
                key.verify(signature, message, padding.PKCS1v15(), algorithm)
            case ec.EllipticCurvePublicKey():
                key.verify(signature, message, ec.ECDSA(algorithm))
            case _:
                raise UnusableAnswer(Fault.UNTRUSTED_SIGNER)
    except InvalidSignature:
        raise UnusableAnswer(Fault.BROKEN_SIGNATURE) from None


def _check_issued(responder: x509.Certificate, *, issuer: x509.Certificate) -> None:
    if responder.signature_algorithm_oid not in SIGNATURE_ALGORITHMS:
        raise UnusableAnswer(Fault.UNTRUSTED_SIGNER)
    try:
        responder.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):  # another name, another kind of key, another key
        raise UnusableAnswer(Fault.UNTRUSTED_SIGNER) from None


def _may_answer(extensions: x509.Extensions) -> bool:
    values = {type(extension.value): extension.value for extension in extensions}
    usage, purposes = values.get(x509.KeyUsage), values.get(x509.ExtendedKeyUsage)
    constraints = values.get(x509.BasicConstraints)
    return (
        isinstance(usage, x509.KeyUsage)
        and usage.digital_signature
        and isinstance(purposes, x509.ExtendedKeyUsage)
        and list(purposes) == [ExtendedKeyUsageOID.OCSP_SIGNING]
        and not (isinstance(constraints, x509.BasicConstraints) and constraints.ca)
        and x509.OCSPNoCheck in values
        and all(extension.oid in _UNDERSTOOD for extension in extensions if extension.critical)
    )
