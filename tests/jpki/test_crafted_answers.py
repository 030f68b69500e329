"""Each check of an answer alone: rightly signed, about this certificate, to this question, and wrong in one thing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from card_keys import POOL
from card_world import AT, BIRTH_DATE, SECOND
from crafted import WEAK, Change, craft_lineage_answer, craft_list, craft_ocsp_answer, keep
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from registry_world import FIT_RESPONDER, sign_as, validity_of

from jpki.certificate import CertificateId, HolderCertificate, parse_certificate
from jpki.crl import CrlFault, RevocationListRefused, read_revocation_list
from jpki.lineage import CertificateName, LineageQuestion
from jpki.ocsp import OcspQuestion
from jpki.registry import Fault, FirstIssue, Lineage, UnusableAnswer
from jpki.virtual.authority import Authority
from jpki.virtual.issuing import IssuingCa, Validity
from jpki.virtual.keys import KeyKind

AGE = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question of each kind about one card, with the authority's good answers."""

    ca: IssuingCa
    ocsp: OcspQuestion
    ocsp_answer: bytes
    lineage: LineageQuestion
    lineage_answer: bytes

    def hear(self, answer: bytes) -> None:
        self.ocsp.check_answer(answer, max_age=AGE, at=AT)

    def hear_lineage(self, answer: bytes) -> Lineage:
        return self.lineage.check_answer(answer, issuer=self.ca.certificate, max_age=AGE, at=AT)


@pytest.fixture(scope="module", params=list(KeyKind))
def asked(request: pytest.FixtureRequest, authority: Authority) -> Asked:
    card = authority.make_card("問", birth_date=BIRTH_DATE, at=AT, kind=request.param)
    certificate = HolderCertificate(parse_certificate(card.credentials.authentication.certificate))
    name = CertificateId.of(certificate)
    ca = next(ca for ca in authority._cas if ca.key_id == name.issuer_key_id)
    ocsp, lineage = OcspQuestion.about(certificate, issuer=ca.certificate), LineageQuestion.about(name)
    return Asked(
        ca=ca,
        ocsp=ocsp,
        ocsp_answer=authority.answer_ocsp(ocsp.request, at=AT),
        lineage=lineage,
        lineage_answer=authority.answer_lineage(lineage, at=AT),
    )


def check_fault(hear: Callable[[bytes], object], answer: bytes, fault: Fault) -> None:
    with pytest.raises(UnusableAnswer) as unusable:
        hear(answer)
    assert unusable.value.fault is fault


def take_out_the_certificates(basic: Any) -> None:
    del basic["certs"]


def answer_twice(basic: Any) -> None:
    responses = basic["tbs_response_data"]["responses"]
    responses.append(responses[0])


def answer_nothing(basic: Any) -> None:
    del basic["tbs_response_data"]["responses"][0]


def leave_the_next_update_out(basic: Any) -> None:
    del basic["tbs_response_data"]["responses"][0]["next_update"]


UNKNOWN = {"extn_id": "1.2.3.4", "critical": True, "extn_value": b"\x05\x00"}


def demand_to_be_understood(basic: Any) -> None:
    basic["tbs_response_data"]["response_extensions"].append(UNKNOWN)


def demand_it_of_the_certificate(basic: Any) -> None:
    basic["tbs_response_data"]["responses"][0]["single_extensions"] = [UNKNOWN]


class TestOcspAnswer:
    def test_is_taken_when_it_is_only_signed_anew(self, asked: Asked) -> None:
        asked.hear(craft_ocsp_answer(asked.ocsp_answer, asked.ca))

    @pytest.mark.parametrize(
        ("change", "fault"),
        [
            (take_out_the_certificates, Fault.UNTRUSTED_SIGNER),
            (answer_twice, Fault.UNREADABLE),
            (answer_nothing, Fault.UNREADABLE),
            (leave_the_next_update_out, Fault.UNREADABLE),
            (demand_to_be_understood, Fault.UNREADABLE),
            (demand_it_of_the_certificate, Fault.UNREADABLE),
        ],
    )
    def test_is_refused_for_one_thing_that_is_wrong(self, asked: Asked, change: Change, fault: Fault) -> None:
        check_fault(asked.hear, craft_ocsp_answer(asked.ocsp_answer, asked.ca, change=change), fault)

    def test_is_refused_when_it_is_signed_with_a_weak_hash(self, asked: Asked) -> None:
        answer = craft_ocsp_answer(asked.ocsp_answer, asked.ca, weakly=True)
        check_fault(asked.hear, answer, Fault.UNREADABLE)


