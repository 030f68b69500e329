"""What can be asked about certificates, of the lists that were taken in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509

from jpki.certificate import CertificateId, HolderCertificate
from jpki.freshness import Update
from jpki.registry import (
    CertificateRevoked,
    Fault,
    FirstIssue,
    Lineage,
    Renewed,
    UnknownLineage,
    UnusableAnswer,
)
from mynapoint.holder.rules import CertificateHash, hash_certificate
from mynapoint.registry.models import ImportedList, KnownLineage, RevokedCertificate
from mynapoint.registry.rules import LINEAGE, name_revocations, open_predecessor


@dataclass(frozen=True, kw_only=True)
class ListState:
    """The newest list of one name."""

    name: str
    update: Update
    rows: int


@dataclass(frozen=True)
class _Step:
    """From a certificate to the one before it: its keyed hash, and its name for whoever has the certificate."""

    predecessor_hash: CertificateHash
    sealed_predecessor: bytes


@dataclass(frozen=True, kw_only=True)
class ImportedRegistry:
    """A registry that knows the authority's lists, until they are too old; see `jpki.registry.Registry`."""

    key: bytes
    crl_max_age: timedelta
    lineage_max_age: timedelta

    def check_not_revoked(self, certificate: HolderCertificate, *, at: datetime) -> None:
        """See `Registry`."""
        certificate_id = CertificateId.of(certificate)
        _check_fresh(name_revocations(certificate_id.issuer_key_id), max_age=self.crl_max_age, at=at)
        row = RevokedCertificate.objects.filter(pk=hash_certificate(certificate_id, key=self.key)).first()
        if row is not None:
            raise CertificateRevoked(revoked_at=row.revoked_at, reason=x509.ReasonFlags(row.reason))

    def get_lineage(self, certificate_id: CertificateId, *, at: datetime) -> Lineage:
        """See `Registry`; a chain with a gap, a loop or a dispute is an unknown lineage."""
        _check_fresh(LINEAGE, max_age=self.lineage_max_age, at=at)
        past = _follow(hash_certificate(certificate_id, key=self.key))
        if past is None:
            return UnknownLineage()
        chain = [certificate_id]
        for step in past:
            chain.append(open_predecessor(chain[-1], step.sealed_predecessor, key=self.key))
        return Renewed(tuple(chain[1:])) if past else FirstIssue()


def find_past(certificate_hash: CertificateHash) -> list[CertificateHash] | None:
    """Return the keyed hashes of all that a certificate followed, newest first; None when nobody knows."""
    past = _follow(certificate_hash)
    return None if past is None else [step.predecessor_hash for step in past]


def get_newest_list(name: str) -> ListState | None:
    """Return the newest list of a name."""
    row = ImportedList.objects.filter(name=name).order_by("-this_update").first()
    return _describe(row) if row else None


def get_newest_lists() -> Sequence[ListState]:
    """Return the newest list of every name."""
    rows = ImportedList.objects.order_by("name", "-this_update").distinct("name")
    return [_describe(row) for row in rows]


def _describe(row: ImportedList) -> ListState:
    update = Update(this_update=row.this_update, next_update=row.next_update)
    return ListState(name=row.name, update=update, rows=row.rows)


def _follow(certificate_hash: CertificateHash) -> list[_Step] | None:
    """Return the steps from a certificate to a first one; None at a gap, a loop or a dispute."""
    steps: list[_Step] = []
    chain = [certificate_hash]
    while chain[-1] not in chain[:-1]:
        row = KnownLineage.objects.filter(pk=chain[-1]).first()
        if row is None or row.is_disputed:
            return None
        if row.predecessor_hash is None or row.sealed_predecessor is None:
            return steps
        steps.append(_Step(CertificateHash(bytes(row.predecessor_hash)), bytes(row.sealed_predecessor)))
        chain.append(steps[-1].predecessor_hash)
    return None


def _check_fresh(name: str, *, max_age: timedelta, at: datetime) -> None:
    newest = get_newest_list(name)
    if newest is None:
        raise UnusableAnswer(Fault.NO_ANSWER)
    newest.update.check_fresh(max_age=max_age, at=at)
