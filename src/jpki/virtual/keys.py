"""Where the keys of virtual cards come from, and how a key of the test authority signs."""

from collections.abc import Callable
from enum import StrEnum
from threading import Lock

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

SigningKey = RSAPrivateKey | ec.EllipticCurvePrivateKey
DrawKey = Callable[[], RSAPrivateKey]
"""A source of RSA keys of 2048 bits."""


class KeyKind(StrEnum):
    """The kinds of keys that cards have: today's, and the next generation's."""

    RSA_2048 = "rsa-2048"
    ECDSA_P384 = "ecdsa-p384"


def generate_key() -> RSAPrivateKey:
    """This will make a key as cards have it, which takes a twentieth of a second."""
    return generate_private_key(public_exponent=65537, key_size=2048)


def draw_key_of(kind: KeyKind, *, draw_rsa_key: DrawKey) -> SigningKey:
    """This will give a key of the kind; one on a curve is made at once, for that takes no time."""
    return draw_rsa_key() if kind is KeyKind.RSA_2048 else ec.generate_private_key(ec.SECP384R1())


def choose_hash(key: SigningKey) -> hashes.SHA256 | hashes.SHA384:
    """This will choose the hash that is as strong as the key, as certificates and statements pair them."""
    return hashes.SHA256() if isinstance(key, RSAPrivateKey) else hashes.SHA384()


def sign(key: SigningKey, message: bytes) -> bytes:
    """This will sign a message: PKCS#1 v1.5, or ECDSA in DER (RFC 3279, 2.2.3)."""
    if isinstance(key, RSAPrivateKey):
        return key.sign(message, PKCS1v15(), choose_hash(key))
    return key.sign(message, ec.ECDSA(choose_hash(key)))


class KeyPool:
    """So many keys, made when first drawn and then drawn again in turn: for crowds of test cards, which share them."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._keys: list[RSAPrivateKey] = []
        self._drawn = 0
        self._lock = Lock()

    def draw(self) -> RSAPrivateKey:
        """This will give the next key."""
        with self._lock:
            if len(self._keys) < self._size:
                self._keys.append(generate_key())
            self._drawn += 1
            return self._keys[(self._drawn - 1) % self._size]
