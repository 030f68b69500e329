"""Ed25519 keys of platform and services: PEM (PKCS #8) in private files, raw bytes in base64url for the public half."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from paymentservice.encoding import NotBase64Url, from_base64url, to_base64url
from paymentservice.messages import PublicKeys

SECRET_LENGTH = 32


class KeyUnreadable(Exception):
    """A key that is not what it should be. ``where`` names its file or its key id, never its content."""

    def __init__(self, where: str) -> None:
        super().__init__(where)
        self.where = where


def write_private_key(path: Path, key: Ed25519PrivateKey) -> None:
    """Write a new private file with the key. An existing file is never overwritten."""
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    write_private_file(path, pem)


def read_private_key(path: Path) -> Ed25519PrivateKey:
    """Read a private key file.

    :raises KeyUnreadable: the file is missing or holds something else.
    """
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm):
        raise KeyUnreadable(path.name) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyUnreadable(path.name)
    return key


def write_secret(path: Path) -> None:
    """Write a new private file with 32 random bytes."""
    write_private_file(path, secrets.token_bytes(SECRET_LENGTH))


def read_secret(path: Path) -> bytes:
    """Read a file written by :func:`write_secret`.

    :raises KeyUnreadable: the file is missing or of another length.
    """
    try:
        secret = path.read_bytes()
    except OSError:
        raise KeyUnreadable(path.name) from None
    if len(secret) != SECRET_LENGTH:
        raise KeyUnreadable(path.name)
    return secret


def write_private_file(path: Path, content: bytes) -> None:
    """Write a new file that only its owner may read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def public_key_text(key: Ed25519PublicKey) -> str:
    """Write a public key as 43 characters."""
    return to_base64url(key.public_bytes_raw())


def read_public_keys(texts: Mapping[str, str]) -> PublicKeys:
    """Read public keys by key id.

    :raises KeyUnreadable: naming the key id.
    """
    return {keyid: read_public_key(text, keyid=keyid) for keyid, text in texts.items()}


def read_public_key(text: str, *, keyid: str) -> Ed25519PublicKey:
    """Read one public key.

    :raises KeyUnreadable: naming the key id.
    """
    try:
        return Ed25519PublicKey.from_public_bytes(from_base64url(text, length=32))
    except (NotBase64Url, ValueError):
        raise KeyUnreadable(keyid) from None
