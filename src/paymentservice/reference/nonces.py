"""Nonces seen: the database decides which of two equal ones came first."""

from datetime import datetime
from typing import Final

from paymentservice.messages import NONCE_LIFETIME, Replayed, Verified
from paymentservice.reference.database import tell, time_text

_REMEMBER: Final = """
    INSERT INTO reference_seennonce (keyid, nonce, seen_at) VALUES (%s, %s, %s) ON CONFLICT (keyid, nonce) DO NOTHING
"""
_FORGET: Final = "DELETE FROM reference_seennonce WHERE seen_at < %s"


class DatabaseNonces:
    """A nonce store that every process of the service shares."""

    def remember(self, *, verified: Verified, at: datetime) -> None:
        """Take note of a nonce and forget those too old to be accepted anyway.

        :raises Replayed: when this key has used this nonce before.
        """
        if not tell(_REMEMBER, [verified.keyid, verified.nonce, time_text(at)]):
            raise Replayed
        # Nonces are random: one request in 64 tidies up for all.
        if verified.nonce.startswith("A"):
            tell(_FORGET, [time_text(at - NONCE_LIFETIME)])
