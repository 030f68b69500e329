"""Real certificates and OCSP answers with a few bytes changed: the verifier meets each with an error of its own.

`python tests/jpki/mutants.py COUNT` tries as many as it is told (`make mutants`: 200,000); the tests try 20,000.
"""

import random
import sys
import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Final

from card_world import AT, BIRTH_DATE, found_authority
from cryptography.hazmat.primitives.serialization import Encoding

from jpki.certificate import CertificateId, HolderCertificate, UnacceptableCertificate, parse_certificate
from jpki.crl import RevocationListRefused, read_revocation_list
from jpki.lineage import LineageQuestion
from jpki.ocsp import OcspQuestion
from jpki.path import TrustAnchors, check_certificate
from jpki.registry import CertificateRevoked, UnusableAnswer
from jpki.virtual.authority import Authority
from jpki.virtual.contents import Purpose
from jpki.virtual.keys import KeyKind

AGE: Final = timedelta(minutes=10)
UNCHANGED: Final = "unchanged in meaning"


class World:
    """An authority with a card of each kind, and every kind of answer about them."""

    def __init__(self, authority: Authority) -> None:
        self.anchors: TrustAnchors = authority.anchors()
        cards = [authority.make_card("変", birth_date=BIRTH_DATE, at=AT, kind=kind) for kind in KeyKind]
        self.certificates = [card.credentials.authentication.certificate for card in cards]
        self.answers = [self._ask(authority, der) for der in self.certificates]
        self.lineages = [self._ask_lineage(authority, der) for der in self.certificates]
        lists = authority.make_revocation_lists(Purpose.AUTHENTICATION, at=AT)
        self.lists = [crl.public_bytes(Encoding.DER) for crl in lists]

    def _ask(self, authority: Authority, der: bytes) -> tuple[OcspQuestion, bytes]:
        certificate = HolderCertificate(parse_certificate(der))
        issuer = self.anchors.find_generation(CertificateId.of(certificate).issuer_key_id)
        assert issuer is not None
        question = OcspQuestion.about(certificate, issuer=issuer)
        return question, authority.answer_ocsp(question.request, at=AT)

    def _ask_lineage(self, authority: Authority, der: bytes) -> tuple[LineageQuestion, bytes]:
        question = LineageQuestion.about(CertificateId.of(parse_certificate(der)))
        return question, authority.answer_lineage(question, at=AT)

    def try_one(self, chance: random.Random) -> str:
        """Change one of them and see what becomes of it: the error's name, or that it changed nothing that counts."""
        which = chance.choice(
            (self._try_certificate, self._try_answer, self._try_answer, self._try_list, self._try_lineage)
        )
        try:
            which(chance)
        except (UnacceptableCertificate, UnusableAnswer, RevocationListRefused) as error:
            return f"{which.__name__[5:]}: {type(error).__name__}"
        return f"{which.__name__[5:]}: {UNCHANGED}"

    def _try_certificate(self, chance: random.Random) -> None:
        real = chance.choice(self.certificates)
        mutant = mutate(real, chance)
        check_certificate(mutant, anchors=self.anchors, at=AT)
        assert mutant == real, "a certificate has a second spelling"

    def _try_answer(self, chance: random.Random) -> None:
        question, real = chance.choice(self.answers)
        try:
            question.check_answer(mutate(real, chance), max_age=AGE, at=AT)
        except CertificateRevoked:
            raise AssertionError("a changed answer revokes") from None

    def _try_list(self, chance: random.Random) -> None:
        assert list(read_revocation_list(mutate(chance.choice(self.lists), chance), anchors=self.anchors)) == []

    def _try_lineage(self, chance: random.Random) -> None:
        place = chance.randrange(len(self.lineages))
        question, real = self.lineages[place]
        key_id = question.certificate.decode().issuer_key_id
        issuer = self.anchors.find_generation(key_id)
        assert issuer is not None
        asked = question.check_answer(real, issuer=issuer, max_age=AGE, at=AT)
        assert question.check_answer(mutate(real, chance), issuer=issuer, max_age=AGE, at=AT) == asked


def mutate(real: bytes, chance: random.Random) -> bytes:
    """Change some bytes, or cut some out, or put some in, or double a piece."""
    octets = bytearray(real)
    place, length = chance.randrange(len(octets)), chance.choice((1, 1, 2, 4, 40))
    match chance.randrange(6):
        case 0:
            del octets[place : place + length]
        case 1:
            octets[place:place] = chance.randbytes(length)
        case 2:
            octets[place:place] = octets[place : place + length]
        case _:
            for _ in range(chance.choice((1, 1, 1, 2, 5))):
                octets[chance.randrange(len(octets))] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
    return bytes(octets)


def try_many(world: World, count: int, *, seed: int) -> Counter[str]:
    """Try so many mutants; any error that is not the verifier's own ends it, with the seed in the traceback's frame."""
    chance = random.Random(seed)
    return Counter(world.try_one(chance) for _ in range(count))


def main() -> None:
    """Try as many mutants as the command says, and print what became of them."""
    count, seed = int(sys.argv[1]), random.SystemRandom().randrange(1 << 32)
    sys.stdout.write(f"{count} mutants, seed {seed}\n")
    with tempfile.TemporaryDirectory() as folder:
        verdicts = try_many(World(found_authority(Path(folder) / "authority")), count, seed=seed)
    for verdict, times in verdicts.most_common():
        sys.stdout.write(f"{times:>8} {verdict}\n")


if __name__ == "__main__":
    main()
