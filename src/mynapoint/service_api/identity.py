"""As whom the platform signs, and whose signatures it accepts."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings

from mynapoint.directory.queries import find_key
from mynapoint.directory.rules import Service, ServiceKey
from paymentservice.keys import read_public_key
from paymentservice.messages import SigningKey


def platform_key() -> SigningKey:
    """Return the key that the platform signs its messages with."""
    return SigningKey(keyid=settings.MESSAGE_KEY_ID, private_key=settings.MESSAGE_SIGNING_KEY)


class RegisteredKeys(Mapping[str, Ed25519PublicKey]):
    """The services' keys that count at an instant, each looked up when a message names it."""

    def __init__(self, *, at: datetime) -> None:
        self._at = at
        self._found: dict[str, tuple[Service, ServiceKey]] = {}

    def __getitem__(self, keyid: str) -> Ed25519PublicKey:
        if keyid not in self._found:
            found = find_key(keyid, at=self._at)
            if found is None:
                raise KeyError(keyid)
            self._found[keyid] = found
        return read_public_key(self._found[keyid][1].public_key, keyid=keyid)

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def owner(self, keyid: str) -> Service:
        """Return the service whose key this is, after it was looked up."""
        return self._found[keyid][0]
