"""What an import decides, and how a predecessor's name is kept; pure."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from jpki.certificate import CertificateId
from jpki.freshness import CLOCKS_APART, Update
from jpki.lineage_list import BadRow

LINEAGE: Final = "lineage"
_NONCE_LENGTH: Final = 12


@dataclass(frozen=True, kw_only=True)
class Imported:
    """What an import did: how many rows the list has, and which of them were left out."""

    name: str
    count: int
    is_new: bool
    bad_rows: tuple[BadRow, ...] = ()


class UnableToImport(Exception):
    """A list is not taken in; what was taken in before stands."""


class ListIsOlder(UnableToImport):
    """A newer list of this name was taken in before."""

    def __init__(self, *, newest: datetime) -> None:
        super().__init__(newest.isoformat())
        self.newest = newest


class ListIsFromTheFuture(UnableToImport):
    """The list says that it was made later than now."""


class ListIsCutOff(UnableToImport):
    """The list has fewer rows than it says, or more."""


def name_revocations(issuer_key_id: bytes) -> str:
    """Return the name of one generation's revocation lists."""
    return f"crl:{issuer_key_id.hex()}"


def check_newer(update: Update, *, newest: datetime | None, at: datetime) -> None:
    """Let pass a list that is newer than all before.

    :raises UnableToImport: when it is not, or cannot be.
    """
    if update.this_update - at > CLOCKS_APART:
        raise ListIsFromTheFuture
    if newest is not None and update.this_update < newest:
        raise ListIsOlder(newest=newest)


def seal_predecessor(certificate: CertificateId, predecessor: CertificateId, *, key: bytes) -> bytes:
    """Encrypt the name of a certificate's predecessor, for whoever has both the platform's key and the certificate."""
    nonce = secrets.token_bytes(_NONCE_LENGTH)
    return nonce + _cipher(certificate, key=key).encrypt(nonce, predecessor.encode(), None)


def open_predecessor(certificate: CertificateId, sealed: bytes, *, key: bytes) -> CertificateId:
    """Decrypt the name of a certificate's predecessor.

    :raises InvalidTag: when it was changed since, or the key is another.
    """
    nonce, ciphertext = sealed[:_NONCE_LENGTH], sealed[_NONCE_LENGTH:]
    return CertificateId.decode(_cipher(certificate, key=key).decrypt(nonce, ciphertext, None))


def _cipher(certificate: CertificateId, *, key: bytes) -> AESGCM:
    return AESGCM(hmac.new(key, b"predecessor of" + certificate.encode(), hashlib.sha256).digest())
