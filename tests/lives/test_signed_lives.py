"""A few lives through whole signed acts: real certificates, PINs and signatures, and one MyKey ID for each person."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from cryptography import x509

from cast import AT, BORN, DAY, ISSUED_AT, PERFORMERS, RESERVATION, SECOND, SITE, Cast
from jpki.certificate import CertificateId, HolderCertificate
from jpki.registry import Lineage, Registry, UnknownLineage
from mynapoint.act.operations import propose, submit
from mynapoint.act.rules import Authorities, CertificateIsRevoked
from mynapoint.holder.queries import list_open_holds
from mynapoint.holder.rules import HeldForReview
from mynapoint.kernel.refusal import Refusal
from mynapoint.programme.rules import WithinRenewalWait
from mynapoint.reservation.models import Reservation
from mynapoint.reservation.rules import AlreadyReserved

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
LIVES = 12


@dataclass
class Forgetful:
    """A registry that does not tell what some certificates follow, until it does."""

    inner: Registry
    forgotten: set[CertificateId] = field(default_factory=set)

    def check_not_revoked(self, certificate: HolderCertificate, *, at: datetime) -> None:
        """Answer as the authority does."""
        self.inner.check_not_revoked(certificate, at=at)

    def get_lineage(self, certificate_id: CertificateId, *, at: datetime) -> Lineage:
        """Answer as the authority does, but for what is forgotten."""
        return UnknownLineage() if certificate_id in self.forgotten else self.inner.get_lineage(certificate_id, at=at)


@dataclass
class SignedLife:
    """A person with a real card."""

    cast: Cast
    registry: Forgetful
    card: Path
    at: datetime = AT
    has_reserved: bool = False

    def reserve(self) -> type[Refusal] | None:
        """Try to reserve with the card; return what stood against it."""
        link = propose(RESERVATION, audience=SITE, at=self.at)
        signed = self.cast.sign(link, self.card, at=self.at)
        authorities = Authorities(anchors=self.cast.authority.anchors(), registry=self.registry)
        try:
            submit(link, signed, audience=SITE, authorities=authorities, performers=PERFORMERS, at=self.at)
        except Refusal as refusal:
            return type(refusal)
        return None

    def check_known(self) -> None:
        """Check that the platform knows the person: a first reservation goes through, a second is one too many."""
        assert self.reserve() is (AlreadyReserved if self.has_reserved else None)
        self.has_reserved = True

    def renew(self, *, is_told: bool) -> None:
        """Renew the card; the lineage is told or not."""
        self.cast.authority.renew(self.card, at=self.at)
        if not is_told:
            self.registry.forgotten |= self.cast.authority.registry.refresh().predecessors.keys() - self.known_ids
        self.known_ids = set(self.cast.authority.registry.refresh().predecessors)

    def __post_init__(self) -> None:
        self.known_ids = set(self.cast.authority.registry.refresh().predecessors)


def live(life: SignedLife, random: Random) -> None:
    """Renew early or late, watch the clock, be held, hear the lineage, lose the card."""
    if random.random() < 0.7:
        life.check_known()
    life.at += random.randrange(1, 20) * DAY
    life.renew(is_told=True)
    life.at += DAY - SECOND
    assert life.reserve() is WithinRenewalWait
    life.at += SECOND
    if random.random() < 0.7:
        life.check_known()
    life.at += DAY
    life.renew(is_told=False)
    life.at += timedelta(seconds=random.randrange(3 * 86400))
    for _ in range(random.randint(1, 2)):
        assert life.reserve() is HeldForReview
    life.registry.forgotten.clear()
    life.at += DAY
    life.check_known()
    life.cast.authority.revoke(life.card, at=life.at, reason=x509.ReasonFlags.key_compromise)
    life.at += SECOND
    assert life.reserve() is CertificateIsRevoked


class TestSignedLives:
    def test_give_each_person_one_mykey_id_over_all_their_cards(self, cast: Cast, programme: str) -> None:
        random = Random(20200701)
        registry = Forgetful(cast.authority.registry)
        for person in range(LIVES):
            card = cast.authority.issue(f"person{person}", birth_date=BORN, at=ISSUED_AT)
            live(SignedLife(cast, registry, card), random)
        assert Reservation.objects.count() == LIVES
        assert list_open_holds() == []
