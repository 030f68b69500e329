"""The certificates of the test authority, in the profile of the real ones."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.asn1 import encode_der
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from jpki.japan import JST
from jpki.profile import AUTHENTICATION_POLICY, SIGNING_POLICY
from jpki.virtual.contents import Purpose
from jpki.virtual.keys import KeyKind, SigningKey, choose_hash

PublicKey = RSAPublicKey | EllipticCurvePublicKey
Extensions = tuple[tuple[x509.ExtensionType, bool], ...]
"""Each extension and whether it is critical."""

VALID_BIRTHDAYS: Final = 5

_AGENCY: Final = "Japan Agency for Local Authority Information Systems"
_UNITS: Final = {
    Purpose.AUTHENTICATION: "JPKI for user authentication",
    Purpose.SIGNING: "JPKI for digital signature",
}
_HOLDER_NAME_OID: Final = ObjectIdentifier("1.2.392.200149.8.5.5.1")
_HOLDER_BIRTH_DATE_OID: Final = ObjectIdentifier("1.2.392.200149.8.5.5.4")
_HOLDER_ADDRESS_OID: Final = ObjectIdentifier("1.2.392.200149.8.5.5.5")
_INVENTED_ADDRESS: Final = "架空県見本市電子町一丁目1番1号"
_NO_USAGE: Final = dict.fromkeys(
    (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    ),
    False,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Validity:
    """From when until when, both to the second and both included, as X.509 counts."""

    not_before: datetime
    not_after: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class IssuingCa:
    """One generation of the authority, with the key that signs its OCSP answers."""

    purpose: Purpose
    certificate: x509.Certificate
    key: SigningKey
    responder_certificate: x509.Certificate
    responder_key: SigningKey

    @property
    def kind(self) -> KeyKind:
        """This will be the kind of key that it has, and the cards that it issues certificates for."""
        is_curve = isinstance(self.certificate.public_key(), EllipticCurvePublicKey)
        return KeyKind.ECDSA_P384 if is_curve else KeyKind.RSA_2048

    @property
    def key_id(self) -> bytes:
        """This will be the identifier that its certificates name it by."""
        return self.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest


def compute_validity(*, issued_at: datetime, birth_date: date) -> Validity:
    """This will reach to the end, in Japan, of the fifth birthday after the day of issue."""
    issued_on = issued_at.astimezone(JST).date()
    first_year = issued_on.year if _birthday_in(issued_on.year, birth_date) > issued_on else issued_on.year + 1
    last_day = _birthday_in(first_year + VALID_BIRTHDAYS - 1, birth_date)
    return Validity(not_before=issued_at, not_after=datetime.combine(last_day, time(23, 59, 59), tzinfo=JST))


def _birthday_in(year: int, birth_date: date) -> date:
    # Who was born on 29 February is taken to be born on the 28th, in leap years too.
    day = 28 if (birth_date.month, birth_date.day) == (2, 29) else birth_date.day
    return date(year, birth_date.month, day)


def make_key_usage(**allowed: bool) -> x509.KeyUsage:
    """This will allow what is named and nothing else."""
    return x509.KeyUsage(**{**_NO_USAGE, **allowed})


def make_ca_name(purpose: Purpose) -> x509.Name:
    """This will give the one name of all generations."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "JPKI"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, _UNITS[purpose]),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, _AGENCY),
        ]
    )


