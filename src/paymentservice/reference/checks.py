"""Account checks: does this id exist, do its codes match, may it still be linked in this programme?"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from django.db import transaction
from uuid_utils.compat import uuid7

from paymentservice.config import Accounts
from paymentservice.config_fields import normalise
from paymentservice.reference.accounts import hash_of_codes
from paymentservice.reference.database import ask, read_time, tell, time_text
from paymentservice.reference.models import WrongTry

MAX_WRONG_TRIES: Final = 5
WRONG_TRY_LIFETIME: Final = timedelta(minutes=15)

_FIRST_OF_TOO_MANY: Final = """
    SELECT tried_at FROM reference_wrongtry WHERE account_hash = %s AND tried_at > %s
    ORDER BY tried_at DESC LIMIT 1 OFFSET %s
"""
_INSTRUMENT: Final = """
    SELECT owner_id, codes_hash, closed_at IS NOT NULL, EXISTS (
        SELECT 1 FROM reference_link AS link WHERE link.programme = %s AND link.owner_id = instrument.owner_id
            AND link.standing <> 'stopped'
    ) FROM reference_instrument AS instrument WHERE account_id = %s
"""
_NOTE_CHECK: Final = """
    INSERT INTO reference_accountcheck (reference_hash, owner_id, programme, checked_at) VALUES (%s, %s, %s, %s)
"""


class UnableToLink(Exception):
    """An account check or a link that was refused."""


class ProgrammeUnknown(UnableToLink):
    """The service does not take part in this programme."""


class AccountNotConfirmed(UnableToLink):
    """No such id, or the codes are not its codes: the caller is not told which."""


class AccountClosed(UnableToLink):
    """The instrument or its account is no longer in use."""


class AccountAlreadyLinked(UnableToLink):
    """The account has its link in this programme."""


class TooManyAttempts(UnableToLink):
    """Too many wrong tries on this id. ``retry_after`` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after


@dataclass(frozen=True, kw_only=True)
class Confirmation:
    """A confirmed account: the reference for this one check, and how the citizen will recognise the account."""

    reference: bytes
    hint: str


class _Instrument(NamedTuple):
    """What a check must know of an instrument: its account, and whether that may be linked in the programme."""

    owner_id: str
    codes_hash: bytes
    is_closed: bool
    is_linked: bool


def check_account(
    account_id: str, codes: list[str], *, programme: str, form: Accounts, code_key: bytes, at: datetime
) -> Confirmation:
    """Confirm an account, or count a wrong try.

    :raises UnableToLink: its subclass says why.
    """
    account_id, codes = normalise(account_id), [normalise(code) for code in codes]
    account_hash = hmac.digest(code_key, b"wrong try " + account_id.encode(), hashlib.sha256)
    with transaction.atomic():
        check_tries_left(account_hash, at=at)
        instrument = _find_confirmed(account_id, codes, programme=programme, code_key=code_key)
        if instrument is None:
            # Also for ids that do not exist: they must not be told apart by never locking.
            WrongTry.objects.create(id=uuid7(), account_hash=account_hash, tried_at=at)
            WrongTry.objects.filter(tried_at__lte=at - WRONG_TRY_LIFETIME).delete()
        else:
            reference = _confirm(instrument, programme=programme, at=at)
    if instrument is None:
        raise AccountNotConfirmed
    return Confirmation(reference=reference, hint=hint_for(account_id, form=form))


def check_tries_left(account_hash: bytes, *, at: datetime) -> None:
    """Check that fewer than five wrong tries were made on an id in the last fifteen minutes.

    :raises TooManyAttempts:
    """
    since = time_text(at - WRONG_TRY_LIFETIME)
    for (tried_at,) in ask(_FIRST_OF_TOO_MANY, [account_hash, since, MAX_WRONG_TRIES - 1]):
        wait = read_time(tried_at) + WRONG_TRY_LIFETIME - at
        raise TooManyAttempts(max(1, -(-wait // timedelta(seconds=1))))


def hint_for(account_id: str, *, form: Accounts) -> str:
    """Mask all but the last four digits of an account id."""
    masked = form.format_id("＊" * (len(account_id) - 4) + account_id[-4:])
    return f"{form.id_label.split('（')[0]} {masked}"


def _find_confirmed(account_id: str, codes: list[str], *, programme: str, code_key: bytes) -> _Instrument | None:
    instrument = next((_Instrument(*row) for row in ask(_INSTRUMENT, [programme, account_id])), None)
    given = hash_of_codes(account_id, codes, code_key=code_key)
    expected = bytes(32) if instrument is None else instrument.codes_hash
    return instrument if hmac.compare_digest(given, expected) else None


def _confirm(instrument: _Instrument, *, programme: str, at: datetime) -> bytes:
    if instrument.is_closed:
        raise AccountClosed
    if instrument.is_linked:
        raise AccountAlreadyLinked
    reference = secrets.token_bytes(32)
    tell(_NOTE_CHECK, [hash_of_reference(reference), instrument.owner_id, programme, time_text(at)])
    return reference


def hash_of_reference(reference: bytes) -> bytes:
    """Return the hash under which a reference is stored: a copy of the database links nobody."""
    return hashlib.sha256(reference).digest()
