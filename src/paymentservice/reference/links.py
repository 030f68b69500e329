"""Links: the platform's token stands for an account, once and for good."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import IntegrityError

from paymentservice.reference.checks import (
    AccountAlreadyLinked,
    AccountClosed,
    UnableToLink,
    hash_of_reference,
)
from paymentservice.reference.database import ask, durable_transaction, tell, time_text
from paymentservice.wire import REFERENCE_DAYS

REFERENCE_LIFETIME: Final = timedelta(days=REFERENCE_DAYS)

_LINKED: Final = "SELECT reference_hash, programme FROM reference_link WHERE link_token = %s"
_CHECKED: Final = """
    SELECT owner_id, EXISTS (
        SELECT 1 FROM reference_instrument AS instrument
        WHERE instrument.owner_id = "check".owner_id AND instrument.closed_at IS NULL
    ) FROM reference_accountcheck AS "check" WHERE reference_hash = %s AND programme = %s AND checked_at > %s
"""
_LINK: Final = """
    INSERT INTO reference_link (link_token, owner_id, programme, reference_hash, linked_at) VALUES (%s, %s, %s, %s, %s)
"""


class ReferenceUnknown(UnableToLink):
    """The reference comes from no check of this programme, or from one too long ago."""


class LinkTokenTaken(UnableToLink):
    """The token already stands for another check's account."""


@dataclass(frozen=True, kw_only=True)
class LinkOutcome:
    """A link that stands; ``is_new`` when this request made it."""

    is_new: bool


def link_account(link_token: bytes, *, reference: bytes, programme: str, at: datetime) -> LinkOutcome:
    """Link the account behind a reference under a token; the same again changes nothing.

    Committed before it is answered: whoever hears no answer asks again with the same token.

    :raises UnableToLink: its subclass says why.
    """
    reference_hash = hash_of_reference(reference)
    try:
        with durable_transaction():
            if _is_linked(link_token, reference_hash=reference_hash, programme=programme):
                return LinkOutcome(is_new=False)
            owner_id = _get_owner_in_use(reference_hash, programme=programme, at=at)
            tell(_LINK, [link_token, owner_id, programme, reference_hash, time_text(at)])
    except IntegrityError as error:
        # SQLite names the columns of a broken constraint, not the constraint.
        if "reference_link.programme, reference_link.owner_id" in str(error):
            raise AccountAlreadyLinked from None
        raise
    return LinkOutcome(is_new=True)


def _is_linked(link_token: bytes, *, reference_hash: bytes, programme: str) -> bool:
    links = ask(_LINKED, [link_token])
    if links and links != [(reference_hash, programme)]:
        raise LinkTokenTaken
    return bool(links)


def _get_owner_in_use(reference_hash: bytes, *, programme: str, at: datetime) -> str:
    """Return the key of the account that a check confirmed."""
    checks = ask(_CHECKED, [reference_hash, programme, time_text(at - REFERENCE_LIFETIME)])
    if not checks:
        raise ReferenceUnknown
    owner_id, is_in_use = checks[0]
    if not is_in_use:
        raise AccountClosed
    return str(owner_id)
