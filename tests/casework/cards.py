"""Cards that people put down: an RSA key of 2,048 bits, as real cards have, and a certificate that says whose it is."""

from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from mynapoint.act.rules import Submission
from mynapoint.case.rules import Fingerprint, fingerprint_of

Person = int


@dataclass(frozen=True, slots=True, eq=False)
class Card:
    """A card, of which only the platform and the witness ask whose it is."""

    person: Person
    key: RSAPrivateKey
    certificate: bytes
    fingerprint: Fingerprint

    @classmethod
    def make(cls, person: Person, key: RSAPrivateKey, certificate: bytes) -> "Card":
        return cls(person, key, certificate, fingerprint_of(certificate))

    def sign(self, statement: bytes) -> Submission:
        """Sign a statement, as the card does once its PIN was right."""
        return Submission(self.key.sign(statement, PKCS1v15(), hashes.SHA256()), self.certificate)


MakeCard = Callable[[Person], Card]