def make_holder_name() -> x509.Name:
    """This will give a subject of 23 characters that name nobody."""
    common_name = secrets.token_bytes(12).hex()[:23].upper()
    return x509.Name(
        [x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"), x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    )


def issue_ca(*, purpose: Purpose, validity: Validity, key: SigningKey, responder_key: SigningKey) -> IssuingCa:
    """This will make a self-signed generation and the certificate of its OCSP responder."""
    name = make_ca_name(purpose)
    certificate = sign_certificate(
        issuer=name, subject=name, public_key=key.public_key(), serial=1, validity=validity,
        extensions=_make_ca_extensions(key.public_key()), signer=key,
    )  # fmt: skip
    responder_name = x509.Name([*name, x509.NameAttribute(NameOID.COMMON_NAME, "OCSP Responder")])
    responder = sign_certificate(
        issuer=name, subject=responder_name, public_key=responder_key.public_key(), serial=2, validity=validity,
        extensions=_make_responder_extensions(key.public_key(), responder_key.public_key()), signer=key,
    )  # fmt: skip
    return IssuingCa(
        purpose=purpose, certificate=certificate, key=key, responder_certificate=responder, responder_key=responder_key
    )


def issue_certificate(
    *, ca: IssuingCa, public_key: PublicKey, serial: int, validity: Validity, extensions: Extensions
) -> x509.Certificate:
    """This will issue a holder's certificate."""
    return sign_certificate(
        issuer=ca.certificate.subject,
        subject=make_holder_name(),
        public_key=public_key,
        serial=serial,
        validity=validity,
        extensions=extensions,
        signer=ca.key,
    )


def sign_certificate(
    *,
    issuer: x509.Name,
    subject: x509.Name,
    public_key: PublicKey,
    serial: int,
    validity: Validity,
    extensions: Extensions,
    signer: SigningKey,
) -> x509.Certificate:
    """This will sign a certificate that says what it is told to say."""
    builder = x509.CertificateBuilder(
        issuer_name=issuer,
        subject_name=subject,
        public_key=public_key,
        serial_number=serial,
        not_valid_before=validity.not_before,
        not_valid_after=validity.not_after,
    )
    for extension, is_critical in extensions:
        builder = builder.add_extension(extension, is_critical)
    return builder.sign(signer, choose_hash(signer))


def make_authentication_extensions(*, ca: IssuingCa, public_key: PublicKey) -> Extensions:
    """This will give what a user-authentication certificate says."""
    return (
        (make_key_usage(digital_signature=True), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False),
        (_make_policies(AUTHENTICATION_POLICY), True),
        *_make_common_extensions(ca=ca, public_key=public_key),
    )


def make_signing_extensions(*, ca: IssuingCa, public_key: PublicKey, holder_name: str, birth_date: date) -> Extensions:
    """This will give what a signing certificate says: above all, who its holder is."""
    holder = x509.SubjectAlternativeName(
        [
            x509.OtherName(_HOLDER_NAME_OID, encode_der(holder_name)),
            x509.OtherName(_HOLDER_BIRTH_DATE_OID, encode_der(f"4{birth_date:%Y%m%d}")),
            x509.OtherName(_HOLDER_ADDRESS_OID, encode_der(_INVENTED_ADDRESS)),
        ]
    )
    return (
        (make_key_usage(digital_signature=True, content_commitment=True), True),
        (_make_policies(SIGNING_POLICY), True),
        (holder, False),
        *_make_common_extensions(ca=ca, public_key=public_key),
    )


def _make_common_extensions(*, ca: IssuingCa, public_key: PublicKey) -> Extensions:
    name = ca.certificate.subject
    crl_name = x509.Name([*name, x509.NameAttribute(NameOID.COMMON_NAME, "Mihon-shi CRLDP")])
    ocsp = x509.AccessDescription(
        AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier("http://ocsp.jpki.invalid")
    )
    return (
        (x509.IssuerAlternativeName([x509.DirectoryName(_make_japanese_name(ca.purpose))]), False),
        (x509.CRLDistributionPoints([x509.DistributionPoint([x509.DirectoryName(crl_name)], None, None, None)]), False),
        (x509.AuthorityInformationAccess([ocsp]), False),
        (x509.AuthorityKeyIdentifier(ca.key_id, None, None), False),
        (x509.SubjectKeyIdentifier.from_public_key(public_key), False),
    )


def _make_japanese_name(purpose: Purpose) -> x509.Name:
    unit = "公的個人認証サービス利用者証明用" if purpose is Purpose.AUTHENTICATION else "公的個人認証サービス署名用"
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "公的個人認証サービス"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit),
        ]
    )


def _make_policies(policy: ObjectIdentifier) -> x509.CertificatePolicies:
    return x509.CertificatePolicies([x509.PolicyInformation(policy, ["http://cps.jpki.invalid/cps.html"])])


def _make_ca_extensions(public_key: PublicKey) -> Extensions:
    return (
        (x509.BasicConstraints(ca=True, path_length=None), True),
        (make_key_usage(key_cert_sign=True, crl_sign=True), True),
        (x509.SubjectKeyIdentifier.from_public_key(public_key), False),
    )


def _make_responder_extensions(ca_public_key: PublicKey, public_key: PublicKey) -> Extensions:
    return (
        (make_key_usage(digital_signature=True), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False),
        (x509.OCSPNoCheck(), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_public_key), False),
        (x509.SubjectKeyIdentifier.from_public_key(public_key), False),
    )


def make_ca_validity(*, created_at: datetime, age_years: int) -> Validity:
    """This will give a generation that is so old when the authority is created, and lives ten years."""
    not_before = created_at - timedelta(days=365 * age_years)
    return Validity(not_before=not_before, not_after=not_before + timedelta(days=3652))
