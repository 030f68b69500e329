"""As whom the platform signs, and whose signatures it accepts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import http_sf
from django.conf import settings

from mynapoint.directory.queries import find_key
from mynapoint.directory.rules import Service
from paymentservice.keys import read_public_key
from paymentservice.messages import PublicKeys, Request, SigningKey
from paymentservice.plain_signature import LABEL


@dataclass(frozen=True)
class Signer:
    """The service that a request claims to come from, with the one key that would prove it."""

    service: Service
    keys: PublicKeys


def platform_key() -> SigningKey:
    """Return the key that the platform signs its messages with."""
    return SigningKey(keyid=settings.MESSAGE_KEY_ID, private_key=settings.MESSAGE_SIGNING_KEY)


def find_signer(request: Request, *, at: datetime) -> Signer | None:
    """Return the service whose key a request names, if it counts at an instant.

    Looked up before the signature is verified: the verifying library takes any failure, also the database's, for a
    wrong signature, and a service would be told that its key is bad when only our database is down.
    """
    keyid = read_keyid(request)
    found = find_key(keyid, at=at) if keyid else None
    if found is None:
        return None
    service, key = found
    return Signer(service=service, keys={key.id: read_public_key(key.public_key, keyid=key.id)})


def read_keyid(request: Request) -> str | None:
    """Return the key that a request says it is signed with; None when it says nothing that can be read."""
    inputs = [value for name, value in request.headers.items() if name.lower() == "signature-input"]
    try:
        labels: Any = http_sf.parse(", ".join(inputs).encode("ascii"), tltype="dictionary")
        _, parameters = labels[LABEL]
        keyid = parameters["keyid"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return keyid if isinstance(keyid, str) else None
