"""Accounts and their instruments: opening, reissuing, closing, and the codes that only their hash remembers."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from uuid_utils.compat import uuid7

from paymentservice.config import Accounts
from paymentservice.encoding import to_base64url
from paymentservice.reference.database import durable_transaction
from paymentservice.reference.models import Account, Instrument


class AccountUnknown(Exception):
    """No instrument has this id."""


class InstrumentClosed(Exception):
    """The instrument was closed, or replaced by a newer one."""


@dataclass(frozen=True, kw_only=True)
class IssuedInstrument:
    """A new instrument with its codes: the only time that they are seen."""

    account_id: str
    codes: list[str] = field(repr=False)
    wallet_key: str = field(repr=False)


def open_account(*, form: Accounts, code_key: bytes, at: datetime) -> IssuedInstrument:
    """Open an account with its first instrument."""
    with durable_transaction():
        owner = Account.objects.create(id=uuid7(), wallet_key=to_base64url(secrets.token_bytes(32)), opened_at=at)
        return _issue(owner, form=form, code_key=code_key, at=at)


def reissue_instrument(account_id: str, *, form: Accounts, code_key: bytes, at: datetime) -> IssuedInstrument:
    """Replace an instrument by a new one of the same account: links, money and points stay where they are.

    :raises AccountUnknown, InstrumentClosed:
    """
    with durable_transaction():
        instrument = close_instrument(account_id, at=at)
        return _issue(instrument.owner, form=form, code_key=code_key, at=at)


def close_instrument(account_id: str, *, at: datetime) -> Instrument:
    """Close an instrument for good.

    :raises AccountUnknown, InstrumentClosed:
    """
    with transaction.atomic():
        instrument = get_instrument(account_id)
        if not Instrument.objects.filter(account_id=account_id, closed_at=None).update(closed_at=at):
            raise InstrumentClosed
        return instrument


def renew_codes(account_id: str, *, form: Accounts, code_key: bytes) -> IssuedInstrument:
    """Draw new codes for an instrument in use; the old ones no longer hold.

    :raises AccountUnknown, InstrumentClosed:
    """
    codes = _draw_codes(form)
    codes_hash = hash_of_codes(account_id, codes, code_key=code_key)
    with durable_transaction():
        owner = get_open_account(account_id)
        Instrument.objects.filter(account_id=account_id).update(codes_hash=codes_hash)
    return IssuedInstrument(account_id=account_id, codes=codes, wallet_key=owner.wallet_key)


def get_open_instrument(owner: Account) -> Instrument | None:
    """Return the instrument that an account uses now, if any."""
    return Instrument.objects.filter(owner=owner, closed_at=None).first()


def find_account(wallet_key: str) -> Account | None:
    """Return the account whose sample wallet page this key opens."""
    return Account.objects.filter(wallet_key=wallet_key).first()


def get_instrument(account_id: str) -> Instrument:
    """Return the instrument of this (normalised) id.

    :raises AccountUnknown:
    """
    instrument = Instrument.objects.select_related("owner").filter(account_id=account_id).first()
    if instrument is None:
        raise AccountUnknown
    return instrument


def get_open_account(account_id: str) -> Account:
    """Return the account behind an instrument in use.

    :raises AccountUnknown, InstrumentClosed:
    """
    instrument = get_instrument(account_id)
    if instrument.closed_at is not None:
        raise InstrumentClosed
    return instrument.owner


def hash_of_codes(account_id: str, codes: list[str], *, code_key: bytes) -> bytes:
    """Return the keyed hash that stands for an instrument's codes.

    A few digits can be guessed from any plain hash; without the key, which is not in the database, from none of these.
    """
    parts = [account_id, *codes]
    message = b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)
    return hmac.digest(code_key, message, hashlib.sha256)


def _issue(owner: Account, *, form: Accounts, code_key: bytes, at: datetime) -> IssuedInstrument:
    account_id = form.id_prefix + _draw("0123456789", form.id_length - len(form.id_prefix))
    codes = _draw_codes(form)
    Instrument.objects.create(
        account_id=account_id,
        owner=owner,
        codes_hash=hash_of_codes(account_id, codes, code_key=code_key),
        opened_at=at,
    )
    return IssuedInstrument(account_id=account_id, codes=codes, wallet_key=owner.wallet_key)


def _draw_codes(form: Accounts) -> list[str]:
    return [_draw(code.alphabet, code.length) for code in form.codes]


def _draw(alphabet: str, length: int) -> str:
    # Rejection sampling, so that every letter is equally likely.
    limit = 256 - 256 % len(alphabet)
    letters: list[str] = []
    while len(letters) < length:
        letters += [alphabet[byte % len(alphabet)] for byte in secrets.token_bytes(length) if byte < limit]
    return "".join(letters[:length])
