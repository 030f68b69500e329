"""When a locked card may be unblocked: identity checked by two different members of staff; pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal, get_args
from uuid import UUID

from mynapoint.kernel.refusal import Refusal
from mynapoint.kernel.slip_code import SlipCode, SlipCodeUnreadable, hash_code, read_code

ORDER_LIFE: Final = timedelta(minutes=30)
"""So long after the second check a card may be unblocked."""
CHECK_LIFE: Final = timedelta(minutes=30)
"""So long after the first check the second one may follow."""
CHECKS: Final = 2

Document = Literal["driving_licence", "passport", "residence_card", "disability_certificate", "two_without_photo"]
"""What kind of document was shown; nothing that stands on it."""
DOCUMENTS: Final[tuple[Document, ...]] = get_args(Document)
Outcome = Literal["done", "failed", "given_up"]


@dataclass(frozen=True, slots=True)
class Check:
    """A member of staff has looked at a document and at the one who showed it."""

    user_id: int
    document: Document
    at: datetime


@dataclass(frozen=True, slots=True)
class Ended:
    """The reset is over."""

    outcome: Outcome
    at: datetime


@dataclass(frozen=True, slots=True)
class Reset:
    """A reset as its facts have it."""

    counter: str
    id: UUID
    number: int
    opened_at: datetime
    checks: tuple[Check, ...] = ()
    ended: Ended | None = None

    def with_facts(self, facts: Iterable[Check | Ended]) -> "Reset":
        """Return the reset with more facts."""
        reset = self
        for fact in facts:
            reset = (
                replace(reset, checks=(*reset.checks, fact))
                if isinstance(fact, Check)
                else replace(reset, ended=reset.ended or fact)
            )
        return reset

    @property
    def lasts_until(self) -> datetime:
        """The first instant at which nothing can follow any more."""
        if len(self.checks) == CHECKS:
            return self.checks[-1].at + ORDER_LIFE
        return (self.checks[-1].at if self.checks else self.opened_at) + CHECK_LIFE

    def is_over(self, *, at: datetime) -> bool:
        """Say whether nothing can follow."""
        return self.ended is not None or at >= self.lasts_until

    def is_ordered(self, *, at: datetime) -> bool:
        """Say whether the card may be unblocked now."""
        return len(self.checks) == CHECKS and not self.is_over(at=at)


class UnableToReset(Refusal):
    """Why a card is not unblocked."""


class ResetUnknown(UnableToReset):
    """There is no such reset."""

    code = "reset_unknown"


@dataclass(eq=False)
class ResetOver(UnableToReset):
    """The reset is done, given up, or took too long."""

    code = "reset_over"
    over_at: datetime


class SameMember(UnableToReset):
    """The same member of staff has checked already: somebody else has to."""

    code = "same_member"


class CheckedTwice(UnableToReset):
    """Two members of staff have checked already."""

    code = "checked_twice"


class NotChecked(UnableToReset):
    """Two members of staff have not checked yet."""

    code = "not_checked"


def check_may_check(reset: Reset, *, user_id: int, at: datetime) -> None:
    """Check that a member of staff may say who somebody is.

    :raises ResetOver, CheckedTwice, SameMember: when they may not.
    """
    if reset.is_over(at=at):
        raise ResetOver(over_at=reset.ended.at if reset.ended else reset.lasts_until)
    if len(reset.checks) == CHECKS:
        raise CheckedTwice
    if any(check.user_id == user_id for check in reset.checks):
        raise SameMember


def check_may_unblock(reset: Reset, *, at: datetime) -> None:
    """Check that the card may be unblocked.

    :raises ResetOver, NotChecked: when it may not.
    """
    if reset.is_over(at=at):
        raise ResetOver(over_at=reset.ended.at if reset.ended else reset.lasts_until)
    if not reset.is_ordered(at=at):
        raise NotChecked


def hash_order(code: SlipCode, *, key: bytes) -> bytes:
    """Return the keyed hash of an order's code."""
    return hash_code(code, purpose="mynapoint pin reset", key=key)


def read_order(typed: str) -> SlipCode:
    """Return an order's code.

    :raises ResetUnknown: when it cannot be one.
    """
    try:
        return read_code(typed)
    except SlipCodeUnreadable:
        raise ResetUnknown from None
