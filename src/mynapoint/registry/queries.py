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
from mynapoint.holder.rules import hash_certificate
from mynapoint.registry.models import ImportedList, KnownLineage, RevokedCertificate
from mynapoint.registry.rules import LINEAGE, name_revocations, open_predecessor


@dataclass(frozen=True, kw_only=True)
class ListState:
    """The newest list of one name."""

    name: str
    update: Update
    rows: int


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
        chain = [certificate_id]
        while row := KnownLineage.objects.filter(pk=hash_certificate(chain[-1], key=self.key)).first():
            if row.is_disputed:
                return UnknownLineage()
            if row.sealed_predecessor is None:
                return Renewed(tuple(chain[1:])) if chain[1:] else FirstIssue()
            predecessor = open_predecessor(chain[-1], bytes(row.sealed_predecessor), key=self.key)
            if predecessor in chain:
                return UnknownLineage()
            chain.append(predecessor)
        return UnknownLineage()


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


def _check_fresh(name: str, *, max_age: timedelta, at: datetime) -> None:
    newest = get_newest_list(name)
    if newest is None:
        raise UnusableAnswer(Fault.NO_ANSWER)
    newest.update.check_fresh(max_age=max_age, at=at)
