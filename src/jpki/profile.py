"""The profile of a user-authentication certificate: what it must say, and nothing else may say for it.

The rules stand once, in `RULES` and `check_key`. `build_extension_policy` has the path verification enforce them;
`check_profile` names the first that is broken, after a refusal. The subject is deliberately not looked at: it names
nobody, but tells where the card was issued.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, SignatureAlgorithmOID
from cryptography.x509.verification import Criticality, ExtensionPolicy, Policy

from jpki.certificate import UNREADABLE, MalformedCertificate, UnacceptableCertificate, get_extensions

AUTHENTICATION_POLICY: Final = x509.ObjectIdentifier("1.2.392.200149.8.5.1.3.30")
SIGNING_POLICY: Final = x509.ObjectIdentifier("1.2.392.200149.8.5.1.1.20")

_SIGNATURE_ALGORITHMS: Final = {SignatureAlgorithmOID.RSA_WITH_SHA256, SignatureAlgorithmOID.ECDSA_WITH_SHA384}


class ProfileCheck(IntEnum):
    """The numbered checks, in the order in which a breach is named."""

    KEY = 1
    SIGNATURE_ALGORITHM = 2
    KEY_USAGE = 3
    EXTENDED_KEY_USAGE = 4
    CERTIFICATE_POLICIES = 5
    AUTHORITY_KEY_IDENTIFIER = 6
    NO_SUBJECT_ALTERNATIVE_NAME = 7
    NO_AUTHORITY = 8


class ProfileViolation(UnacceptableCertificate):
    """The certificate breaks one check of the profile."""

    def __init__(self, check: ProfileCheck) -> None:
        super().__init__(f"profile check ({check.value}) {check.name}")
        self.check = check


class SigningCertificateRefused(UnacceptableCertificate):
    """署名用証明書: the card's other certificate, which carries name and address and must never come here."""


@dataclass(frozen=True, kw_only=True)
class ExtensionRule:
    """What one extension must be, where it must or may stand."""

    check: ProfileCheck
    extension_type: type[x509.ExtensionType]
    criticality: Criticality
    is_met_by: Callable[[Any], bool]
    is_required: bool = True


def _is_digital_signature_only(usage: x509.KeyUsage) -> bool:
    others = (
        usage.content_commitment,
        usage.key_encipherment,
        usage.data_encipherment,
        usage.key_agreement,
        usage.key_cert_sign,
        usage.crl_sign,
    )
    return usage.digital_signature and not any(others)


def _is_client_authentication_only(usage: x509.ExtendedKeyUsage) -> bool:
    return list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]


def _is_authentication_policy(policies: x509.CertificatePolicies) -> bool:
    return [policy.policy_identifier for policy in policies] == [AUTHENTICATION_POLICY]


RULES: Final = (
    ExtensionRule(  # (3)
        check=ProfileCheck.KEY_USAGE,
        extension_type=x509.KeyUsage,
        criticality=Criticality.CRITICAL,
        is_met_by=_is_digital_signature_only,
    ),
    ExtensionRule(  # (4)
        check=ProfileCheck.EXTENDED_KEY_USAGE,
        extension_type=x509.ExtendedKeyUsage,
        criticality=Criticality.AGNOSTIC,
        is_met_by=_is_client_authentication_only,
    ),
    ExtensionRule(  # (5)
        check=ProfileCheck.CERTIFICATE_POLICIES,
        extension_type=x509.CertificatePolicies,
        criticality=Criticality.CRITICAL,
        is_met_by=_is_authentication_policy,
    ),
    ExtensionRule(  # (6)
        check=ProfileCheck.AUTHORITY_KEY_IDENTIFIER,
        extension_type=x509.AuthorityKeyIdentifier,
        criticality=Criticality.NON_CRITICAL,
        is_met_by=lambda identifier: bool(identifier.key_identifier),
    ),
    ExtensionRule(  # (7)
        check=ProfileCheck.NO_SUBJECT_ALTERNATIVE_NAME,
        extension_type=x509.SubjectAlternativeName,
        criticality=Criticality.AGNOSTIC,
        is_met_by=lambda _: False,
        is_required=False,
    ),
    ExtensionRule(  # (8)
        check=ProfileCheck.NO_AUTHORITY,
        extension_type=x509.BasicConstraints,
        criticality=Criticality.AGNOSTIC,
        is_met_by=lambda constraints: not constraints.ca,
        is_required=False,
    ),
)


