"""What can be asked about certificates, of the lists that were taken in."""

from collections.abc import Collection, Sequence
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
from mynapoint.kernel.rows import HeldRow, copy_rows
from mynapoint.kernel.sql import ask
from mynapoint.registry.models import ImportedList, KnownLineage, RevokedCertificate
from mynapoint.registry.rules import LINEAGE, name_revocations, open_predecessor

_REVOKED = """
    SELECT newest.this_update, newest.next_update, revoked.revoked_at, revoked.reason FROM (
        SELECT this_update, next_update FROM registry_importedlist WHERE name = %s ORDER BY this_update DESC LIMIT 1
    ) AS newest LEFT JOIN registry_revokedcertificate AS revoked ON revoked.certificate_hash = %s
"""
_NEWEST_LIST = """
    SELECT name, this_update, next_update, rows FROM registry_importedlist
    WHERE name = %s ORDER BY this_update DESC LIMIT 1
"""
# UNION, not UNION ALL: a loop brings no new row, and so ends.
_PAST = """
    WITH RECURSIVE past AS (
        SELECT certificate_hash, predecessor_hash, sealed_predecessor, is_disputed
        FROM registry_knownlineage WHERE certificate_hash = %s
        UNION
        SELECT known.certificate_hash, known.predecessor_hash, known.sealed_predecessor, known.is_disputed
        FROM past JOIN registry_knownlineage AS known ON known.certificate_hash = past.predecessor_hash
    ) SELECT * FROM past
"""


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
        name = name_revocations(certificate_id.issuer_key_id)
        rows = ask(_REVOKED, [name, hash_certificate(certificate_id, key=self.key)])
        if not rows:
            raise UnusableAnswer(Fault.NO_ANSWER)
        this_update, next_update, revoked_at, reason = rows[0]
        Update(this_update=this_update, next_update=next_update).check_fresh(max_age=self.crl_max_age, at=at)
        if revoked_at is not None:
            raise CertificateRevoked(revoked_at=revoked_at, reason=x509.ReasonFlags(reason))

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


def list_rows(certificates: Collection[CertificateHash]) -> list[HeldRow]:
    """Return what the lists say of these certificates."""
    kinds = (RevokedCertificate, KnownLineage)
    return copy_rows(*(kind._default_manager.filter(certificate_hash__in=certificates) for kind in kinds))


def get_newest_list(name: str) -> ListState | None:
    """Return the newest list of a name."""
    rows = ask(_NEWEST_LIST, [name])
    return _describe(*rows[0]) if rows else None


def get_newest_lists() -> Sequence[ListState]:
    """Return the newest list of every name."""
    rows = ImportedList.objects.order_by("name", "-this_update").distinct("name")
    return [_describe(row.name, row.this_update, row.next_update, row.rows) for row in rows]


def _describe(name: str, this_update: datetime, next_update: datetime, rows: int) -> ListState:
    return ListState(name=name, update=Update(this_update=this_update, next_update=next_update), rows=rows)


def _follow(certificate_hash: CertificateHash) -> list[_Step] | None:
    """Return the steps from a certificate to a first one; None at a gap, a loop or a dispute."""
    steps: list[_Step] = []
    known = {row[0]: row[1:] for row in ask(_PAST, [certificate_hash])}
    link = certificate_hash
    while link in known:
        predecessor_hash, sealed_predecessor, is_disputed = known.pop(link)
        if is_disputed:
            return None
        if predecessor_hash is None or sealed_predecessor is None:
            return steps
        steps.append(_Step(predecessor_hash, sealed_predecessor))
        link = predecessor_hash
    return None


def _check_fresh(name: str, *, max_age: timedelta, at: datetime) -> None:
    newest = get_newest_list(name)
    if newest is None:
        raise UnusableAnswer(Fault.NO_ANSWER)
    newest.update.check_fresh(max_age=max_age, at=at)
