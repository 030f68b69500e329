"""What can be done about a locked card: ask for a reset, check who somebody is, unblock, give up."""

from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max

from mynapoint.journal.operations import record
from mynapoint.kernel.integrity import constraint_name
from mynapoint.kernel.period import JST
from mynapoint.kernel.slip_code import SlipCode, derive_code
from mynapoint.pinreset.models import EndedReset, IdentityCheck, OpenedReset
from mynapoint.pinreset.queries import find_ordered, get_reset
from mynapoint.pinreset.rules import (
    Check,
    CheckedTwice,
    Document,
    Outcome,
    Reset,
    ResetOver,
    SameMember,
    check_may_check,
    check_may_unblock,
    hash_order,
)

ROUNDS: Final = 12


def open_reset(counter: str, reset_id: UUID, *, user_id: int, at: datetime) -> Reset:
    """Begin a reset at a counter; the same id again gives the same reset."""
    for _ in range(ROUNDS):
        if OpenedReset.objects.filter(counter=counter, id=reset_id).exists():
            break
        try:
            with transaction.atomic():
                _open(counter, reset_id, user_id=user_id, at=at)
        except IntegrityError as error:
            if constraint_name(error) not in {"one_reset_per_number", "one_reset_per_name"}:
                raise
    return get_reset(counter, reset_id)


@transaction.atomic
def check_identity(counter: str, reset_id: UUID, document: Document, *, user_id: int, at: datetime) -> Reset:
    """Note that a member of staff has seen who somebody is, by a kind of document; the second note is the order.

    :raises ResetUnknown, ResetOver, CheckedTwice, SameMember: when it does not count.
    """
    reset = get_reset(counter, reset_id)
    check_may_check(reset, user_id=user_id, at=at)
    facts: dict[str, str | int] = {"counter": counter, "reset": str(reset_id), "document": document, "user": user_id}
    try:
        with transaction.atomic():
            IdentityCheck.objects.create(
                counter=counter,
                reset_id=reset_id,
                slot=len(reset.checks),
                user_id=user_id,
                document=document,
                entry_id=record(kind="identity_checked", facts=facts, at=at),
                checked_at=at,
            )
    except IntegrityError as error:
        match constraint_name(error):
            case "each_member_checks_once":
                raise SameMember from None
            case "one_check_per_slot":
                raise CheckedTwice from None
            case _:
                raise
    return reset.with_facts([Check(user_id, document, at)])


def get_order(counter: str, reset_id: UUID, *, at: datetime) -> SlipCode:
    """Return the code of the order, which whoever sits at the authority's terminal types.

    :raises ResetUnknown, ResetOver, NotChecked: when there is no order.
    """
    check_may_unblock(get_reset(counter, reset_id), at=at)
    return _derive(counter, reset_id)


def unblock(code: SlipCode, do: Callable[[], None], *, at: datetime) -> Reset:
    """Have the authority's terminal unblock one card by an order, which is used up by it.

    The use is written down first and taken back should the terminal fail: two terminals cannot use one order.

    :raises ResetUnknown, ResetOver, NotChecked: when there is no order.
    """
    with transaction.atomic():
        reset = find_ordered(code)
        check_may_unblock(reset, at=at)
        _end(reset, "done", user_id=None, at=at)
        do()
    return reset


@transaction.atomic
def end_reset(counter: str, reset_id: UUID, outcome: Outcome, *, user_id: int, at: datetime) -> None:
    """Note how a reset ended, as a member of staff says: done at the municipality's own terminal, failed, given up.

    :raises ResetUnknown, ResetOver, NotChecked: when it is over, or was not allowed yet.
    """
    reset = get_reset(counter, reset_id)
    if outcome == "done":
        check_may_unblock(reset, at=at)
    elif reset.is_over(at=at):
        raise ResetOver(over_at=reset.ended.at if reset.ended else reset.lasts_until)
    _end(reset, outcome, user_id=user_id, at=at)


def _open(counter: str, reset_id: UUID, *, user_id: int, at: datetime) -> None:
    day = at.astimezone(JST).date()
    last = OpenedReset.objects.filter(counter=counter, day=day).aggregate(last=Max("number"))["last"]
    order = hash_order(_derive(counter, reset_id), key=settings.HOLDER_KEY)
    OpenedReset.objects.create(
        counter=counter,
        id=reset_id,
        day=day,
        number=(last or 0) + 1,
        order_hash=order,
        user_id=user_id,
        opened_at=at,
    )


def _end(reset: Reset, outcome: Outcome, *, user_id: int | None, at: datetime) -> None:
    facts: dict[str, str | int] = {"counter": reset.counter, "reset": str(reset.id), "outcome": outcome}
    if user_id is not None:
        facts["user"] = user_id
    try:
        with transaction.atomic():
            EndedReset.objects.create(
                counter=reset.counter,
                reset_id=reset.id,
                outcome=outcome,
                user_id=user_id,
                entry_id=record(kind="pin_reset_ended", facts=facts, at=at),
                ended_at=at,
            )
    except IntegrityError as error:
        if constraint_name(error) != "one_end_per_reset":
            raise
        raise ResetOver(over_at=at) from None


def _derive(counter: str, reset_id: UUID) -> SlipCode:
    return derive_code(counter, str(reset_id), purpose="mynapoint pin reset", key=settings.HOLDER_KEY)
