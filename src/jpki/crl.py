"""The authority's revocation lists (RFC 5280, 5): whole lists only, each signed by the generation that it is about."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from cryptography import x509

from jpki.certificate import UNREADABLE, CertificateId
from jpki.freshness import Update
from jpki.path import TrustAnchors
from jpki.registry import Revocation
from jpki.responder import SIGNATURE_ALGORITHMS


class CrlFault(StrEnum):
    """What is wrong with a list."""

    UNREADABLE = "no revocation list"
    NOT_UNDERSTOOD = "says something that must be understood, and is not"
    UNKNOWN_ISSUER = "unknown issuer"
    BROKEN_SIGNATURE = "not signed by its issuer"
    UNDATED = "does not say when the next one comes"


class RevocationListRefused(Exception):
    """The list cannot be relied on."""

    def __init__(self, fault: CrlFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, kw_only=True, slots=True)
class RevocationList:
    """A list that its issuer signed: which generation it is about, when it was made, and what it lists."""

    issuer_key_id: bytes
    update: Update
    digest: bytes
    content: x509.CertificateRevocationList

    def __iter__(self) -> Iterator[tuple[CertificateId, Revocation]]:
        """This will give every certificate listed.

        :raises RevocationListRefused: at an entry that cannot be read or understood.
        """
        try:
            for entry in self.content:
                yield CertificateId(self.issuer_key_id, entry.serial_number), _read_revocation(entry)
        except UNREADABLE:
            raise RevocationListRefused(CrlFault.UNREADABLE) from None


def read_revocation_list(der: bytes, *, anchors: TrustAnchors) -> RevocationList:
    """This will let pass only a whole list that a trusted generation signed.

    :raises RevocationListRefused: with what is wrong.
    """
    try:
        return _read(der, anchors=anchors)
    except UNREADABLE:
        raise RevocationListRefused(CrlFault.UNREADABLE) from None


def _read(der: bytes, *, anchors: TrustAnchors) -> RevocationList:
    # (1) It can be read, and nothing in it must be understood that is not: no delta, no part of
    # a list, and none whose news stand in deltas.
    content = x509.load_der_x509_crl(der)
    if any(extension.critical or isinstance(extension.value, x509.FreshestCRL) for extension in content.extensions):
        raise RevocationListRefused(CrlFault.NOT_UNDERSTOOD)
    # (2) A trusted generation is its issuer, by key and by name.
    key_id = _get_key_id(content)
    issuer = anchors.find_generation(key_id)
    if issuer is None or content.issuer != issuer.subject or not _may_list(issuer):
        raise RevocationListRefused(CrlFault.UNKNOWN_ISSUER)
    # (3) That generation signed it.
    if content.signature_algorithm_oid not in SIGNATURE_ALGORITHMS or not _is_signed_by(content, issuer):
        raise RevocationListRefused(CrlFault.BROKEN_SIGNATURE)
    # (4) It says when the next one comes.
    if content.next_update_utc is None:
        raise RevocationListRefused(CrlFault.UNDATED)
    update = Update(this_update=content.last_update_utc, next_update=content.next_update_utc)
    digest = hashlib.sha256(der).digest()
    return RevocationList(issuer_key_id=key_id, update=update, digest=digest, content=content)


def _get_key_id(content: x509.CertificateRevocationList) -> bytes:
    try:
        identifier = content.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    except x509.ExtensionNotFound:
        raise RevocationListRefused(CrlFault.UNKNOWN_ISSUER) from None
    return identifier.key_identifier or b""


def _may_list(issuer: x509.Certificate) -> bool:
    try:
        return issuer.extensions.get_extension_for_class(x509.KeyUsage).value.crl_sign
    except x509.ExtensionNotFound:
        return False


def _is_signed_by(content: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    try:
        return content.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]  # an anchor's key signs
    except TypeError:  # a key of another kind
        return False


def _read_revocation(entry: x509.RevokedCertificate) -> Revocation:
    reason = x509.ReasonFlags.unspecified
    for extension in entry.extensions:
        if isinstance(extension.value, x509.CRLReason):
            reason = extension.value.reason
        elif extension.critical:
            raise RevocationListRefused(CrlFault.NOT_UNDERSTOOD)
    return Revocation(revoked_at=entry.revocation_date_utc, reason=reason)
