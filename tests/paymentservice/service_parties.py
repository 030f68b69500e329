"""The two sides of the signed exchange, with keys made once for all tests."""

from datetime import UTC, datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from paymentservice.messages import PublicKeys, Request, Response, SigningKey

NOON: Final = datetime(2020, 9, 1, 3, 0, 0, tzinfo=UTC)
PLATFORM: Final = SigningKey(keyid="platform-1", private_key=Ed25519PrivateKey.from_private_bytes(b"P" * 32))
SERVICE: Final = SigningKey(keyid="hanamaru-1", private_key=Ed25519PrivateKey.from_private_bytes(b"S" * 32))
STRANGER: Final = SigningKey(keyid="stranger-1", private_key=Ed25519PrivateKey.from_private_bytes(b"X" * 32))


def public_keys(*keys: SigningKey) -> PublicKeys:
    """What a side is given of these keys."""
    return {key.keyid: key.private_key.public_key() for key in keys}


def a_request(body: bytes = b'{"programme":"mynapoint-2020"}') -> Request:
    headers = {"Content-Type": "application/json"} if body else {}
    return Request(method="POST", url="http://127.0.0.1:9101/mynapoint/v1/links", headers=headers, body=body)


def an_answer(body: bytes = b'{"state":"linked"}') -> Response:
    headers = {"Content-Type": "application/json"} if body else {}
    return Response(status=201, headers=headers, body=body)
