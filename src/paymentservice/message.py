"""HTTP messages as they are signed and verified: what goes in, what comes out, and what can be wrong with them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

MAX_AHEAD: Final = timedelta(seconds=10)
MAX_AGE: Final = timedelta(seconds=60)
NONCE_LIFETIME: Final = timedelta(minutes=2)


class UnableToVerify(Exception):
    """A message whose sender, integrity or freshness could not be established."""


class SignatureMissing(UnableToVerify):
    """The message carries no signature under our label."""


class SignatureInvalid(UnableToVerify):
    """The signature does not hold over the message, or covers too little of it."""


class DigestMismatch(UnableToVerify):
    """The body is not the one whose digest was signed."""


class Replayed(UnableToVerify):
    """The nonce was seen before. Raised by a :class:`NonceStore`."""


class UnknownKey(UnableToVerify):
    """The signature names a key that we were not given."""

    def __init__(self, keyid: str) -> None:
        super().__init__(keyid)
        self.keyid = keyid


class ClockTooFar(UnableToVerify):
    """The message was signed too long ago, or ahead of our clock.

    ``seconds`` is its age, rounded away from zero: negative when it comes from the future.
    """

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


@dataclass(frozen=True, kw_only=True)
class SigningKey:
    """A private key and the name under which the other side knows its public half."""

    keyid: str
    private_key: Ed25519PrivateKey = field(repr=False)


PublicKeys = Mapping[str, Ed25519PublicKey]


@dataclass(frozen=True, kw_only=True)
class Request:
    """An HTTP request: method in upper case, absolute URL as sent, header fields, body."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, kw_only=True)
class Response:
    """An HTTP response."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, kw_only=True)
class Verified:
    """Who signed a message, when, and with which nonce: exists only after verification."""

    keyid: str
    nonce: str
    created_at: datetime


class NonceStore(Protocol):
    """Remembers nonces for :data:`NONCE_LIFETIME`."""

    def remember(self, *, verified: Verified, at: datetime) -> None:
        """Take note of the message's nonce.

        :raises Replayed: when this key has used this nonce before.
        """


def check_fresh(*, created: int, at: datetime) -> None:
    """Check that a signature made at ``created`` (Unix seconds) may still be taken at ``at``.

    :raises ClockTooFar: more than 10 s ahead or more than 60 s old.
    """
    age = at.timestamp() - created
    if not -MAX_AHEAD.total_seconds() <= age <= MAX_AGE.total_seconds():
        raise ClockTooFar(math.floor(age) if age < 0 else math.ceil(age))
