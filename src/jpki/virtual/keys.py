"""Where the keys of virtual cards come from."""

from collections.abc import Callable
from threading import Lock

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

DrawKey = Callable[[], RSAPrivateKey]
"""A source of RSA keys of 2048 bits."""


def generate_key() -> RSAPrivateKey:
    """This will make a key as cards have it, which takes a twentieth of a second."""
    return generate_private_key(public_exponent=65537, key_size=2048)


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
