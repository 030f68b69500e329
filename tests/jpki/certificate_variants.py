"""Certificates that deviate from the profile in one thing, signed by the authority all the same."""

from collections.abc import Callable
from datetime import timedelta

from card_keys import POOL
from card_world import AT
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from jpki.virtual.contents import Purpose
from jpki.virtual.issuing import (
    Extensions,
    IssuingCa,
    Validity,
    issue_ca,
    make_authentication_extensions,
    make_ca_validity,
    sign_certificate,
)

Change = Callable[[Extensions], Extensions]


def found_ca(*, purpose: Purpose = Purpose.AUTHENTICATION, age_years: int = 1) -> IssuingCa:
    validity = make_ca_validity(created_at=AT, age_years=age_years)
    return issue_ca(purpose=purpose, validity=validity, key=POOL.draw(), responder_key=POOL.draw())


def without(kind: type[x509.ExtensionType]) -> Change:
    return lambda extensions: tuple(pair for pair in extensions if not isinstance(pair[0], kind))


def changed(value: x509.ExtensionType, *, critical: bool) -> Change:
    return lambda extensions: (*without(type(value))(extensions), (value, critical))


def issue(
    ca: IssuingCa,
    *,
    change: Change = lambda extensions: extensions,
    validity: Validity | None = None,
    key=None,
    signer=None,
    **deviations,
) -> bytes:
    key = key or POOL.draw()
    parts = {
        "issuer": ca.certificate.subject,
        "subject": x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "A" * 23)]),
        "public_key": key.public_key(),
        "serial": 12345,
        "validity": validity or Validity(not_before=AT, not_after=AT + timedelta(days=1500)),
        "extensions": change(make_authentication_extensions(ca=ca, public_key=key.public_key())),
        "signer": signer or ca.key,
    } | deviations
    return sign_certificate(**parts).public_bytes(Encoding.DER)
