"""What can be done about holders."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from uuid_utils.compat import uuid7

from jpki.certificate import CertificateId
from jpki.registry import FirstIssue, Lineage, Renewed
from mynapoint.holder.models import Hold, Holder, HolderCertificate
from mynapoint.holder.queries import get_owners
from mynapoint.holder.rules import CertificateHash, KnownHolder, PredecessorUnknown, get_only_holder, hash_certificate
from mynapoint.kernel.integrity import constraint_name

ROUNDS = 5


def identify(certificate: CertificateId, *, lineage: Lineage, key: bytes, at: datetime) -> KnownHolder:
    """Find the holder of a certificate, or make one, inside the caller's transaction.

    The whole chain of predecessors is looked up and recorded, so that any of its certificates leads to one person. When
    another act records part of the same chain at the same time, the primary key lets one of them through and the other
    looks again.

    :raises PredecessorUnknown: when the predecessor is unknown and the certificate was never seen.
    :raises TwoHoldersInOneChain: when the chain touches two holders.
    """
    this = hash_certificate(certificate, key=key)
    chain = [this, *(hash_certificate(earlier, key=key) for earlier in _predecessors(lineage))]
    for _ in range(ROUNDS):
        owners = get_owners(chain)
        holder_id = get_only_holder(owners, chain)
        if holder_id is None and not isinstance(lineage, FirstIssue | Renewed):
            raise PredecessorUnknown
        missing = sorted(link for link in chain if link not in owners)
        holder_id = holder_id or uuid7()
        if not missing or _record(missing, holder_id=holder_id, is_new=not owners, at=at):
            return KnownHolder(id=holder_id, certificate_hash=this)
    raise RuntimeError("a certificate chain kept changing while it was read")


def hold(certificate: CertificateId, *, key: bytes, at: datetime) -> bool:
    """Put a certificate on the list for review; return False when it is there already."""
    try:
        with transaction.atomic():
            Hold.objects.create(certificate_hash=hash_certificate(certificate, key=key), held_at=at)
    except IntegrityError as error:
        if constraint_name(error) != "one_hold_per_certificate":
            raise
        return False
    return True


def _predecessors(lineage: Lineage) -> Sequence[CertificateId]:
    return lineage.predecessors if isinstance(lineage, Renewed) else ()


def _record(links: Sequence[CertificateHash], *, holder_id: UUID, is_new: bool, at: datetime) -> bool:
    """Record certificates as a holder's; return False when another act was first with one of them."""
    try:
        with transaction.atomic():
            if is_new:
                Holder.objects.create(id=holder_id, first_seen_at=at)
            rows = [HolderCertificate(certificate_hash=link, holder_id=holder_id, recorded_at=at) for link in links]
            HolderCertificate.objects.bulk_create(rows)
    except IntegrityError as error:
        if constraint_name(error) != "one_holder_per_certificate":
            raise
        return False
    return True
