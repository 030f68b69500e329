"""The numbered checks between a card's signature and an act."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from jpki.certificate import CertificateId, HolderCertificate, UnacceptableCertificate
from jpki.path import CertificateExpired, TrustAnchors, check_certificate
from jpki.registry import CertificateRevoked, Lineage, Registry, RegistryUnavailable, Renewed
from jpki.statement import StatementSignatureInvalid, check_statement_signature
from mynapoint.act.rules import (
    Authorities,
    CertificateIsExpired,
    CertificateIsRevoked,
    CertificateNotAccepted,
    SignatureInvalid,
    Submission,
    TryLater,
    check_audience,
    check_in_time,
)
from mynapoint.case.rules import Fingerprint, fingerprint_of
from mynapoint.programme.rules import Programme, check_renewal_wait

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Expected:
    """What a signature must be for: the statement's bytes and fields, its time, this site, its programme."""

    statement: bytes
    fields: Mapping[str, Any]
    expires_at: datetime
    audience: str
    programme: Programme


@dataclass(frozen=True)
class VerifiedSigner:
    """Whose card signed, once every check has passed."""

    certificate: CertificateId
    lineage: Lineage
    fingerprint: Fingerprint


def verify(submission: Submission, expected: Expected, *, authorities: Authorities, at: datetime) -> VerifiedSigner:
    """Check a signature over a statement:

    (1) there is still time, and the statement was made for this site;
    (2) the certificate is a user-authentication certificate on a path to a trusted anchor;
    (3) it is not revoked, and the registry says so now: a missing answer is never a pass;
    (4) the registry has told what it knows of the certificate's predecessors;
    (5) the programme's wait after a renewal is over;
    (6) the signature is by this certificate's key over this very statement.

    :raises UnableToAct: its subclass for the first check that fails.
    :raises WithinRenewalWait: for check 5.
    """
    # (1)
    check_in_time(expires_at=expected.expires_at, at=at)
    check_audience(expected.fields, audience=expected.audience)
    # (2)
    certificate = _check_certificate(submission.certificate, anchors=authorities.anchors, at=at)
    # (3), (4)
    lineage = _ask_registry(certificate, registry=authorities.registry, at=at)
    # (5)
    renewed_at = certificate.not_valid_before_utc if isinstance(lineage, Renewed) else None
    check_renewal_wait(expected.programme, renewed_at=renewed_at, at=at)
    # (6)
    try:
        check_statement_signature(certificate, expected.statement, submission.signature)
    except StatementSignatureInvalid:
        raise SignatureInvalid from None
    return VerifiedSigner(
        certificate=CertificateId.of(certificate), lineage=lineage, fingerprint=fingerprint_of(submission.certificate)
    )


def _check_certificate(der: bytes, *, anchors: TrustAnchors, at: datetime) -> HolderCertificate:
    try:
        return check_certificate(der, anchors=anchors, at=at)
    except CertificateExpired:
        raise CertificateIsExpired from None
    except UnacceptableCertificate:
        raise CertificateNotAccepted from None


def _ask_registry(certificate: HolderCertificate, *, registry: Registry, at: datetime) -> Lineage:
    try:
        registry.check_not_revoked(certificate, at=at)
        return registry.get_lineage(CertificateId.of(certificate), at=at)
    except CertificateRevoked:
        raise CertificateIsRevoked from None
    except RegistryUnavailable as error:
        log.warning("the certificate registry gave no answer to rely on", reason=str(error))
        raise TryLater from None
