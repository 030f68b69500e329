"""Which certificates are taken for a holder's, and by which name all others are refused."""

from datetime import UTC, timedelta
from pathlib import Path

import pytest
from card_keys import POOL
from card_world import AT, SECOND, power_up
from certificate_variants import Change, changed, found_ca, issue, without
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier
from hypothesis import given, settings
from hypothesis import strategies as st

from jpki.application import MAX_CERTIFICATE_LENGTH
from jpki.certificate import CertificateId, MalformedCertificate, UnacceptableCertificate, parse_certificate
from jpki.client import JpkiCard
from jpki.path import (
    BrokenPath,
    CertificateExpired,
    CertificateNotYetValid,
    TrustAnchors,
    UnknownIssuer,
    UnsuitableAnchors,
    check_certificate,
    read_anchors,
)
from jpki.pin import Pin
from jpki.profile import (
    AUTHENTICATION_POLICY,
    SIGNING_POLICY,
    ProfileCheck,
    ProfileViolation,
    SigningCertificateRefused,
)
from jpki.statement import StatementSignatureInvalid, check_statement_signature
from jpki.virtual.authority import Authority
from jpki.virtual.contents import CardContents, Purpose
from jpki.virtual.issuing import Extensions, IssuingCa, Validity, make_key_usage, sign_certificate

DIGITAL = make_key_usage(digital_signature=True)
CLIENT = ExtendedKeyUsageOID.CLIENT_AUTH


def policies(*oids: ObjectIdentifier | str) -> x509.CertificatePolicies:
    wanted = [oid if isinstance(oid, ObjectIdentifier) else ObjectIdentifier(oid) for oid in oids]
    return x509.CertificatePolicies([x509.PolicyInformation(oid, None) for oid in wanted])


OURS = policies(AUTHENTICATION_POLICY)
OURS_AND_MORE = policies(AUTHENTICATION_POLICY, "1.2.3")
TEST_ARC = policies("1.2.392.200149.8.5.1.0.30")


@pytest.fixture(scope="module")
def ca() -> IssuingCa:
    return found_ca()


@pytest.fixture(scope="module")
def own_anchors(ca: IssuingCa) -> TrustAnchors:
    return TrustAnchors([ca.certificate])


def make_key_identifier_critical(extensions: Extensions) -> Extensions:
    return tuple((value, critical or isinstance(value, x509.AuthorityKeyIdentifier)) for value, critical in extensions)


