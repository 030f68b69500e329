"""Who a certificate belongs to, decided from keyed hashes alone."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NewType
from uuid import UUID

from jpki.certificate import CertificateId
from mynapoint.kernel.refusal import Refusal

CertificateHash = NewType("CertificateHash", bytes)


@dataclass(frozen=True)
class KnownHolder:
    """A holder as an act meets them: the pseudonym, and the certificate in hand by its keyed hash."""

    id: UUID
    certificate_hash: CertificateHash


class HeldForReview(Refusal):
    """Nobody can say yet whose certificate this is: it waits for review."""

    code = "held_for_review"


class PredecessorUnknown(HeldForReview):
    """The certificate followed another one, and nobody knows which."""


class TwoHoldersInOneChain(HeldForReview):
    """The certificate's chain touches two holders; they are never merged without a review."""


def hash_certificate(certificate: CertificateId, *, key: bytes) -> CertificateHash:
    """Return the keyed hash (HMAC-SHA256) that stands for a certificate: its serial is guessable, so never in clear."""
    return CertificateHash(hmac.new(key, certificate.encode(), hashlib.sha256).digest())


def hash_holder(holder_id: UUID, *, key: bytes) -> bytes:
    """Return the keyed hash (HMAC-SHA256) under which the journal speaks of a holder."""
    return hmac.new(key, b"holder" + holder_id.bytes, hashlib.sha256).digest()


def get_only_holder(owners: Mapping[bytes, UUID], chain: Sequence[CertificateHash]) -> UUID | None:
    """Return the one holder that a chain of certificates belongs to; None when nobody has been seen with any of it.

    :raises TwoHoldersInOneChain: when it touches more than one.
    """
    holders = {owners[link] for link in chain if link in owners}
    if len(holders) > 1:
        raise TwoHoldersInOneChain
    return holders.pop() if holders else None