class TestLineageAnswer:
    def test_is_taken_when_it_is_only_signed_anew(self, asked: Asked) -> None:
        assert asked.hear_lineage(craft_lineage_answer(asked.lineage_answer, asked.ca)) == FirstIssue()

    @pytest.mark.parametrize(("word", "count"), [("first", 1), ("unknown", 1), ("renewed", 0)])
    def test_is_refused_when_word_and_predecessors_contradict_each_other(
        self, asked: Asked, word: str, count: int
    ) -> None:
        others = (CertificateName.of(CertificateId(asked.ca.key_id, 7)),) * count
        answer = craft_lineage_answer(asked.lineage_answer, asked.ca, lineage=word, predecessors=others)
        check_fault(asked.hear_lineage, answer, Fault.UNREADABLE)


class TestResponder:
    """The certificate beside an answer: fit in everything but one thing, and both kinds of answer fall with it."""

    @pytest.mark.parametrize(
        ("begins", "is_fit"),
        [(-SECOND, True), (0 * SECOND, True), (SECOND, False)],
        ids=["second-ago", "now", "in-a-second"],
    )
    def test_is_refused_before_its_time_to_the_second(self, asked: Asked, begins: timedelta, is_fit: bool) -> None:
        validity = Validity(not_before=AT + begins, not_after=AT + timedelta(days=1))
        self._check(asked, validity=validity, is_fit=is_fit)

    @pytest.mark.parametrize(("ends", "is_fit"), [(0 * SECOND, True), (-SECOND, False)], ids=["now", "second-ago"])
    def test_is_refused_after_its_time_to_the_second(self, asked: Asked, ends: timedelta, is_fit: bool) -> None:
        validity = Validity(not_before=AT - timedelta(days=1), not_after=AT + ends)
        self._check(asked, validity=validity, is_fit=is_fit)

    def test_is_refused_when_its_certificate_is_signed_with_a_weak_hash(self, asked: Asked) -> None:
        self._check(asked, validity=validity_of(asked.ca), is_fit=False, weakly=True)

    def _check(self, asked: Asked, *, validity: Validity, is_fit: bool, weakly: bool = False) -> None:
        key = POOL.draw()
        builder = x509.CertificateBuilder(
            issuer_name=asked.ca.certificate.subject,
            subject_name=asked.ca.responder_certificate.subject,
            public_key=key.public_key(),
            serial_number=9,
            not_valid_before=validity.not_before,
            not_valid_after=validity.not_after,
        )
        for extension, is_critical in FIT_RESPONDER:
            builder = builder.add_extension(extension, is_critical)
        algorithm = WEAK if weakly else asked.ca.certificate.signature_hash_algorithm
        spoil = sign_as(key, builder.sign(asked.ca.key, algorithm))
        for hear, path, answer in (
            (asked.hear, "/ocsp", asked.ocsp_answer),
            (asked.hear_lineage, "/lineage", asked.lineage_answer),
        ):
            crafted = spoil(httpx2.Request("POST", f"http://authority.invalid{path}"), answer)
            if is_fit:
                hear(crafted)
            else:
                check_fault(hear, crafted, Fault.UNTRUSTED_SIGNER)


def leave_the_next_list_out(tbs: Any) -> None:
    del tbs["next_update"]


class TestRevocationList:
    def test_is_taken_when_it_is_only_signed_anew(self, authority: Authority, asked: Asked) -> None:
        assert list(read_revocation_list(self._craft(authority, asked), anchors=authority.anchors())) == []

    def test_is_refused_when_it_does_not_say_when_the_next_one_comes(self, authority: Authority, asked: Asked) -> None:
        self._check_refused(authority, self._craft(authority, asked, change=leave_the_next_list_out), CrlFault.UNDATED)

    def test_is_refused_when_it_is_signed_with_a_weak_hash(self, authority: Authority, asked: Asked) -> None:
        self._check_refused(authority, self._craft(authority, asked, weakly=True), CrlFault.BROKEN_SIGNATURE)

    def _craft(self, authority: Authority, asked: Asked, *, change: Change = keep, weakly: bool = False) -> bytes:
        crl = authority.make_revocation_list_of(asked.ca.key_id, at=AT)
        return craft_list(crl.public_bytes(Encoding.DER), asked.ca, change=change, weakly=weakly)

    def _check_refused(self, authority: Authority, der: bytes, fault: CrlFault) -> None:
        with pytest.raises(RevocationListRefused) as refused:
            read_revocation_list(der, anchors=authority.anchors())
        assert refused.value.fault is fault