VIOLATIONS: list[tuple[str, ProfileCheck, Change]] = [
    ("no-key-usage", ProfileCheck.KEY_USAGE, without(x509.KeyUsage)),
    ("key-usage-not-critical", ProfileCheck.KEY_USAGE, changed(DIGITAL, critical=False)),
    (
        "key-usage-non-repudiation-too",
        ProfileCheck.KEY_USAGE,
        changed(make_key_usage(digital_signature=True, content_commitment=True), critical=True),
    ),
    (
        "key-usage-encipherment-only",
        ProfileCheck.KEY_USAGE,
        changed(make_key_usage(key_encipherment=True), critical=True),
    ),
    ("no-extended-key-usage", ProfileCheck.EXTENDED_KEY_USAGE, without(x509.ExtendedKeyUsage)),
    (
        "extended-key-usage-of-a-server",
        ProfileCheck.EXTENDED_KEY_USAGE,
        changed(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False),
    ),
    (
        "extended-key-usage-of-more",
        ProfileCheck.EXTENDED_KEY_USAGE,
        changed(x509.ExtendedKeyUsage([CLIENT, ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False),
    ),
    ("no-policies", ProfileCheck.CERTIFICATE_POLICIES, without(x509.CertificatePolicies)),
    ("policies-not-critical", ProfileCheck.CERTIFICATE_POLICIES, changed(OURS, critical=False)),
    ("policies-of-the-test-arc", ProfileCheck.CERTIFICATE_POLICIES, changed(TEST_ARC, critical=True)),
    ("policies-any", ProfileCheck.CERTIFICATE_POLICIES, changed(policies("2.5.29.32.0"), critical=True)),
    ("policies-one-more", ProfileCheck.CERTIFICATE_POLICIES, changed(OURS_AND_MORE, critical=True)),
    ("no-authority-key-identifier", ProfileCheck.AUTHORITY_KEY_IDENTIFIER, without(x509.AuthorityKeyIdentifier)),
    ("authority-key-identifier-critical", ProfileCheck.AUTHORITY_KEY_IDENTIFIER, make_key_identifier_critical),
    (
        "authority-key-identifier-without-key",
        ProfileCheck.AUTHORITY_KEY_IDENTIFIER,
        changed(x509.AuthorityKeyIdentifier(None, [x509.DNSName("ca.invalid")], 1), critical=False),
    ),
    (
        "subject-alternative-name",
        ProfileCheck.NO_SUBJECT_ALTERNATIVE_NAME,
        changed(x509.SubjectAlternativeName([x509.DNSName("hanako.invalid")]), critical=False),
    ),
    (
        "authority-itself",
        ProfileCheck.NO_AUTHORITY,
        changed(x509.BasicConstraints(ca=True, path_length=None), critical=True),
    ),
]  # fmt: skip


class TestCheckCertificate:
    def test_lets_a_card_s_certificate_pass(self, hanako: CardContents, anchors: TrustAnchors) -> None:
        der = hanako.credentials.authentication.certificate
        assert check_certificate(der, anchors=anchors, at=AT).public_bytes(Encoding.DER) == der

    def test_lets_the_unchanged_variant_pass(self, ca: IssuingCa, own_anchors: TrustAnchors) -> None:
        check_certificate(issue(ca), anchors=own_anchors, at=AT)

    def test_lets_a_plain_end_entity_constraint_pass(self, ca: IssuingCa, own_anchors: TrustAnchors) -> None:
        der = issue(ca, change=changed(x509.BasicConstraints(ca=False, path_length=None), critical=False))
        check_certificate(der, anchors=own_anchors, at=AT)

    @pytest.mark.parametrize(("check", "change"), [pytest.param(*row, id=name) for name, *row in VIOLATIONS])
    def test_names_the_one_broken_check(
        self, ca: IssuingCa, own_anchors: TrustAnchors, check: ProfileCheck, change: Change
    ) -> None:
        with pytest.raises(ProfileViolation) as refused:
            check_certificate(issue(ca, change=change), anchors=own_anchors, at=AT)
        assert refused.value.check is check

    @pytest.mark.parametrize(("check", "change"), [pytest.param(*row, id=name) for name, *row in VIOLATIONS])
    def test_leaves_the_verdict_to_the_path_verification(
        self, ca: IssuingCa, own_anchors: TrustAnchors, check: ProfileCheck, change: Change
    ) -> None:
        generation = own_anchors._generations[0]
        assert not generation.has_issued(parse_certificate(issue(ca, change=change)), at=AT)

    @pytest.mark.parametrize("size", [1024, 3072])
    def test_refuses_keys_of_another_size(self, ca: IssuingCa, own_anchors: TrustAnchors, size: int) -> None:
        key = rsa.generate_private_key(65537, size)
        with pytest.raises(ProfileViolation) as refused:
            check_certificate(issue(ca, key=key), anchors=own_anchors, at=AT)
        assert refused.value.check is ProfileCheck.KEY

    @pytest.mark.parametrize("key", [ec.generate_private_key(ec.SECP256R1()), Ed25519PrivateKey.generate()])
    def test_refuses_keys_of_another_kind(
        self, ca: IssuingCa, own_anchors: TrustAnchors, key: ec.EllipticCurvePrivateKey | Ed25519PrivateKey
    ) -> None:
        with pytest.raises(ProfileViolation) as refused:
            check_certificate(issue(ca, key=key), anchors=own_anchors, at=AT)
        assert refused.value.check is ProfileCheck.KEY

    def test_refuses_another_signature_algorithm(self, ca: IssuingCa, own_anchors: TrustAnchors) -> None:
        builder = x509.CertificateBuilder(
            issuer_name=ca.certificate.subject,
            subject_name=x509.Name([]),
            public_key=POOL.draw().public_key(),
            serial_number=1,
            not_valid_before=AT,
            not_valid_after=AT,
        )
        for extension in parse_certificate(issue(ca)).extensions:
            builder = builder.add_extension(extension.value, extension.critical)
        der = builder.sign(ca.key, hashes.SHA384()).public_bytes(Encoding.DER)
        with pytest.raises(ProfileViolation) as refused:
            check_certificate(der, anchors=own_anchors, at=AT)
        assert refused.value.check is ProfileCheck.SIGNATURE_ALGORITHM

    def test_refuses_the_signing_certificate_by_name(self, hanako: CardContents, anchors: TrustAnchors) -> None:
        with pytest.raises(SigningCertificateRefused):
            check_certificate(hanako.credentials.signing.certificate, anchors=anchors, at=AT)

    def test_refuses_the_signing_policy_by_name_beside_ours(self, ca: IssuingCa, own_anchors: TrustAnchors) -> None:
        both = policies(AUTHENTICATION_POLICY, SIGNING_POLICY)
        with pytest.raises(SigningCertificateRefused):
            check_certificate(issue(ca, change=changed(both, critical=True)), anchors=own_anchors, at=AT)

    @pytest.mark.parametrize(
        ("moment", "refusal"),
        [
            pytest.param(-SECOND, CertificateNotYetValid, id="second-before"),
            pytest.param(0 * SECOND, None, id="first-second"),
            pytest.param(timedelta(days=1), None, id="last-second"),
            pytest.param(timedelta(days=1, microseconds=999_999), None, id="end-of-last-second"),
            pytest.param(timedelta(days=1) + SECOND, CertificateExpired, id="second-after"),
        ],
    )
    @pytest.mark.parametrize("zone", [UTC, AT.tzinfo], ids=["utc", "jst"])
    def test_counts_validity_to_the_second(
        self, ca: IssuingCa, own_anchors: TrustAnchors, moment: timedelta, refusal: type[Exception] | None, zone
    ) -> None:
        der = issue(ca, validity=Validity(not_before=AT, not_after=AT + timedelta(days=1)))
        at = (AT + moment).astimezone(zone)
        if refusal is None:
            check_certificate(der, anchors=own_anchors, at=at)
        else:
            with pytest.raises(refusal):
                check_certificate(der, anchors=own_anchors, at=at)

    def test_refuses_an_issuer_of_the_same_name_with_another_key(self, own_anchors: TrustAnchors) -> None:
        with pytest.raises(UnknownIssuer):
            check_certificate(issue(found_ca()), anchors=own_anchors, at=AT)

    def test_refuses_a_signature_by_another_key(self, ca: IssuingCa, own_anchors: TrustAnchors) -> None:
        with pytest.raises(BrokenPath):
            check_certificate(issue(ca, signer=POOL.draw()), anchors=own_anchors, at=AT)

    def test_refuses_an_issuer_of_another_name_with_the_same_key(
        self, ca: IssuingCa, own_anchors: TrustAnchors
    ) -> None:
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "another")])
        with pytest.raises(BrokenPath):
            check_certificate(issue(ca, issuer=name), anchors=own_anchors, at=AT)

    def test_refuses_a_certificate_of_one_generation_that_names_the_other(self) -> None:
        elder, younger = found_ca(age_years=5), found_ca()
        crossed = changed(x509.AuthorityKeyIdentifier(elder.key_id, None, None), critical=False)
        anchors = TrustAnchors([elder.certificate, younger.certificate])
        with pytest.raises(BrokenPath):
            check_certificate(issue(younger, change=crossed), anchors=anchors, at=AT)

    def test_refuses_the_authority_s_own_certificate(self, ca: IssuingCa, own_anchors: TrustAnchors) -> None:
        with pytest.raises(UnacceptableCertificate):
            check_certificate(ca.certificate.public_bytes(Encoding.DER), anchors=own_anchors, at=AT)

    def test_refuses_what_an_expired_generation_issued(self, ca: IssuingCa, own_anchors: TrustAnchors) -> None:
        later = AT + timedelta(days=365 * 12)
        der = issue(ca, validity=Validity(not_before=AT, not_after=later))
        with pytest.raises(BrokenPath):
            check_certificate(der, anchors=own_anchors, at=later)

    @pytest.mark.parametrize(
        "der", [b"", b"\x30\x82\x00\x00", bytes(MAX_CERTIFICATE_LENGTH + 1)], ids=["empty", "header", "too-long"]
    )
    def test_refuses_what_is_no_certificate(self, own_anchors: TrustAnchors, der: bytes) -> None:
        with pytest.raises(MalformedCertificate):
            check_certificate(der, anchors=own_anchors, at=AT)

    def test_refuses_a_certificate_with_something_behind_it(self, ca: IssuingCa, own_anchors: TrustAnchors) -> None:
        with pytest.raises(MalformedCertificate):
            check_certificate(issue(ca) + b"\x00", anchors=own_anchors, at=AT)

    def test_refuses_a_second_spelling_of_the_same_certificate(self, ca: IssuingCa, own_anchors: TrustAnchors) -> None:
        key = POOL.draw()
        issued = (issue(ca, key=key, serial=serial) for serial in range(1, 200))
        der = bytearray(next(der for der in issued if der[-1] % 2 == 0))
        check_certificate(bytes(der), anchors=own_anchors, at=AT)
        der[-257] = 1  # one bit of the signature left unused: as it is zero, the same bytes in another encoding
        with pytest.raises(MalformedCertificate):
            check_certificate(bytes(der), anchors=own_anchors, at=AT)

    @settings(max_examples=2000)
    @given(der=st.binary(max_size=400))
    def test_meets_random_bytes_with_one_error(self, anchors: TrustAnchors, der: bytes) -> None:
        with pytest.raises(MalformedCertificate):
            check_certificate(der, anchors=anchors, at=AT)

    # The library warns of serials that are not positive, which is what this test sends it.
    @pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
    @settings(max_examples=4000)
    @given(place=st.integers(0, 5000), bits=st.integers(1, 255), length=st.integers(1, 4))
    def test_refuses_every_damage_by_name(
        self, hanako: CardContents, anchors: TrustAnchors, place: int, bits: int, length: int
    ) -> None:
        damaged = bytearray(hanako.credentials.authentication.certificate)
        for index in range(length):
            damaged[(place + index) % len(damaged)] ^= bits
        with pytest.raises(UnacceptableCertificate):
            check_certificate(bytes(damaged), anchors=anchors, at=AT)


