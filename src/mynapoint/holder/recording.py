"""How certificates become a holder's and holds are closed: certificates first, so that nobody waits in a ring."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction

from mynapoint.holder.models import Hold, Holder, HolderCertificate, HoldOutcome, TouchedHolder
from mynapoint.holder.rules import CertificateHash, HoldName, HoldReason, Outcome, RefusedAct
from mynapoint.journal.operations import record
from mynapoint.kernel.integrity import constraint_name

LOST_RACES: Final = {
    "one_holder_per_certificate",
    "one_hold_per_number",
    "one_outcome_per_hold",
    "one_step_per_slot",
    "one_step_per_person",
}
"""The rules by which one of two is first; the other looks again."""


@dataclass(frozen=True)
class Recording:
    """What is new about a holder: certificates that were never seen, and holds that this resolves."""

    holder_id: UUID
    is_new: bool
    certificates: Sequence[CertificateHash]
    resolved: Sequence[HoldName]

    @property
    def is_empty(self) -> bool:
        """Say whether all of it was known before."""
        return not (self.certificates or self.resolved)


def record_chain(recording: Recording, *, at: datetime) -> bool:
    """Record what is new about a holder; return False when another act or a review was first with part of it."""
    if recording.is_empty:
        return True
    try:
        with transaction.atomic():
            record_certificates(recording.certificates, holder_id=recording.holder_id, is_new=recording.is_new, at=at)
            for name in recording.resolved:
                close_hold(name, "identified", holder_id=recording.holder_id, at=at)
    except IntegrityError as error:
        if constraint_name(error) not in LOST_RACES:
            raise
        return False
    return True


def record_certificates(
    certificates: Sequence[CertificateHash], *, holder_id: UUID, is_new: bool, at: datetime
) -> None:
    """Record certificates as a holder's, in one order for all, so that two acts meet at the first that they share."""
    if is_new:
        Holder.objects.create(id=holder_id, first_seen_at=at)
    rows = [HolderCertificate(certificate_hash=link, holder_id=holder_id, recorded_at=at) for link in certificates]
    HolderCertificate.objects.bulk_create(rows)


def close_hold(name: HoldName, outcome: Outcome, *, holder_id: UUID | None, at: datetime) -> None:
    """Close a hold, with its journal entry."""
    entry_id = record(kind="hold_closed", facts=name.facts | {"outcome": outcome}, at=at)
    HoldOutcome.objects.create(**name.key, outcome=outcome, holder_id=holder_id, entry_id=entry_id, closed_at=at)


def open_hold(
    name: HoldName, reason: HoldReason, touched: Iterable[UUID], *, act: RefusedAct, entry_id: UUID, at: datetime
) -> None:
    """Insert a hold under the number of its journal entry."""
    Hold.objects.create(
        **name.key,
        reason=reason,
        act_id=act.id,
        kind=act.kind,
        programme=act.programme_id,
        entry_id=entry_id,
        held_at=at,
    )
    TouchedHolder.objects.bulk_create([TouchedHolder(**name.key, holder_id=holder) for holder in touched])
