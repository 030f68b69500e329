"""What only the authority knows of a certificate: whether it was revoked, and which one it follows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol

from cryptography import x509

from jpki.certificate import CertificateId, HolderCertificate


class CertificateRevoked(Exception):
    """The authority revoked the certificate."""

    def __init__(self, *, revoked_at: datetime, reason: x509.ReasonFlags) -> None:
        super().__init__(f"revoked: {reason.value}")
        self.revoked_at = revoked_at
        self.reason = reason


class RegistryUnavailable(Exception):
    """The authority cannot be asked, or what is known of its answers is too old: refuse, and say "try later"."""


class Fault(StrEnum):
    """What is wrong with an answer: a word for an operator's log, which says nothing of the certificate."""

    UNREACHABLE = "unreachable"
    TOO_SLOW = "too slow"
    NO_ANSWER = "no answer"
    UNREADABLE = "unreadable"
    OTHER_CERTIFICATE = "about another certificate"
    REPLAYED = "replayed"
    UNTRUSTED_SIGNER = "untrusted signer"
    BROKEN_SIGNATURE = "broken signature"
    FROM_THE_FUTURE = "from the future"
    STALE = "stale"
    UNKNOWN_CERTIFICATE = "unknown certificate"


class UnusableAnswer(RegistryUnavailable):
    """An answer came, or none, and nothing can be built on it."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class FirstIssue:
    """The certificate follows no other."""


@dataclass(frozen=True, slots=True)
class Renewed:
    """The certificate follows others: newest first, back to the first."""

    predecessors: tuple[CertificateId, ...]


@dataclass(frozen=True, slots=True)
class UnknownLineage:
    """The authority cannot tell whether the certificate follows another: never take its holder for a new person."""


Lineage = FirstIssue | Renewed | UnknownLineage


class Registry(Protocol):
    """A door to the authority; it fails closed."""

    def check_not_revoked(self, certificate: HolderCertificate, *, at: datetime) -> None:
        """This will let pass a certificate that is not revoked at this time.

        :raises CertificateRevoked: when it is.
        :raises RegistryUnavailable: when nobody can tell.
        """

    def get_lineage(self, certificate_id: CertificateId, *, at: datetime) -> Lineage:
        """This will tell which certificates this one follows.

        :raises RegistryUnavailable: when the authority cannot be asked.
        """


@dataclass(frozen=True, kw_only=True, slots=True)
class Revocation:
    """When the authority revoked a certificate, and why."""

    revoked_at: datetime
    reason: x509.ReasonFlags


class MemoryRegistry:
    """A registry that knows what it was told, until what it was told is too old."""

    def __init__(self, *, fresh_until: datetime | None = None) -> None:
        self.fresh_until = fresh_until
        self._revocations: dict[CertificateId, Revocation] = {}
        self._predecessors: dict[CertificateId, CertificateId | None] = {}

    def add(self, certificate_id: CertificateId, *, predecessor: CertificateId | None) -> None:
        """This will note an issued certificate and the one that it follows, if any."""
        self._predecessors[certificate_id] = predecessor

    def revoke(self, certificate_id: CertificateId, revocation: Revocation) -> None:
        """This will note a revocation; the first one of a certificate stands."""
        self._revocations.setdefault(certificate_id, revocation)

    @property
    def revocations(self) -> Mapping[CertificateId, Revocation]:
        """This will be every revocation noted so far."""
        return MappingProxyType(self._revocations)

    @property
    def predecessors(self) -> Mapping[CertificateId, CertificateId | None]:
        """This will be every certificate noted so far, with the one that it follows."""
        return MappingProxyType(self._predecessors)

    def check_not_revoked(self, certificate: HolderCertificate, *, at: datetime) -> None:
        """See `Registry`."""
        self._check_fresh(at)
        revocation = self._revocations.get(CertificateId.of(certificate))
        if revocation is not None and revocation.revoked_at <= at:
            raise CertificateRevoked(revoked_at=revocation.revoked_at, reason=revocation.reason)

    def get_lineage(self, certificate_id: CertificateId, *, at: datetime) -> Lineage:
        """See `Registry`; a chain with a gap or a loop is an unknown lineage."""
        self._check_fresh(at)
        chain = [certificate_id]
        while chain[-1] in self._predecessors:
            predecessor = self._predecessors[chain[-1]]
            if predecessor is None:
                return Renewed(tuple(chain[1:])) if chain[1:] else FirstIssue()
            if predecessor in chain:
                return UnknownLineage()
            chain.append(predecessor)
        return UnknownLineage()

    def _check_fresh(self, at: datetime) -> None:
        if self.fresh_until is not None and at >= self.fresh_until:
            raise RegistryUnavailable
