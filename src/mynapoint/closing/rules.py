"""What can be sealed, when, and what an audit finds; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from mynapoint.kernel.refusal import Refusal
from mynapoint.programme.rules import Audit
from sealedclaim.opening import Commitment, Opening, OpeningRefused, check_openings
from sealedclaim.tree import EMPTY_ROOT

ReopenReason = Literal["service_corrects", "transmission_fault", "platform_fault"]


@dataclass(frozen=True)
class ClosingName:
    """What a closing is called: whose, in which programme, of which period."""

    service_id: str
    programme_id: str
    period_id: str

    @property
    def key(self) -> dict[str, str]:
        """The name as the columns of every table of this room."""
        return {"service": self.service_id, "programme": self.programme_id, "period": self.period_id}


@dataclass(frozen=True)
class RollSummary:
    """A roll without its rows: how many, and the digest over them all."""

    count: int
    digest: bytes


@dataclass(frozen=True)
class SealedTotal:
    """Everything that a service tells of a closing."""

    roll_digest: bytes
    count: int
    total: int
    root: bytes


@dataclass(frozen=True)
class Verdict:
    """What an audit found: accepted, or the reason and the row; the row is told once and kept nowhere."""

    accepted: bool
    reason: str | None = None
    index: int | None = None


class UnableToClose(Refusal):
    """Why a closing does not go on."""


@dataclass(eq=False)
class PeriodNotEnded(UnableToClose):
    """The period has not ended yet, so its roll is not complete."""

    code = "period_not_ended"
    ends_at: datetime


class RollMismatch(UnableToClose):
    """The closing was sealed over another roll than the period's."""

    code = "roll_mismatch"


@dataclass(eq=False)
class TotalImpossible(UnableToClose):
    """The total is more than all rows together can have."""

    code = "total_impossible"
    limit: int


class RootImpossible(UnableToClose):
    """The root cannot be the root of this roll."""

    code = "root_impossible"


class ClosingAlreadySealed(UnableToClose):
    """Other totals were sealed for this period."""

    code = "closing_already_sealed"


@dataclass(eq=False)
class LaterPeriodAccepted(UnableToClose):
    """A later period was accepted, and its cumulative points contain this one's."""

    code = "later_period_accepted"
    period: str


class ClosingUnknown(UnableToClose):
    """Nothing was sealed for this period yet."""

    code = "closing_unknown"


class ClosingNotDrawn(UnableToClose):
    """No checkpoint covers the closing yet, so no rows are drawn."""

    code = "closing_not_drawn"


class ClosingNotRejected(UnableToClose):
    """Only a rejected closing is reopened."""

    code = "closing_not_rejected"


class ClosingAlreadyReopened(UnableToClose):
    """The closing was reopened and waits to be sealed again."""

    code = "closing_already_reopened"


class ReasonUnknown(UnableToClose):
    """A closing is reopened for one of the listed reasons."""

    code = "reason_unknown"


def check_ended(ends_at: datetime, *, at: datetime) -> None:
    """Check that a period has ended: its last instant is not part of it.

    :raises PeriodNotEnded: with the instant from which it has.
    """
    if at < ends_at:
        raise PeriodNotEnded(ends_at=ends_at)


def get_open_by(drawn_at: datetime, audit: Audit) -> datetime:
    """Return the instant from which rows that were drawn at an instant and are not opened are overdue."""
    return drawn_at + timedelta(days=audit.open_within_days)


def check_sealed(sealed: SealedTotal, *, roll: RollSummary, cap: int) -> None:
    """Check that a sealed total can be that of a roll: (1) its rows, (2) its total, (3) its root.

    :raises RollMismatch, TotalImpossible, RootImpossible: the first of these that fails.
    """
    # (1) Its rows.
    if (sealed.count, sealed.roll_digest) != (roll.count, roll.digest):
        raise RollMismatch
    # (2) Its total.
    if not 0 <= sealed.total <= roll.count * cap:
        raise TotalImpossible(limit=roll.count * cap)
    # (3) Its root.
    if len(sealed.root) != len(EMPTY_ROOT) or (roll.count == 0 and sealed.root != EMPTY_ROOT):
        raise RootImpossible


def check_reason(reason: str) -> None:
    """Check that a reason for reopening is one of the listed ones, so that no free text about anybody is kept.

    :raises ReasonUnknown: when it is not.
    """
    if reason not in get_args(ReopenReason):
        raise ReasonUnknown


def judge(openings: Sequence[Opening], *, commitment: Commitment, drawn: Mapping[int, bytes], cap: int) -> Verdict:
    """Return what the audit of a closing finds: exactly the drawn rows opened, each in its place, capped and sealed."""
    try:
        check_openings(openings, commitment=commitment, drawn=drawn, cap=cap)
    except OpeningRefused as refused:
        return Verdict(accepted=False, reason=refused.reason, index=refused.index)
    return Verdict(accepted=True)
