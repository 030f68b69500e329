"""A person is not a certificate: chains, races and holds."""

from functools import partial
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from cast import AT
from jpki.certificate import CertificateId
from jpki.registry import FirstIssue, Lineage, Renewed, UnknownLineage
from mynapoint.holder.models import Holder, HolderCertificate
from mynapoint.holder.operations import identify
from mynapoint.holder.rules import PredecessorUnknown, TwoHoldersInOneChain, hash_certificate
from races import at_once

KEY = b"k" * 32


def certificate(serial: int) -> CertificateId:
    return CertificateId(b"authority", serial)


def renewed(*serials: int) -> Renewed:
    return Renewed(tuple(certificate(serial) for serial in serials))


def known_as(serial: int, lineage: Lineage) -> UUID:
    return identify(certificate(serial), lineage=lineage, key=KEY, at=AT).id


class TestHashCertificate:
    @given(first=st.integers(1, 2**64), second=st.integers(1, 2**64))
    def test_is_the_same_for_the_same_certificate_only(self, first: int, second: int) -> None:
        same = hash_certificate(certificate(first), key=KEY) == hash_certificate(certificate(second), key=KEY)
        assert same == (first == second)

    def test_tells_generations_of_the_authority_apart(self) -> None:
        other = CertificateId(b"younger authority", 1)
        assert hash_certificate(certificate(1), key=KEY) != hash_certificate(other, key=KEY)

    def test_cannot_be_computed_without_the_key(self) -> None:
        assert hash_certificate(certificate(1), key=KEY) != hash_certificate(certificate(1), key=b"x" * 32)


@pytest.mark.django_db
class TestIdentify:
    def test_knows_a_first_certificate_again(self) -> None:
        assert known_as(1, FirstIssue()) == known_as(1, FirstIssue())

    def test_keeps_two_people_apart(self) -> None:
        assert known_as(1, FirstIssue()) != known_as(2, FirstIssue())

    def test_carries_a_holder_over_renewals(self) -> None:
        first = known_as(1, FirstIssue())
        assert known_as(2, renewed(1)) == first
        assert known_as(4, renewed(3, 2, 1)) == first

    def test_knows_somebody_who_comes_first_with_a_renewed_certificate_by_the_older_one_too(self) -> None:
        assert known_as(2, renewed(1)) == known_as(1, FirstIssue())

    def test_never_makes_a_person_of_a_certificate_whose_predecessor_is_unknown(self) -> None:
        with pytest.raises(PredecessorUnknown):
            known_as(2, UnknownLineage())
        assert not Holder.objects.exists()

    def test_still_knows_a_certificate_that_it_has_seen_when_the_lineage_is_gone(self) -> None:
        assert known_as(1, FirstIssue()) == known_as(1, UnknownLineage())

    def test_never_merges_two_people(self) -> None:
        known_as(1, FirstIssue())
        known_as(2, FirstIssue())
        with pytest.raises(TwoHoldersInOneChain):
            known_as(3, renewed(2, 1))
        assert HolderCertificate.objects.count() == 2

    def test_keeps_no_serial(self) -> None:
        known_as(987654321, FirstIssue())
        row = HolderCertificate.objects.get()
        assert (987654321).to_bytes(4, "big") not in bytes(row.certificate_hash)


@pytest.mark.django_db(transaction=True)
class TestIdentifyAtOnce:
    @pytest.mark.parametrize("round_number", range(5))
    def test_makes_one_person_of_an_old_and_a_new_certificate(self, round_number: int) -> None:
        chain: list[tuple[int, Lineage]] = [
            (1, FirstIssue()),
            (2, renewed(1)),
            (3, renewed(2, 1)),
            (4, renewed(3, 2, 1)),
        ]

        def attempt(number: int) -> UUID:
            serial, lineage = chain[(number + round_number) % len(chain)]
            with transaction.atomic():
                return known_as(serial, lineage)

        assert len(set(at_once(*[partial(attempt, number) for number in range(8)]))) == 1
        owners = set(HolderCertificate.objects.values_list("holder_id", flat=True))
        assert owners == set(Holder.objects.values_list("id", flat=True))
        assert len(owners) == 1
