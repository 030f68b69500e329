"""How the test authority's generations are kept in its folder, as PEM files that any tool can read."""

from pathlib import Path
from typing import Final, cast

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from jpki.virtual.contents import Purpose
from jpki.virtual.errors import NoAuthority
from jpki.virtual.files import write_durably
from jpki.virtual.issuing import IssuingCa
from jpki.virtual.keys import SigningKey

ANCHORS_NAME: Final = "anchors"
"""The folder with all generations that issue user-authentication certificates: what a verifier is to trust."""

_CERTIFICATE_NAME: Final = "ca.pem"
_KEY_NAME: Final = "ca.key.pem"
_RESPONDER_NAME: Final = "responder.pem"
_RESPONDER_KEY_NAME: Final = "responder.key.pem"


def write_cas(folder: Path, cas: tuple[IssuingCa, ...]) -> None:
    """This will keep every generation in a folder of its own, eldest first, and the anchors in another."""
    for purpose in Purpose:
        for number, ca in enumerate((ca for ca in cas if ca.purpose is purpose), start=1):
            _write_ca(folder / f"{purpose}-{number}", ca)
    anchors = folder / ANCHORS_NAME
    anchors.mkdir()
    for number, ca in enumerate((ca for ca in cas if ca.purpose is Purpose.AUTHENTICATION), start=1):
        write_durably(anchors / f"{number}.pem", ca.certificate.public_bytes(Encoding.PEM))


def read_cas(folder: Path) -> tuple[IssuingCa, ...]:
    """This will read what `write_cas` wrote.

    :raises NoAuthority: when it is not there, or not whole.
    """
    try:
        cas = [_read_ca(home, purpose) for purpose in Purpose for home in sorted(folder.glob(f"{purpose}-*"))]
    except (OSError, ValueError):
        raise NoAuthority from None
    if {ca.purpose for ca in cas} != set(Purpose):
        raise NoAuthority
    return tuple(cas)


def _write_ca(home: Path, ca: IssuingCa) -> None:
    home.mkdir()
    write_durably(home / _CERTIFICATE_NAME, ca.certificate.public_bytes(Encoding.PEM))
    write_durably(home / _KEY_NAME, _encode_key(ca.key))
    write_durably(home / _RESPONDER_NAME, ca.responder_certificate.public_bytes(Encoding.PEM))
    write_durably(home / _RESPONDER_KEY_NAME, _encode_key(ca.responder_key))


def _read_ca(home: Path, purpose: Purpose) -> IssuingCa:
    return IssuingCa(
        purpose=purpose,
        certificate=x509.load_pem_x509_certificate((home / _CERTIFICATE_NAME).read_bytes()),
        key=_read_key(home / _KEY_NAME),
        responder_certificate=x509.load_pem_x509_certificate((home / _RESPONDER_NAME).read_bytes()),
        responder_key=_read_key(home / _RESPONDER_KEY_NAME),
    )


def _encode_key(key: SigningKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _read_key(path: Path) -> SigningKey:
    # The authority wrote the key itself: checking it again would take as long as making one.
    key = load_pem_private_key(path.read_bytes(), password=None, unsafe_skip_rsa_key_validation=True)
    return cast(SigningKey, key)
