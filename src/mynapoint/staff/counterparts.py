"""Posts and terminals as the journal has them."""

from collections.abc import Iterator
from typing import Final

from mynapoint.journal.queries import Counterparts, Row
from mynapoint.staff.models import (
    Affiliation,
    EndedMembership,
    GivenMembership,
    RegisteredTerminal,
    RevokedTerminal,
    TerminalCode,
    TerminalDevice,
)
from mynapoint.staff.queries import as_membership
from mynapoint.staff.rules import (
    facts_of_code,
    facts_of_end,
    facts_of_membership,
    facts_of_revocation,
    facts_of_terminal,
)


def _list_memberships() -> Iterator[Row]:
    cities = dict(Affiliation.objects.values_list("user_id", "city"))
    for row in GivenMembership.objects.order_by("entry_id").iterator():
        given = as_membership(row, cities.get(row.user_id, ""), row.until_at)
        yield Row(str(row.entry_id), facts_of_membership(given, by=row.by_user_id), row.given_at)


def _list_ends() -> Iterator[Row]:
    for row in EndedMembership.objects.order_by("entry_id").iterator():
        facts = facts_of_end(row.user_id, row.number, ends_at=row.ends_at, by=row.by_user_id)
        yield Row(str(row.entry_id), facts, row.ended_at)


def _list_terminals() -> Iterator[Row]:
    for row in RegisteredTerminal.objects.order_by("entry_id").iterator():
        facts = facts_of_terminal(row.id, counter=row.counter, name=row.name, by=row.by_user_id)
        yield Row(str(row.entry_id), facts, row.registered_at)


def _list_codes() -> Iterator[Row]:
    for row in TerminalCode.objects.order_by("entry_id").iterator():
        facts = facts_of_code(row.terminal_id, row.number, by=row.by_user_id)
        yield Row(str(row.entry_id), facts, row.issued_at)


def _list_devices() -> Iterator[Row]:
    for row in TerminalDevice.objects.order_by("entry_id").iterator():
        facts: dict[str, str | int] = {"terminal": str(row.terminal_id), "number": row.number}
        yield Row(str(row.entry_id), facts, row.claimed_at)


def _list_revocations() -> Iterator[Row]:
    for row in RevokedTerminal.objects.order_by("entry_id").iterator():
        yield Row(str(row.entry_id), facts_of_revocation(row.terminal_id, by=row.by_user_id), row.revoked_at)


COUNTERPARTS: Final = (
    Counterparts(table=GivenMembership._meta.db_table, kinds=("membership_given",), list_rows=_list_memberships),
    Counterparts(table=EndedMembership._meta.db_table, kinds=("membership_ended",), list_rows=_list_ends),
    Counterparts(table=RegisteredTerminal._meta.db_table, kinds=("terminal_registered",), list_rows=_list_terminals),
    Counterparts(table=TerminalCode._meta.db_table, kinds=("terminal_code_issued",), list_rows=_list_codes),
    Counterparts(table=TerminalDevice._meta.db_table, kinds=("terminal_claimed",), list_rows=_list_devices),
    Counterparts(table=RevokedTerminal._meta.db_table, kinds=("terminal_revoked",), list_rows=_list_revocations),
)
