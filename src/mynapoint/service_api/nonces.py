"""Nonces of signed requests: each counts once."""

from datetime import datetime

from mynapoint.kernel.sql import insert_unless
from mynapoint.service_api.models import SeenNonce
from paymentservice.messages import NONCE_LIFETIME, Replayed, Verified


def remember(*, verified: Verified, at: datetime) -> None:
    """Take note of a message's nonce; of two requests at once, the database lets one pass.

    :raises Replayed: when this key has used this nonce before.
    """
    seen = SeenNonce(nonce=verified.nonce, key_id=verified.keyid, seen_at=at)
    if not insert_unless("nonce_used_once", seen):
        raise Replayed


def forget_old(*, at: datetime) -> int:
    """Forget the nonces of requests that are too old to be taken again; return how many."""
    forgotten, _ = SeenNonce.objects.filter(seen_at__lt=at - NONCE_LIFETIME).delete()
    return forgotten
