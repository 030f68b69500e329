"""Links: the platform's token stands for an account, once and for good."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import IntegrityError

from paymentservice.reference.checks import (
    AccountAlreadyLinked,
    AccountClosed,
    UnableToLink,
    hash_of_reference,
)
from paymentservice.reference.database import durable_transaction
from paymentservice.reference.models import AccountCheck, Instrument, Link

REFERENCE_LIFETIME: Final = timedelta(days=30)


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
            Link.objects.create(
                link_token=link_token,
                owner_id=_get_owner_in_use(reference_hash, programme=programme, at=at),
                programme=programme,
                reference_hash=reference_hash,
                linked_at=at,
            )
    except IntegrityError as error:
        # SQLite names the columns of a broken constraint, not the constraint.
        if "reference_link.programme, reference_link.owner_id" in str(error):
            raise AccountAlreadyLinked from None
        raise
    return LinkOutcome(is_new=True)


def _is_linked(link_token: bytes, *, reference_hash: bytes, programme: str) -> bool:
    link = Link.objects.filter(link_token=link_token).first()
    if link is None:
        return False
    if (bytes(link.reference_hash), link.programme) != (reference_hash, programme):
        raise LinkTokenTaken
    return True


def _get_owner_in_use(reference_hash: bytes, *, programme: str, at: datetime) -> UUID:
    check = AccountCheck.objects.filter(
        reference_hash=reference_hash, programme=programme, checked_at__gt=at - REFERENCE_LIFETIME
    ).first()
    if check is None:
        raise ReferenceUnknown
    if not Instrument.objects.filter(owner=check.owner_id, closed_at=None).exists():
        raise AccountClosed
    return check.owner_id
