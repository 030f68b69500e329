"""Nonces of signed requests: each counts once."""

from datetime import datetime

from django.db import IntegrityError

from mynapoint.kernel.integrity import constraint_name
from mynapoint.service_api.models import SeenNonce
from paymentservice.messages import NONCE_LIFETIME, Replayed, Verified


def remember(*, verified: Verified, at: datetime) -> None:
    """Take note of a message's nonce; of two requests at once, the database lets one pass.

    :raises Replayed: when this key has used this nonce before.
    """
    try:
        SeenNonce.objects.create(nonce=verified.nonce, key_id=verified.keyid, seen_at=at)
    except IntegrityError as error:
        if constraint_name(error) != "nonce_used_once":
            raise
        raise Replayed from None


def forget_old(*, at: datetime) -> int:
    """Forget the nonces of requests that are too old to be taken again; return how many."""
    forgotten, _ = SeenNonce.objects.filter(seen_at__lt=at - NONCE_LIFETIME).delete()
    return forgotten
