"""What can be asked about resets."""

from datetime import date, datetime
from uuid import UUID

from django.conf import settings

from mynapoint.kernel.slip_code import SlipCode
from mynapoint.pinreset.models import EndedReset, IdentityCheck, OpenedReset
from mynapoint.pinreset.rules import DOCUMENTS, Check, Ended, Outcome, Reset, ResetUnknown, hash_order

_OUTCOMES: tuple[Outcome, ...] = ("done", "failed", "given_up")


def get_reset(counter: str, reset_id: UUID) -> Reset:
    """Return a reset.

    :raises ResetUnknown: when there is none.
    """
    row = OpenedReset.objects.filter(counter=counter, id=reset_id).first()
    if row is None:
        raise ResetUnknown
    return _read(row)


def find_ordered(code: SlipCode) -> Reset:
    """Return the reset of an order's code.

    :raises ResetUnknown: when there is none.
    """
    row = OpenedReset.objects.filter(order_hash=hash_order(code, key=settings.HOLDER_KEY)).first()
    if row is None:
        raise ResetUnknown
    return _read(row)


def list_resets(counter: str, day: date, *, at: datetime) -> list[Reset]:
    """Return a counter's resets of a day that are not over, by their numbers."""
    rows = OpenedReset.objects.filter(counter=counter, day=day).order_by("number")
    return [reset for reset in map(_read, rows) if not reset.is_over(at=at)]


def _read(row: OpenedReset) -> Reset:
    checks = IdentityCheck.objects.filter(counter=row.counter, reset_id=row.id).order_by("slot")
    ends = EndedReset.objects.filter(counter=row.counter, reset_id=row.id)
    reset = Reset(counter=row.counter, id=row.id, number=row.number, opened_at=row.opened_at)
    return reset.with_facts(
        [
            *(Check(one.user_id, next(kind for kind in DOCUMENTS if kind == one.document), one.checked_at)
              for one in checks),
            *(Ended(next(word for word in _OUTCOMES if word == end.outcome), end.ended_at) for end in ends),
        ]
    )  # fmt: skip
