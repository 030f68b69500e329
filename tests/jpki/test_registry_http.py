"""The authority over HTTP: a good answer counts, and every way in which one can be bad is "try later"."""

import json
import socket
import time
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from card_keys import POOL
from card_world import AT, BIRTH_DATE, SECOND, found_stranger
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from registry_world import (
    UNFIT_RESPONDERS,
    ServiceTransport,
    SetClock,
    Spoil,
    break_signature,
    serve_slowly,
    sign_as,
    validity_of,
)

from jpki.certificate import CertificateId, HolderCertificate, parse_certificate
from jpki.lineage import CertificateName, LineageQuestion
from jpki.registry import (
    CertificateRevoked,
    Fault,
    FirstIssue,
    RegistryUnavailable,
    Renewed,
    UnknownLineage,
    UnusableAnswer,
)
from jpki.registry_http import AnswerLimits, HttpRegistry
from jpki.responder import check_responder
from jpki.virtual.authority import Authority
from jpki.virtual.contents import CardContents, FileMemory
from jpki.virtual.issuing import IssuingCa, sign_certificate
from jpki.virtual.keys import KeyKind
from jpki.virtual.service import AuthorityService

LATER = AT + timedelta(days=30)
MINUTES = timedelta(minutes=10)
LIMITS = AnswerLimits(wait=timedelta(seconds=30))
IMPATIENT = AnswerLimits(wait=timedelta(seconds=0.5))
URL = "http://authority.invalid"


def as_holder(card: CardContents) -> HolderCertificate:
    return HolderCertificate(parse_certificate(card.credentials.authentication.certificate))


def ask(authority: Authority, *, spoil: Spoil = lambda _request, content: content, clock: SetClock) -> HttpRegistry:
    transport = ServiceTransport(AuthorityService(authority, clock=clock), spoil=spoil)
    return HttpRegistry(URL, anchors=authority.anchors(), limits=LIMITS, transport=transport)


@pytest.fixture(scope="module", params=list(KeyKind))
def card(request: pytest.FixtureRequest, authority: Authority) -> CardContents:
    return authority.make_card("花子", birth_date=BIRTH_DATE, at=AT, kind=request.param)


def find_issuer(authority: Authority, card: CardContents) -> IssuingCa:
    key_id = CertificateId.of(as_holder(card)).issuer_key_id
    return next(ca for ca in authority._cas if ca.key_id == key_id)


def both_refuse(registry: HttpRegistry, card: CardContents, fault: Fault, *, at: datetime = LATER) -> None:
    certificate = as_holder(card)
    for question in (
        lambda: registry.check_not_revoked(certificate, at=at),
        lambda: registry.get_lineage(CertificateId.of(certificate), at=at),
    ):
        with pytest.raises(UnusableAnswer) as unusable:
            question()
        assert unusable.value.fault is fault


