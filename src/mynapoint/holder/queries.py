"""What can be asked about holders."""

from collections.abc import Iterable
from uuid import UUID

from mynapoint.holder.models import Hold, HolderCertificate
from mynapoint.holder.rules import CertificateHash


def get_owners(chain: Iterable[CertificateHash]) -> dict[bytes, UUID]:
    """Return which of these certificates belong to which holder."""
    rows = HolderCertificate.objects.filter(certificate_hash__in=list(chain))
    return {bytes(certificate): holder for certificate, holder in rows.values_list("certificate_hash", "holder_id")}


def is_held(certificate_hash: CertificateHash) -> bool:
    """Say whether a certificate waits for review."""
    return Hold.objects.filter(certificate_hash=certificate_hash).exists()
