"""Terminals: registered by name, made by a code that is typed once, replaced by a newer one, revoked for good."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from uuid_utils import compat

from mynapoint.journal.operations import record
from mynapoint.kernel.integrity import constraint_name
from mynapoint.place.queries import find_place
from mynapoint.staff.models import (
    RegisteredTerminal,
    RevokedTerminal,
    StandingTerminal,
    TerminalCode,
    TerminalDevice,
)
from mynapoint.staff.rules import (
    CODE_LIFETIME,
    CodeUnusable,
    CounterNotOfCity,
    Device,
    RegistrationCode,
    TerminalNameTaken,
    TerminalUnknown,
    check_terminal_name,
    facts_of_code,
    facts_of_revocation,
    facts_of_terminal,
)


@transaction.atomic
def register_terminal(
    counter: str, name: str, *, city: str, by: int | None, at: datetime
) -> tuple[UUID, RegistrationCode]:
    """Register one of a counter's seats; return its id, and the code with which a browser becomes it within the hour.

    :raises CounterNotOfCity: when the city has no such counter.
    :raises TerminalNameUnusable, TerminalNameTaken: when it cannot be called so.
    """
    shown = check_terminal_name(name)
    place = find_place(counter, at=at)
    if place is None or place.kind != "counter" or place.city_code != city:
        raise CounterNotOfCity
    terminal_id = compat.uuid7()
    facts = facts_of_terminal(terminal_id, counter=counter, name=shown, by=by)
    entry_id = record(kind="terminal_registered", facts=facts, at=at)
    try:
        with transaction.atomic():
            StandingTerminal.objects.create(counter=counter, name=shown, terminal_id=terminal_id)
    except IntegrityError as error:
        if constraint_name(error) != "one_terminal_per_name":
            raise
        raise TerminalNameTaken from None
    RegisteredTerminal.objects.create(
        id=terminal_id, counter=counter, name=shown, by_user_id=by, entry_id=entry_id, registered_at=at
    )
    return terminal_id, _issue_code(terminal_id, 1, by=by, at=at)


@transaction.atomic
def replace_terminal(terminal_id: UUID, *, by: int | None, at: datetime) -> RegistrationCode:
    """Give a terminal a new code; whatever browser was the terminal is so no longer, from now on.

    :raises TerminalUnknown: when there is no such terminal, or no longer.
    """
    _lock(terminal_id)
    number = TerminalCode.objects.filter(terminal_id=terminal_id).count() + 1
    return _issue_code(terminal_id, number, by=by, at=at)


@transaction.atomic
def revoke_terminal(terminal_id: UUID, *, by: int | None, at: datetime) -> None:
    """End a terminal at once and for good; its name can be given to another one.

    :raises TerminalUnknown: when there is no such terminal, or no longer.
    """
    standing = _lock(terminal_id)
    entry_id = record(kind="terminal_revoked", facts=facts_of_revocation(terminal_id, by=by), at=at)
    RevokedTerminal.objects.create(terminal_id=terminal_id, by_user_id=by, entry_id=entry_id, revoked_at=at)
    standing.delete()


@transaction.atomic
def claim_terminal(code: RegistrationCode, *, at: datetime) -> Device:
    """Make a browser the terminal that a code stands for; return what it keeps, of which nothing but a hash stays here.

    :raises CodeUnusable: when the code is none, too old, used, or replaced by a newer one.
    """
    issued = TerminalCode.objects.filter(code_hash=code.hash(), expires_at__gt=at).first()
    if issued is None:
        raise CodeUnusable
    try:
        _lock(issued.terminal_id)
    except TerminalUnknown:
        raise CodeUnusable from None
    later = TerminalCode.objects.filter(terminal_id=issued.terminal_id, number__gt=issued.number)
    used = TerminalDevice.objects.filter(terminal_id=issued.terminal_id, number=issued.number)
    if later.exists() or used.exists():
        raise CodeUnusable
    device = Device.draw(issued.terminal_id)
    facts: dict[str, str | int] = {"terminal": str(issued.terminal_id), "number": issued.number}
    entry_id = record(kind="terminal_claimed", facts=facts, at=at)
    TerminalDevice.objects.create(
        terminal_id=issued.terminal_id,
        number=issued.number,
        secret_hash=device.hash_secret(),
        entry_id=entry_id,
        claimed_at=at,
    )
    return device


def _issue_code(terminal_id: UUID, number: int, *, by: int | None, at: datetime) -> RegistrationCode:
    code = RegistrationCode.draw()
    entry_id = record(kind="terminal_code_issued", facts=facts_of_code(terminal_id, number, by=by), at=at)
    TerminalCode.objects.create(
        terminal_id=terminal_id,
        number=number,
        code_hash=code.hash(),
        expires_at=at + CODE_LIFETIME,
        by_user_id=by,
        entry_id=entry_id,
        issued_at=at,
    )
    return code


def _lock(terminal_id: UUID) -> StandingTerminal:
    """Have everything about one terminal happen one after the other.

    :raises TerminalUnknown: when there is no such terminal, or no longer.
    """
    standing = StandingTerminal.objects.select_for_update().filter(terminal_id=terminal_id).first()
    if standing is None:
        raise TerminalUnknown
    return standing
