"""Nonces seen: the database decides which of two equal ones came first."""

from datetime import datetime

from django.db import IntegrityError, transaction

from paymentservice.messages import NONCE_LIFETIME, Replayed, Verified
from paymentservice.reference.models import SeenNonce


class DatabaseNonces:
    """A nonce store that every process of the service shares."""

    def remember(self, *, verified: Verified, at: datetime) -> None:
        """Take note of a nonce and forget those too old to be accepted anyway.

        :raises Replayed: when this key has used this nonce before.
        """
        try:
            with transaction.atomic():
                SeenNonce.objects.create(keyid=verified.keyid, nonce=verified.nonce, seen_at=at)
                # Nonces are random: one request in 64 tidies up for all.
                if verified.nonce.startswith("A"):
                    SeenNonce.objects.filter(seen_at__lt=at - NONCE_LIFETIME).delete()
        except IntegrityError:
            raise Replayed from None
