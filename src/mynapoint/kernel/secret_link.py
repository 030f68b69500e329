"""Unguessable names: an id that is stored, and a secret of which only the hash is."""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from paymentservice.encoding import from_base64url, to_base64url

SECRET_BYTES = 16


@dataclass(frozen=True)
class SecretLink:
    """The last part of an address that opens something to whoever has it."""

    id: UUID
    secret: bytes

    @property
    def token(self) -> str:
        """The address's last part: 43 characters of base64url."""
        return to_base64url(self.id.bytes + self.secret)

    @classmethod
    def read(cls, token: str) -> Self:
        """Read an address's last part.

        :raises NotBase64Url: when it cannot be one.
        """
        raw = from_base64url(token, length=16 + SECRET_BYTES)
        return cls(id=UUID(bytes=raw[:16]), secret=raw[16:])

    def hash_secret(self) -> bytes:
        """Return what is stored of the secret."""
        return hashlib.sha256(self.secret).digest()

    def opens(self, secret_hash: bytes) -> bool:
        """Say, in constant time, whether this is the link that was stored with this hash."""
        return hmac.compare_digest(self.hash_secret(), secret_hash)

    def derive(self, purpose: bytes) -> bytes:
        """Return a secret that only who has this link can know (HMAC-SHA256, cut to 16 bytes)."""
        return hmac.digest(self.secret, purpose, "sha256")[:SECRET_BYTES]


def mask(secret: bytes, pad: bytes) -> bytes:
    """Return a secret that says nothing without its pad, which is used for no other; masked again it is the secret."""
    return bytes(left ^ right for left, right in zip(secret, pad, strict=True))
