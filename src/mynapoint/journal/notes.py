"""Checkpoints as signed notes: c2sp.org/tlog-checkpoint in c2sp.org/signed-note, one Ed25519 signature (type 0x01)."""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_ED25519: Final = b"\x01"
_NAME: Final = re.compile(r"[^\s+]+")
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_SIGNATURE: Final = re.compile(r"— (?P<name>[^\s+]+) (?P<octets>[A-Za-z0-9+/]+={0,2})")


class NoteRefused(ValueError):
    """Will say that a note is not one that this key signed, or is no checkpoint."""


class OriginUnusable(ValueError):
    """Will say that a log cannot be named like this: an origin has no spaces and no plus sign."""


@dataclass(frozen=True, slots=True)
class CheckpointText:
    """What a checkpoint states: whose log it is, how many entries it has, and the root over them."""

    origin: str
    size: int
    root: bytes

    def __str__(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def key_id(name: str, public_key: Ed25519PublicKey) -> bytes:
    """Return the four bytes that, with its name, tell one key from another."""
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public_key.public_bytes_raw()).digest()[:4]


def verifier_key(name: str, public_key: Ed25519PublicKey) -> str:
    """Return the line under which a verifier knows this key: name, key id, type and key."""
    encoded = base64.b64encode(_ED25519 + public_key.public_bytes_raw()).decode()
    return f"{name}+{key_id(name, public_key).hex()}+{encoded}"


def read_verifier_key(line: str) -> tuple[str, Ed25519PublicKey]:
    """Return the name and the key in a verifier's line.

    :raises NoteRefused: it is no such line, or its key id is another key's.
    """
    name, _, rest = line.partition("+")
    encoded = _read_base64(rest.partition("+")[2])
    if encoded[:1] != _ED25519 or len(encoded) != 33 or not _NAME.fullmatch(name):
        raise NoteRefused
    key = Ed25519PublicKey.from_public_bytes(encoded[1:])
    if verifier_key(name, key) != line:
        raise NoteRefused
    return name, key


def sign_note(text: str, *, name: str, key: Ed25519PrivateKey) -> str:
    """Return a text, which ends in a newline, with its signature line.

    :raises OriginUnusable: the name cannot stand in a signature line.
    """
    if not _NAME.fullmatch(name):
        raise OriginUnusable
    octets = key_id(name, key.public_key()) + key.sign(text.encode())
    return f"{text}\n— {name} {base64.b64encode(octets).decode()}\n"


def open_note(note: str, *, name: str, key: Ed25519PublicKey) -> str:
    """Return the text of a note that this key signed; signatures of other keys are passed over.

    :raises NoteRefused: it is no note, this key's signature is missing, or it is wrong.
    """
    text, separator, signatures = note.rpartition("\n\n")
    lines = signatures.split("\n")
    if not separator or lines.pop() != "" or re.search(r"[\x00-\x09\x0b-\x1f]", note):
        raise NoteRefused
    wanted, found = (name, key_id(name, key)), False
    for line in lines:
        signer, signature = _read_signature(line)
        if (signer, signature[:4]) == wanted:
            _check_signature(signature[4:], text=text + "\n", key=key)
            found = True
    if not found:
        raise NoteRefused
    return text + "\n"


def sign_checkpoint(checkpoint: CheckpointText, *, key: Ed25519PrivateKey) -> str:
    """Return the signed note of a checkpoint, under its origin's name."""
    return sign_note(str(checkpoint), name=checkpoint.origin, key=key)


def open_checkpoint(note: str, *, origin: str, key: Ed25519PublicKey) -> CheckpointText:
    """Return the checkpoint in a note that this log's key signed.

    :raises NoteRefused: it is no note of this log, or no checkpoint.
    """
    lines = open_note(note, name=origin, key=key).split("\n")
    if len(lines) != 4 or lines[0] != origin or not _SIZE.fullmatch(lines[1]):
        raise NoteRefused
    checkpoint = CheckpointText(origin=origin, size=int(lines[1]), root=_read_base64(lines[2]))
    if len(checkpoint.root) != hashlib.sha256().digest_size:
        raise NoteRefused
    return checkpoint


def _read_signature(line: str) -> tuple[str, bytes]:
    parts = _SIGNATURE.fullmatch(line)
    if parts is None:
        raise NoteRefused
    return parts["name"], _read_base64(parts["octets"])


def _read_base64(text: str) -> bytes:
    try:
        octets = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NoteRefused from None
    if base64.b64encode(octets).decode() != text:
        raise NoteRefused
    return octets


def _check_signature(signature: bytes, *, text: str, key: Ed25519PublicKey) -> None:
    try:
        key.verify(signature, text.encode())
    except InvalidSignature:
        raise NoteRefused from None
