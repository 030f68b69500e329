"""Where a closing stands, as rows: its attempts, verdicts and what is drawn of it."""

from dataclasses import dataclass
from datetime import datetime

from mynapoint.closing.models import JudgedClosing, ReopenedClosing, SealedClosing
from mynapoint.closing.rules import ClosingName
from mynapoint.journal.queries import get_first_checkpoint_covering
from sealedclaim.draw import draw


@dataclass(frozen=True)
class DrawnFrom:
    """The journal's checkpoint that a closing's rows are drawn from; with the verdict its time is no longer known."""

    size: int
    root: bytes
    signed_at: datetime | None = None


def find_sealed(name: ClosingName) -> SealedClosing | None:
    """Return the newest attempt at a closing."""
    return SealedClosing.objects.filter(**name.key).order_by("-attempt").first()


def find_judged(name: ClosingName, *, attempt: int) -> JudgedClosing | None:
    """Return the verdict on an attempt."""
    return JudgedClosing.objects.filter(**name.key, attempt=attempt).first()


def is_reopened(name: ClosingName, *, attempt: int) -> bool:
    """Say whether the office allowed one more attempt after this one."""
    return ReopenedClosing.objects.filter(**name.key, attempt=attempt).exists()


def find_checkpoint(sealed: SealedClosing) -> DrawnFrom | None:
    """Return the first checkpoint that covers a closing; it never changes once there is one."""
    covering = get_first_checkpoint_covering(sealed.entry_id)
    return DrawnFrom(covering.size, covering.root, signed_at=covering.at) if covering else None


def get_draw(sealed: SealedClosing, checkpoint: DrawnFrom) -> list[int]:
    """Return the rows that a checkpoint draws from a closing."""
    return draw(checkpoint_root=checkpoint.root, root=bytes(sealed.root), count=sealed.count, sample=sealed.audit_rows)