class TestHttpRegistry:
    def test_lets_a_good_certificate_pass(self, authority: Authority, card: CardContents) -> None:
        registry = ask(authority, clock=SetClock(LATER))
        registry.check_not_revoked(as_holder(card), at=LATER)
        assert registry.get_lineage(CertificateId.of(as_holder(card)), at=LATER) == FirstIssue()

    @pytest.mark.parametrize("kind", KeyKind)
    def test_tells_of_a_revocation_and_why(self, own_authority: Authority, kind: KeyKind) -> None:
        path = own_authority.issue("花子", birth_date=BIRTH_DATE, at=AT, kind=kind)
        certificate = as_holder(FileMemory(path).read())
        own_authority.revoke(path, at=LATER, reason=x509.ReasonFlags.key_compromise)
        ask(own_authority, clock=SetClock(LATER - SECOND)).check_not_revoked(certificate, at=LATER - SECOND)
        with pytest.raises(CertificateRevoked) as revoked:
            ask(own_authority, clock=SetClock(LATER)).check_not_revoked(certificate, at=LATER)
        assert (revoked.value.revoked_at, revoked.value.reason) == (LATER, x509.ReasonFlags.key_compromise)

    def test_tells_the_whole_lineage_over_a_change_of_keys(self, own_authority: Authority) -> None:
        path = own_authority.issue("花子", birth_date=BIRTH_DATE, at=AT)
        names = [CertificateId.of(as_holder(FileMemory(path).read()))]
        for days, kind in ((1, None), (2, KeyKind.ECDSA_P384), (3, None)):
            own_authority.renew(path, at=AT + timedelta(days=days), kind=kind)
            names.append(CertificateId.of(as_holder(FileMemory(path).read())))
        lineage = ask(own_authority, clock=SetClock(LATER)).get_lineage(names[-1], at=LATER)
        assert lineage == Renewed(tuple(names[-2::-1]))

    def test_tells_that_a_predecessor_is_unknown(self, own_authority: Authority) -> None:
        key_id = own_authority.anchors().certificates[0].extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
        name = CertificateId(key_id.value.digest, 77)
        assert ask(own_authority, clock=SetClock(LATER)).get_lineage(name, at=LATER) == UnknownLineage()

    def test_asks_nobody_about_a_certificate_of_another_authority(self, authority: Authority) -> None:
        registry = ask(authority, clock=SetClock(LATER))
        with pytest.raises(UnusableAnswer):
            registry.get_lineage(CertificateId(b"elsewhere", 1), at=LATER)


