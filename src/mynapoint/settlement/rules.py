"""What a closing makes due, and who may approve it; pure."""

from dataclasses import dataclass
from typing import Literal

from mynapoint.kernel.money import Points, Yen
from mynapoint.kernel.refusal import Refusal

APPROVALS = 2

ClaimStanding = Literal["nothing_due", "awaiting_approval", "payable", "in_transfer_file"]


@dataclass(frozen=True)
class ClaimName:
    """What a claim is called: whose, in which programme, and which of theirs."""

    service_id: str
    programme_id: str
    number: int

    @property
    def key(self) -> dict[str, str | int]:
        """The name as the columns of every table of this room."""
        return {"service": self.service_id, "programme": self.programme_id, "number": self.number}


@dataclass(frozen=True)
class Due:
    """What is paid for a closing, and what is carried to the next one because too much was paid before."""

    amount: Yen
    carried: Yen


class UnableToSettle(Refusal):
    """Why a claim is not approved or paid."""


class ClaimUnknown(UnableToSettle):
    """There is no such claim."""

    code = "claim_unknown"


class NothingDue(UnableToSettle):
    """The claim is over nothing, so there is nothing to approve."""

    code = "nothing_due"


class SecondPersonNeeded(UnableToSettle):
    """The same person approved this claim before; the other approval is somebody else's."""

    code = "second_person_needed"


class ClaimAlreadyApproved(UnableToSettle):
    """Two people have approved the claim."""

    code = "claim_already_approved"


class NothingPayable(UnableToSettle):
    """No claim of the programme waits to be paid."""

    code = "nothing_payable"


class TransferUnknown(UnableToSettle):
    """There is no such transfer."""

    code = "transfer_unknown"


def yen_for(points: Points) -> Yen:
    """Return what points cost: one yen each."""
    return Yen(int(points))


def compute_due(total: Points, *, claimed_before: Yen) -> Due:
    """Return what a cumulative total makes due beyond everything that was claimed before.

    Claimed before, paid now and carried are together the total, always: `claimed_before + amount + carried == total`.
    """
    difference = yen_for(total) - claimed_before
    return Due(amount=Yen(max(difference, 0)), carried=Yen(min(difference, 0)))


def get_standing(*, amount: Yen, approvals: int, transferred: bool) -> ClaimStanding:
    """Return where a claim stands."""
    if amount == 0:
        return "nothing_due"
    if transferred:
        return "in_transfer_file"
    return "payable" if approvals >= APPROVALS else "awaiting_approval"