def build_extension_policy(*, issuer_key_id: bytes) -> ExtensionPolicy:
    """This will make the path verification enforce every extension rule, for certificates issued by one key."""
    policy = ExtensionPolicy.permit_all()
    for rule in RULES:
        add = policy.require_present if rule.is_required else policy.may_be_present
        policy = add(rule.extension_type, rule.criticality, _build_validator(rule, issuer_key_id=issuer_key_id))
    return policy


def check_key(certificate: x509.Certificate) -> None:
    """This will let pass a certificate whose key, and whose issuer's signature, are of a kind that cards have:
    RSA-2048 with SHA-256 today, ECDSA P-384 with SHA-384 next; a generation may issue certificates for either key.

    :raises ProfileViolation: naming the key (1) or the algorithm (2).
    :raises MalformedCertificate: when there is no key to be read.
    """
    try:
        key = certificate.public_key()
        algorithm = certificate.signature_algorithm_oid
    except UNREADABLE:
        raise MalformedCertificate from None
    match key:
        case rsa.RSAPublicKey(key_size=2048) | ec.EllipticCurvePublicKey(curve=ec.SECP384R1()):
            pass
        case _:
            raise ProfileViolation(ProfileCheck.KEY)
    if algorithm not in _SIGNATURE_ALGORITHMS:
        raise ProfileViolation(ProfileCheck.SIGNATURE_ALGORITHM)


def check_profile(certificate: x509.Certificate) -> None:
    """This will name the first broken check; no breach is no verdict yet: that is the path verification's.

    :raises SigningCertificateRefused: when it is the card's other certificate, whatever else it breaks.
    :raises ProfileViolation: with the check.
    :raises MalformedCertificate: when it cannot be read.
    """
    extensions = get_extensions(certificate)
    _check_not_signing_certificate(extensions)
    check_key(certificate)
    for rule in RULES:
        _check_rule(rule, extensions)


def _build_validator(rule: ExtensionRule, *, issuer_key_id: bytes) -> Callable[[Policy, x509.Certificate, Any], None]:
    def validate(_policy: Policy, _certificate: x509.Certificate, extension: Any) -> None:
        if extension is not None and not rule.is_met_by(extension):
            raise ProfileViolation(rule.check)
        if isinstance(extension, x509.AuthorityKeyIdentifier) and extension.key_identifier != issuer_key_id:
            raise ProfileViolation(rule.check)

    return validate


def _check_not_signing_certificate(extensions: x509.Extensions) -> None:
    for extension in extensions:
        if isinstance(extension.value, x509.CertificatePolicies):
            policies = {policy.policy_identifier for policy in extension.value}
            if SIGNING_POLICY in policies:
                raise SigningCertificateRefused


def _check_rule(rule: ExtensionRule, extensions: x509.Extensions) -> None:
    found = [extension for extension in extensions if isinstance(extension.value, rule.extension_type)]
    if not found and rule.is_required:
        raise ProfileViolation(rule.check)
    for extension in found:
        if not (_is_criticality_met(rule, is_critical=extension.critical) and rule.is_met_by(extension.value)):
            raise ProfileViolation(rule.check)


def _is_criticality_met(rule: ExtensionRule, *, is_critical: bool) -> bool:
    # The library's values can be compared, not hashed.
    if rule.criticality == Criticality.AGNOSTIC:
        return True
    return is_critical == (rule.criticality == Criticality.CRITICAL)