class TestTrustAnchors:
    def test_hold_several_generations_of_one_name(self, authority: Authority, anchors: TrustAnchors) -> None:
        for generation in (0, 1):
            card = authority.make_card("花子", birth_date=AT.date(), at=AT, generation=generation)
            check_certificate(card.credentials.authentication.certificate, anchors=anchors, at=AT)

    def test_take_no_generation_for_another(self, authority: Authority, anchors: TrustAnchors) -> None:
        card = authority.make_card("花子", birth_date=AT.date(), at=AT, generation=0)
        younger = TrustAnchors(anchors.certificates[:1])
        with pytest.raises(UnknownIssuer):
            check_certificate(card.credentials.authentication.certificate, anchors=younger, at=AT)

    def test_are_read_from_a_folder(self, anchors: TrustAnchors, tmp_path: Path) -> None:
        younger, *others = anchors.certificates
        (tmp_path / "younger.der").write_bytes(younger.public_bytes(Encoding.DER))
        for number, other in enumerate(others):
            (tmp_path / f"{number}.pem").write_bytes(other.public_bytes(Encoding.PEM))
        assert set(read_anchors(tmp_path).certificates) == set(anchors.certificates)

    def test_are_read_from_one_bundle(self, anchors: TrustAnchors, tmp_path: Path) -> None:
        bundle = b"".join(anchor.public_bytes(Encoding.PEM) for anchor in anchors.certificates)
        (tmp_path / "all.pem").write_bytes(bundle)
        assert read_anchors(tmp_path).certificates == anchors.certificates

    @pytest.mark.parametrize("name", ["all.pem", "all.der", "all.txt"])
    @pytest.mark.parametrize("content", [b"", b"no certificate"], ids=["empty", "text"])
    def test_refuse_a_folder_without_certificates(self, tmp_path: Path, name: str, content: bytes) -> None:
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UnsuitableAnchors):
            read_anchors(tmp_path)

    def test_refuse_to_be_none(self) -> None:
        with pytest.raises(UnsuitableAnchors):
            TrustAnchors([])

    def test_refuse_two_names(self) -> None:
        with pytest.raises(UnsuitableAnchors):
            TrustAnchors([found_ca().certificate, found_ca(purpose=Purpose.SIGNING).certificate])

    @pytest.mark.parametrize("may_issue", [True, False])
    def test_let_nothing_pass_by_an_authority_that_may_not_issue(self, ca: IssuingCa, may_issue: bool) -> None:
        own = ca.certificate
        anchor = sign_certificate(
            issuer=own.subject, subject=own.subject, public_key=ca.key.public_key(), serial=1,
            validity=Validity(not_before=own.not_valid_before_utc, not_after=own.not_valid_after_utc), signer=ca.key,
            extensions=(
                (x509.BasicConstraints(ca=True, path_length=None), True),
                (make_key_usage(crl_sign=True, key_cert_sign=may_issue), True),
                (x509.SubjectKeyIdentifier(ca.key_id), False),
            ),
        )  # fmt: skip
        assert TrustAnchors([anchor])._generations[0].has_issued(parse_certificate(issue(ca)), at=AT) is may_issue
        if not may_issue:
            with pytest.raises(BrokenPath):
                check_certificate(issue(ca), anchors=TrustAnchors([anchor]), at=AT)

    def test_refuse_a_holder_s_certificate(self, ca: IssuingCa) -> None:
        with pytest.raises(UnsuitableAnchors):
            TrustAnchors([parse_certificate(issue(ca))])


