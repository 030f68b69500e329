"""The path from a holder's certificate to the authority: one step, under one of several generations of one name."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Final, Self

from cryptography import x509
from cryptography.x509.verification import Criticality, ExtensionPolicy, Policy, PolicyBuilder, Store, VerificationError

from jpki.certificate import (
    UNREADABLE,
    HolderCertificate,
    MalformedCertificate,
    UnacceptableCertificate,
    get_issuer_key_id,
    is_over,
    parse_certificate,
)
from jpki.profile import build_extension_policy, check_key, check_profile


class UnsuitableAnchors(Exception):
    """The certificates are no set of trust anchors: none, no authority's, without key identifier, of several names."""


class UnknownIssuer(UnacceptableCertificate):
    """No trusted generation of the authority has the key that the certificate names as its issuer's."""


class CertificateNotYetValid(UnacceptableCertificate):
    """The certificate's validity has not begun."""


class CertificateExpired(UnacceptableCertificate):
    """The certificate's validity is over; the day is left out, because it is the holder's birthday."""


class BrokenPath(UnacceptableCertificate):
    """The certificate names a trusted issuer that did not issue it, or could not have."""


def _check_may_issue(_policy: Policy, _certificate: x509.Certificate, usage: x509.KeyUsage | None) -> None:
    if usage is None or not usage.key_cert_sign:
        raise UnsuitableAnchors


CA_POLICY: Final = (
    ExtensionPolicy.permit_all()
    .require_present(x509.BasicConstraints, Criticality.CRITICAL, None)
    .require_present(x509.KeyUsage, Criticality.CRITICAL, _check_may_issue)
)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Generation:
    key_id: bytes
    policy: PolicyBuilder

    @classmethod
    def of(cls, anchor: x509.Certificate) -> Self:
        key_id = _get_key_id(anchor)
        policy = (
            PolicyBuilder()
            .store(Store([anchor]))
            .max_chain_depth(0)
            .extension_policies(ca_policy=CA_POLICY, ee_policy=build_extension_policy(issuer_key_id=key_id))
        )
        return cls(key_id=key_id, policy=policy)

    def has_issued(self, certificate: x509.Certificate, *, at: datetime) -> bool:
        # The verifier freezes its time when it is built: one for each question.
        try:
            self.policy.time(at).build_client_verifier().verify(certificate, [])
        except VerificationError:
            return False
        except UNREADABLE:  # what is wrong inside a certificate is sometimes met only here
            raise MalformedCertificate from None
        return True


class TrustAnchors:
    """The generations of one certificate authority: one name, different keys."""

    def __init__(self, certificates: Iterable[x509.Certificate]) -> None:
        """This will prepare what does not depend on the time of a question; the newest generation is asked first.

        :raises UnsuitableAnchors: when the certificates are no such set.
        """
        anchors = sorted(certificates, key=lambda anchor: anchor.not_valid_before_utc, reverse=True)
        if len({anchor.subject for anchor in anchors}) != 1:
            raise UnsuitableAnchors
        self.certificates = tuple(anchors)
        self._generations = tuple(_Generation.of(anchor) for anchor in anchors)

    def find_generation(self, key_id: bytes) -> x509.Certificate | None:
        """This will find the generation that has this key."""
        pairs = zip(self._generations, self.certificates, strict=True)
        return next((anchor for generation, anchor in pairs if generation.key_id == key_id), None)

    def check_path(self, certificate: x509.Certificate, *, at: datetime) -> None:
        """This will let pass a certificate of the profile that one generation issued and that is valid at this time.

        :raises UnacceptableCertificate: with the reason in its type.
        """
        if not any(generation.has_issued(certificate, at=at) for generation in self._generations):
            raise self._find_reason(certificate, at=at)

    def _find_reason(self, certificate: x509.Certificate, *, at: datetime) -> UnacceptableCertificate:
        check_profile(certificate)
        if get_issuer_key_id(certificate) not in {generation.key_id for generation in self._generations}:
            return UnknownIssuer()
        if at < certificate.not_valid_before_utc:
            return CertificateNotYetValid()
        if is_over(certificate, at=at):
            return CertificateExpired()
        return BrokenPath()


def read_anchors(folder: Path) -> TrustAnchors:
    """This will read the generations from a folder: `.pem`, of which a file may hold several, and `.der`.

    :raises UnsuitableAnchors: when they are no set of trust anchors.
    """
    try:
        bundles = [x509.load_pem_x509_certificates(path.read_bytes()) for path in sorted(folder.glob("*.pem"))]
        single = [x509.load_der_x509_certificate(path.read_bytes()) for path in sorted(folder.glob("*.der"))]
    except (OSError, ValueError, x509.InvalidVersion):
        raise UnsuitableAnchors from None
    return TrustAnchors([*chain.from_iterable(bundles), *single])


def check_certificate(der: bytes, *, anchors: TrustAnchors, at: datetime) -> HolderCertificate:
    """This will let pass only a holder's user-authentication certificate; whether it was revoked is another question.

    :raises UnacceptableCertificate: with the reason in its type.
    """
    # (1) It can be read.
    certificate = parse_certificate(der)
    # (2) Its key is of the kind that cards have.
    check_key(certificate)
    # (3) It has the profile, a trusted generation issued it, it is valid now.
    anchors.check_path(certificate, at=at)
    return HolderCertificate(certificate)


def _get_key_id(anchor: x509.Certificate) -> bytes:
    try:
        constraints = anchor.extensions.get_extension_for_class(x509.BasicConstraints).value
        key_id = anchor.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except (ValueError, x509.ExtensionNotFound, x509.DuplicateExtension):
        raise UnsuitableAnchors from None
    if not constraints.ca:
        raise UnsuitableAnchors
    return key_id
