"""What a registry answers, and when it refuses to."""

from datetime import datetime, timedelta

import pytest
from card_world import AT, SECOND
from cryptography import x509

from jpki.certificate import CertificateId
from jpki.path import TrustAnchors, check_certificate
from jpki.registry import (
    CertificateRevoked,
    FirstIssue,
    MemoryRegistry,
    RegistryUnavailable,
    Renewed,
    Revocation,
    UnknownLineage,
)
from jpki.virtual.contents import CardContents

FIRST, SECOND_ONE, THIRD = (CertificateId(b"issuer", serial) for serial in (1, 2, 3))
SUPERSEDED = x509.ReasonFlags.superseded


class TestGetLineage:
    def test_knows_a_first_issue(self) -> None:
        registry = MemoryRegistry()
        registry.add(FIRST, predecessor=None)
        assert registry.get_lineage(FIRST, at=AT) == FirstIssue()

    def test_goes_back_to_the_first_newest_first(self) -> None:
        registry = MemoryRegistry()
        registry.add(FIRST, predecessor=None)
        registry.add(SECOND_ONE, predecessor=FIRST)
        registry.add(THIRD, predecessor=SECOND_ONE)
        assert registry.get_lineage(THIRD, at=AT) == Renewed((SECOND_ONE, FIRST))

    def test_is_unknown_for_a_certificate_never_heard_of(self) -> None:
        assert MemoryRegistry().get_lineage(FIRST, at=AT) == UnknownLineage()

    def test_is_unknown_when_the_chain_has_a_gap(self) -> None:
        registry = MemoryRegistry()
        registry.add(THIRD, predecessor=SECOND_ONE)
        assert registry.get_lineage(THIRD, at=AT) == UnknownLineage()

    def test_is_unknown_when_the_chain_bites_its_tail(self) -> None:
        registry = MemoryRegistry()
        registry.add(FIRST, predecessor=SECOND_ONE)
        registry.add(SECOND_ONE, predecessor=FIRST)
        assert registry.get_lineage(FIRST, at=AT) == UnknownLineage()

    def test_is_unavailable_from_the_moment_it_is_too_old(self) -> None:
        registry = MemoryRegistry(fresh_until=AT)
        registry.get_lineage(FIRST, at=AT - SECOND)
        with pytest.raises(RegistryUnavailable):
            registry.get_lineage(FIRST, at=AT)


class TestCheckNotRevoked:
    @pytest.mark.parametrize(
        ("at", "is_revoked"),
        [(AT - timedelta(microseconds=1), False), (AT, True), (AT + SECOND, True)],
        ids=["before", "at", "after"],
    )
    def test_refuses_from_the_instant_of_the_revocation(
        self, hanako: CardContents, anchors: TrustAnchors, at: datetime, is_revoked: bool
    ) -> None:
        certificate = check_certificate(hanako.credentials.authentication.certificate, anchors=anchors, at=AT)
        registry = MemoryRegistry()
        registry.revoke(CertificateId.of(certificate), Revocation(revoked_at=AT, reason=SUPERSEDED))
        if not is_revoked:
            registry.check_not_revoked(certificate, at=at)
            return
        with pytest.raises(CertificateRevoked) as refused:
            registry.check_not_revoked(certificate, at=at)
        assert (refused.value.revoked_at, refused.value.reason) == (AT, SUPERSEDED)

    def test_is_unavailable_from_the_moment_it_is_too_old(self, hanako: CardContents, anchors: TrustAnchors) -> None:
        certificate = check_certificate(hanako.credentials.authentication.certificate, anchors=anchors, at=AT)
        with pytest.raises(RegistryUnavailable):
            MemoryRegistry(fresh_until=AT).check_not_revoked(certificate, at=AT)

    def test_keeps_the_first_revocation(self) -> None:
        registry = MemoryRegistry()
        for reason in (SUPERSEDED, x509.ReasonFlags.key_compromise):
            registry.revoke(FIRST, Revocation(revoked_at=AT, reason=reason))
        assert registry.revocations[FIRST].reason is SUPERSEDED