class TestCertificateId:
    def test_names_issuer_key_and_serial(self, ca: IssuingCa) -> None:
        certificate = parse_certificate(issue(ca, serial=0x01_02_03))
        assert CertificateId.of(certificate) == CertificateId(ca.key_id, 0x01_02_03)
        assert CertificateId.of(certificate).encode() == b"\x14" + ca.key_id + b"\x03\x01\x02\x03"

    @given(first=st.tuples(st.binary(min_size=1, max_size=255), st.integers(1, 1 << 160)),
           second=st.tuples(st.binary(min_size=1, max_size=255), st.integers(1, 1 << 160)))  # fmt: skip
    def test_has_one_encoding_of_its_own(self, first: tuple[bytes, int], second: tuple[bytes, int]) -> None:
        one, other = CertificateId(*first), CertificateId(*second)
        assert (one.encode() == other.encode()) == (one == other)

    def test_shows_no_serial(self) -> None:
        assert "777" not in repr(CertificateId(b"key", 777))

    def test_needs_to_know_the_issuer_s_key(self, ca: IssuingCa) -> None:
        with pytest.raises(MalformedCertificate):
            CertificateId.of(parse_certificate(issue(ca, change=without(x509.AuthorityKeyIdentifier))))


class TestCheckStatementSignature:
    @pytest.mark.parametrize("damage", ["statement", "signature", "key", "length"])
    def test_refuses_anything_but_the_key_s_own_signature(
        self, authority: Authority, anchors: TrustAnchors, damage: str
    ) -> None:
        card = authority.make_card("花子", birth_date=AT.date(), at=AT)
        other = authority.make_card("太郎", birth_date=AT.date(), at=AT)
        signature = JpkiCard(power_up(card)[0]).sign_statement(b"statement", pin=Pin("1234")).signature
        signer = other if damage == "key" else card
        certificate = check_certificate(signer.credentials.authentication.certificate, anchors=anchors, at=AT)
        statement = b"Statement" if damage == "statement" else b"statement"
        signature = {"signature": signature[:-1] + bytes([signature[-1] ^ 1]), "length": signature[:-1]}.get(
            damage, signature
        )
        with pytest.raises(StatementSignatureInvalid):
            check_statement_signature(certificate, statement, signature)
