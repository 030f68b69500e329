"""What the test authority publishes: OCSP answers (RFC 6960), revocation lists (RFC 5280, 5) and lineages."""

from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from jpki.certificate import CertificateId
from jpki.freshness import Update
from jpki.lineage import DOMAIN_LINE, LineageQuestion, LineageStatement, SignedLineage
from jpki.registry import MemoryRegistry
from jpki.virtual.errors import CertificateNotIssuedHere
from jpki.virtual.issuing import IssuingCa
from jpki.virtual.keys import choose_hash, sign

ANSWER_LIFETIME: Final = timedelta(days=1)


def answer_ocsp_request(request: bytes, *, cas: tuple[IssuingCa, ...], registry: MemoryRegistry, at: datetime) -> bytes:
    """This will answer a DER request with a signed DER answer, or with an unsigned error that says why not."""
    try:
        question = ocsp.load_der_ocsp_request(request)
        nonces = [item for item in question.extensions if isinstance(item.value, x509.OCSPNonce)]
        ca = next((ca for ca in cas if _is_issuer(ca, question)), None)
    except ValueError:
        return _refuse(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
    if ca is None:
        return _refuse(ocsp.OCSPResponseStatus.UNAUTHORIZED)
    builder = _answer(question, ca=ca, registry=registry, at=at)
    for nonce in nonces:
        builder = builder.add_extension(nonce.value, critical=False)
    return builder.sign(ca.responder_key, choose_hash(ca.responder_key)).public_bytes(Encoding.DER)


def answer_lineage_question(
    question: LineageQuestion, *, cas: tuple[IssuingCa, ...], registry: MemoryRegistry, at: datetime
) -> bytes:
    """This will answer with a statement that the generation's responder signs.

    :raises CertificateNotIssuedHere: when no generation has the issuer's key.
    """
    certificate_id = question.certificate.decode()
    ca = next((ca for ca in cas if ca.key_id == certificate_id.issuer_key_id), None)
    if ca is None:
        raise CertificateNotIssuedHere
    lineage = registry.get_lineage(certificate_id, at=at)
    update = Update(this_update=at, next_update=at + ANSWER_LIFETIME)
    statement = LineageStatement.answer(question, lineage, update=update).model_dump_json().encode()
    envelope = SignedLineage.model_construct(
        statement=statement,
        signature=sign(ca.responder_key, DOMAIN_LINE + statement),
        responder=ca.responder_certificate.public_bytes(Encoding.DER),
    )
    return envelope.model_dump_json().encode()


def make_revocation_list(*, ca: IssuingCa, registry: MemoryRegistry, at: datetime) -> x509.CertificateRevocationList:
    """This will list what one generation had revoked by this time."""
    builder = x509.CertificateRevocationListBuilder(
        issuer_name=ca.certificate.subject, last_update=at, next_update=at + ANSWER_LIFETIME
    )
    for certificate_id, revocation in registry.revocations.items():
        if certificate_id.issuer_key_id == ca.key_id and revocation.revoked_at <= at:
            revoked = x509.RevokedCertificateBuilder(certificate_id.serial, revocation.revoked_at)
            revoked = revoked.add_extension(x509.CRLReason(revocation.reason), critical=False)
            builder = builder.add_revoked_certificate(revoked.build())
    builder = builder.add_extension(x509.AuthorityKeyIdentifier(ca.key_id, None, None), critical=False)
    builder = builder.add_extension(x509.CRLNumber(int(at.timestamp())), critical=False)
    return builder.sign(ca.key, choose_hash(ca.key))


def _is_issuer(ca: IssuingCa, question: ocsp.OCSPRequest) -> bool:
    own = ocsp.OCSPRequestBuilder().add_certificate(ca.certificate, ca.certificate, question.hash_algorithm).build()
    return (own.issuer_key_hash, own.issuer_name_hash) == (question.issuer_key_hash, question.issuer_name_hash)


def _answer(
    question: ocsp.OCSPRequest, *, ca: IssuingCa, registry: MemoryRegistry, at: datetime
) -> ocsp.OCSPResponseBuilder:
    certificate_id = CertificateId(ca.key_id, question.serial_number)
    revocation = registry.revocations.get(certificate_id)
    is_revoked = revocation is not None and revocation.revoked_at <= at
    good = ocsp.OCSPCertStatus.GOOD if certificate_id in registry.predecessors else ocsp.OCSPCertStatus.UNKNOWN
    builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
        issuer_name_hash=question.issuer_name_hash,
        issuer_key_hash=question.issuer_key_hash,
        serial_number=question.serial_number,
        algorithm=question.hash_algorithm,
        cert_status=ocsp.OCSPCertStatus.REVOKED if is_revoked else good,
        this_update=at,
        next_update=at + ANSWER_LIFETIME,
        revocation_time=revocation.revoked_at if revocation and is_revoked else None,
        revocation_reason=revocation.reason if revocation and is_revoked else None,
    )
    responder = ca.responder_certificate
    return builder.responder_id(ocsp.OCSPResponderEncoding.HASH, responder).certificates([responder])


def _refuse(reason: ocsp.OCSPResponseStatus) -> bytes:
    return ocsp.OCSPResponseBuilder.build_unsuccessful(reason).public_bytes(Encoding.DER)