class TestOutage:
    """Eight modes, each for both sources (6 for one): the certificate is good, and yet nothing is let through.

    That a certificate's past is unknown is a good answer of the other source: it is held for review.
    """

    # (1)
    def test_when_the_authority_is_down(self, authority: Authority, card: CardContents) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            port = unused.getsockname()[1]
        registry = HttpRegistry(f"http://127.0.0.1:{port}", anchors=authority.anchors(), limits=LIMITS)
        both_refuse(registry, card, Fault.UNREACHABLE)

    @pytest.mark.parametrize("status", [204, 301, 404, 500, 503])
    def test_when_it_answers_no(self, authority: Authority, card: CardContents, status: int) -> None:
        transport = httpx2.MockTransport(lambda _request: httpx2.Response(status, headers={"Location": URL}))
        registry = HttpRegistry(URL, anchors=authority.anchors(), limits=LIMITS, transport=transport)
        both_refuse(registry, card, Fault.NO_ANSWER)

    # (2)
    @pytest.mark.parametrize(
        ("begin", "pace"),
        [
            pytest.param(b"", None, id="silent"),
            pytest.param(b"HTTP/1.1 200 OK\r\nDate: ", 0.1, id="a-header-s-byte-now-and-then"),
            pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", 0.1, id="a-byte-now-and-then"),
        ],
    )
    def test_when_it_is_slow(self, authority: Authority, card: CardContents, begin: bytes, pace: float | None) -> None:
        with serve_slowly(begin, pace=pace) as url:
            started = time.monotonic()
            registry = HttpRegistry(url, anchors=authority.anchors(), limits=IMPATIENT)
            both_refuse(registry, card, Fault.TOO_SLOW)
            assert time.monotonic() - started < 20

    # (3)
    @pytest.mark.parametrize(
        "noise",
        [b"", b"\x30", b"{}", b"<html>", b"\x30\x03\x0a\x01\x00", b"0" * 70_000],
        ids=["empty", "cut", "json", "html", "no-body", "too-long"],
    )
    def test_when_it_answers_garbage(self, authority: Authority, card: CardContents, noise: bytes) -> None:
        registry = ask(authority, spoil=lambda *_: noise, clock=SetClock(LATER))
        with pytest.raises(UnusableAnswer) as unusable:
            registry.check_not_revoked(as_holder(card), at=LATER)
        assert unusable.value.fault is Fault.UNREADABLE
        with pytest.raises(UnusableAnswer) as unusable:
            registry.get_lineage(CertificateId.of(as_holder(card)), at=LATER)
        assert unusable.value.fault is Fault.UNREADABLE

    def test_when_it_answers_half(self, authority: Authority, card: CardContents) -> None:
        registry = ask(authority, spoil=lambda _, content: content[:-20], clock=SetClock(LATER))
        both_refuse(registry, card, Fault.UNREADABLE)

    @pytest.mark.parametrize("status", [s for s in ocsp.OCSPResponseStatus if s is not s.SUCCESSFUL])
    def test_when_it_answers_an_error(
        self, authority: Authority, card: CardContents, status: ocsp.OCSPResponseStatus
    ) -> None:
        refusal = ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)
        with pytest.raises(UnusableAnswer) as unusable:
            ask(authority, spoil=lambda *_: refusal, clock=SetClock(LATER)).check_not_revoked(as_holder(card), at=LATER)
        assert unusable.value.fault is Fault.NO_ANSWER

    # (4)
    def test_when_the_answer_is_stale_to_the_second(self, authority: Authority, card: CardContents) -> None:
        registry = ask(authority, clock=SetClock(LATER - MINUTES))
        both_refuse(registry, card, Fault.STALE)
        registry.check_not_revoked(as_holder(card), at=LATER - SECOND)
        registry.get_lineage(CertificateId.of(as_holder(card)), at=LATER - SECOND)

    def test_when_the_next_answer_is_overdue(self, authority: Authority, card: CardContents) -> None:
        limits = replace(LIMITS, ocsp_max_age=timedelta(days=9), lineage_max_age=timedelta(days=9))
        transport = ServiceTransport(AuthorityService(authority, clock=SetClock(LATER - timedelta(days=1))))
        registry = HttpRegistry(URL, anchors=authority.anchors(), limits=limits, transport=transport)
        both_refuse(registry, card, Fault.STALE)
        registry.check_not_revoked(as_holder(card), at=LATER - SECOND)

    def test_when_the_answer_is_from_the_future(self, authority: Authority, card: CardContents) -> None:
        registry = ask(authority, clock=SetClock(LATER + timedelta(seconds=61)))
        both_refuse(registry, card, Fault.FROM_THE_FUTURE)
        registry.check_not_revoked(as_holder(card), at=LATER + SECOND)

    # (5)
    def test_when_another_authority_signed(self, authority: Authority, card: CardContents, tmp_path: Path) -> None:
        signer = found_stranger(tmp_path / "other")._cas[0]
        registry = ask(
            authority, spoil=sign_as(signer.responder_key, signer.responder_certificate), clock=SetClock(LATER)
        )
        both_refuse(registry, card, Fault.UNTRUSTED_SIGNER)

    def test_when_another_generation_signed(self, authority: Authority, card: CardContents) -> None:
        own = as_holder(card)
        for signer in authority._cas:
            if signer.key_id != CertificateId.of(own).issuer_key_id:
                spoil = sign_as(signer.responder_key, signer.responder_certificate)
                both_refuse(ask(authority, spoil=spoil, clock=SetClock(LATER)), card, Fault.UNTRUSTED_SIGNER)

    @pytest.mark.parametrize("kind", UNFIT_RESPONDERS)
    def test_when_the_signer_s_certificate_is_not_made_for_it(
        self, authority: Authority, card: CardContents, kind: str
    ) -> None:
        issuer = find_issuer(authority, card)
        key = POOL.draw()
        unfit = sign_certificate(
            issuer=issuer.certificate.subject, subject=issuer.responder_certificate.subject,
            public_key=key.public_key(), serial=9, validity=validity_of(issuer), signer=issuer.key,
            extensions=UNFIT_RESPONDERS[kind],
        )  # fmt: skip
        registry = ask(authority, spoil=sign_as(key, unfit), clock=SetClock(LATER))
        both_refuse(registry, card, Fault.UNTRUSTED_SIGNER)

    def test_when_the_responder_s_own_time_is_over(self, authority: Authority, card: CardContents) -> None:
        over = AT + timedelta(days=365 * 20)
        both_refuse(ask(authority, clock=SetClock(over)), card, Fault.UNTRUSTED_SIGNER, at=over)
        ca = authority._cas[0]
        last = ca.responder_certificate.not_valid_after_utc
        check_responder(ca.responder_certificate, issuer=ca.certificate, at=last + timedelta(microseconds=999_999))
        with pytest.raises(UnusableAnswer):
            check_responder(ca.responder_certificate, issuer=ca.certificate, at=last + timedelta(seconds=1))

    def test_when_the_signature_is_not_the_signer_s(self, authority: Authority, card: CardContents) -> None:
        registry = ask(authority, spoil=break_signature, clock=SetClock(LATER))
        both_refuse(registry, card, Fault.BROKEN_SIGNATURE)

    # (6)
    def test_when_the_responder_does_not_know_the_certificate(self, authority: Authority) -> None:
        elder = authority._cas[1]
        stranger = POOL.draw()
        variant = sign_certificate(
            issuer=elder.certificate.subject, subject=x509.Name([]), public_key=stranger.public_key(), serial=4242,
            validity=validity_of(elder), signer=elder.key,
            extensions=((x509.AuthorityKeyIdentifier(elder.key_id, None, None), False),),
        )  # fmt: skip
        with pytest.raises(UnusableAnswer) as unusable:
            ask(authority, clock=SetClock(LATER)).check_not_revoked(HolderCertificate(variant), at=LATER)
        assert unusable.value.fault is Fault.UNKNOWN_CERTIFICATE

    # (7)
    def test_when_the_answer_is_about_another_certificate(self, authority: Authority, card: CardContents) -> None:
        name = CertificateId.of(as_holder(card))

        def answer_for_the_next(request: httpx2.Request, _content: bytes) -> bytes:
            body = request.read()
            if request.url.path == "/lineage":
                question = LineageQuestion.model_validate_json(body)
                other = CertificateName.of(CertificateId(name.issuer_key_id, name.serial + 1))
                return authority.answer_lineage(question.model_copy(update={"certificate": other}), at=LATER)
            old, new = (name.serial + offset for offset in (0, 1))
            return authority.answer_ocsp(body.replace(old.to_bytes(4, "big"), new.to_bytes(4, "big")), at=LATER)

        both_refuse(ask(authority, spoil=answer_for_the_next, clock=SetClock(LATER)), card, Fault.OTHER_CERTIFICATE)

    # (8)
    def test_when_an_earlier_answer_is_replayed(self, authority: Authority, card: CardContents) -> None:
        kept: dict[str, bytes] = {}
        registry = ask(
            authority,
            spoil=lambda request, content: kept.setdefault(request.url.path, content),
            clock=SetClock(LATER),
        )
        registry.check_not_revoked(as_holder(card), at=LATER)
        registry.get_lineage(CertificateId.of(as_holder(card)), at=LATER)
        both_refuse(registry, card, Fault.REPLAYED)

    def test_when_the_answer_has_no_nonce(self, authority: Authority, card: CardContents) -> None:
        certificate = as_holder(card)
        issuer = authority.anchors().find_generation(CertificateId.of(certificate).issuer_key_id)
        bare = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA256()).build()
        answer = authority.answer_ocsp(bare.public_bytes(Encoding.DER), at=LATER)
        with pytest.raises(UnusableAnswer) as unusable:
            ask(authority, spoil=lambda *_: answer, clock=SetClock(LATER)).check_not_revoked(certificate, at=LATER)
        assert unusable.value.fault is Fault.REPLAYED

    def test_is_never_an_answer_by_accident(self, authority: Authority, card: CardContents) -> None:
        bodies: list[bytes] = []
        registry = ask(authority, spoil=lambda _, content: bodies.append(content) or content, clock=SetClock(LATER))
        registry.get_lineage(CertificateId.of(as_holder(card)), at=LATER)
        statement = json.loads(bodies[0])["statement"]
        changed = bodies[0].replace(statement.encode(), statement[:-8].encode() + b"AAAAAAA=")
        with pytest.raises(RegistryUnavailable):
            ask(authority, spoil=lambda *_: changed, clock=SetClock(LATER)).get_lineage(
                CertificateId.of(as_holder(card)), at=LATER
            )
