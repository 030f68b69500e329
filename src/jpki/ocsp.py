"""One question to the authority's OCSP responder, and what its answer is worth (RFC 6960, RFC 9654)."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from jpki.certificate import UNREADABLE, HolderCertificate
from jpki.freshness import Update
from jpki.registry import CertificateRevoked, Fault, UnusableAnswer
from jpki.responder import SIGNATURE_ALGORITHMS, check_responder, check_word

NONCE_LENGTH: Final = 32

_CertId = tuple[str, bytes, bytes, int]
_UNDERSTOOD: Final = (x509.OCSPNonce, x509.CRLReason)


@dataclass(frozen=True, kw_only=True, slots=True)
class OcspQuestion:
    """What was asked: about which certificate, of which issuer, under which nonce."""

    issuer: x509.Certificate
    nonce: bytes
    request: bytes
    certificate_id: _CertId

    @classmethod
    def about(cls, certificate: HolderCertificate, *, issuer: x509.Certificate) -> Self:
        """This will put the question for one certificate, with a nonce of its own."""
        nonce = secrets.token_bytes(NONCE_LENGTH)
        builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA256())
        request = builder.add_extension(x509.OCSPNonce(nonce), critical=False).build()
        return cls(
            issuer=issuer,
            nonce=nonce,
            request=request.public_bytes(Encoding.DER),
            certificate_id=_get_certificate_id(request),
        )

    def check_answer(self, der: bytes, *, max_age: timedelta, at: datetime) -> None:
        """This will let pass an answer that says, now and to this question, that the certificate is good.

        :raises CertificateRevoked: when a trusted answer says so.
        :raises UnusableAnswer: for every other answer, with the first check that it fails.
        """
        # (1) It can be read, and is about one certificate.
        answer = _Answer.read(der)
        # (2) That certificate is the one asked about.
        if answer.certificate_id != self.certificate_id:
            raise UnusableAnswer(Fault.OTHER_CERTIFICATE)
        # (3) It answers this question and no earlier one.
        if answer.nonces != (self.nonce,):
            raise UnusableAnswer(Fault.REPLAYED)
        # (4) The issuer lets the signer speak for it.
        if answer.responder is None:
            raise UnusableAnswer(Fault.UNTRUSTED_SIGNER)
        check_responder(answer.responder, issuer=self.issuer, at=at)
        # (5) The signer said this.
        answer.check_signature(answer.responder)
        # (6) It is fresh.
        answer.update.check_fresh(max_age=max_age, at=at)
        # (7) It knows the certificate.
        if answer.status is ocsp.OCSPCertStatus.REVOKED and answer.revoked_at is not None:
            raise CertificateRevoked(revoked_at=answer.revoked_at, reason=answer.reason)
        if answer.status is not ocsp.OCSPCertStatus.GOOD:
            raise UnusableAnswer(Fault.UNKNOWN_CERTIFICATE)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Answer:
    """Every part of an answer that a check looks at, read once: a part is often parsed only when it is asked for."""

    certificate_id: _CertId
    nonces: tuple[bytes, ...]
    responder: x509.Certificate | None
    signature: bytes
    signed: bytes
    hash_algorithm: hashes.HashAlgorithm
    update: Update
    status: ocsp.OCSPCertStatus
    revoked_at: datetime | None
    reason: x509.ReasonFlags

    @classmethod
    def read(cls, der: bytes) -> Self:
        """This will read a whole answer.

        :raises UnusableAnswer: when it is none, or holds what this reader does not understand.
        """
        try:
            answer = ocsp.load_der_ocsp_response(der)
            if answer.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
                raise UnusableAnswer(Fault.NO_ANSWER)
            return cls._read(answer)
        except UNREADABLE:
            raise UnusableAnswer(Fault.UNREADABLE) from None

    @classmethod
    def _read(cls, answer: ocsp.OCSPResponse) -> Self:
        (single,) = answer.responses  # ValueError when there are more, or none
        extensions = (*answer.extensions, *answer.single_extensions)
        next_update, hash_algorithm = single.next_update_utc, answer.signature_hash_algorithm
        if any(item.critical and not isinstance(item.value, _UNDERSTOOD) for item in extensions):
            raise UnusableAnswer(Fault.UNREADABLE)
        if next_update is None or hash_algorithm is None or answer.signature_algorithm_oid not in SIGNATURE_ALGORITHMS:
            raise UnusableAnswer(Fault.UNREADABLE)
        return cls(
            certificate_id=_get_certificate_id(single),
            nonces=tuple(item.value.nonce for item in answer.extensions if isinstance(item.value, x509.OCSPNonce)),
            responder=_find_responder(answer),
            signature=answer.signature,
            signed=answer.tbs_response_bytes,
            hash_algorithm=hash_algorithm,
            update=Update(this_update=single.this_update_utc, next_update=next_update),
            status=single.certificate_status,
            revoked_at=single.revocation_time_utc,
            reason=single.revocation_reason or x509.ReasonFlags.unspecified,
        )

    def check_signature(self, responder: x509.Certificate) -> None:
        """This will let pass what the responder's key signed.

        :raises UnusableAnswer: when it did not.
        """
        check_word(responder.public_key(), signature=self.signature, message=self.signed, algorithm=self.hash_algorithm)


def _get_certificate_id(item: ocsp.OCSPRequest | ocsp.OCSPSingleResponse) -> _CertId:
    return (item.hash_algorithm.name, item.issuer_name_hash, item.issuer_key_hash, item.serial_number)


def _find_responder(answer: ocsp.OCSPResponse) -> x509.Certificate | None:
    """This will find the certificate that the answer names as its signer's, among those that came with it.

    Its parts are read here too: what cannot be read in it must not surprise the checks.
    """
    for certificate in answer.certificates:
        key = certificate.public_key()
        key_hash = x509.SubjectKeyIdentifier.from_public_key(key).digest
        if answer.responder_name == certificate.subject or answer.responder_key_hash == key_hash:
            certificate.extensions  # noqa: B018
            return certificate
    return None
