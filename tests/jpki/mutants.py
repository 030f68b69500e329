"""Real certificates and OCSP answers with a few bytes changed: the verifier meets each with an error of its own.

`python tests/jpki/mutants.py COUNT` tries as many as it is told (`make mutants`: 200,000); the tests try 20,000.
Lists and lineages come on top.
"""

import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Final

from card_world import AT, BIRTH_DATE, found_authority
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from jpki.certificate import CertificateId, HolderCertificate, UnacceptableCertificate, parse_certificate
from jpki.crl import RevocationListRefused, read_revocation_list
from jpki.lineage import LineageQuestion
from jpki.ocsp import OcspQuestion
from jpki.path import TrustAnchors, check_certificate
from jpki.registry import CertificateRevoked, UnusableAnswer
from jpki.virtual.authority import Authority
from jpki.virtual.contents import FileMemory, Purpose
from jpki.virtual.keys import KeyKind

AGE: Final = timedelta(minutes=10)
UNCHANGED: Final = "unchanged in meaning"


class Word:
    """A real answer, how a verifier hears one (or raises an error of its own), and what it says."""

    def __init__(self, real: bytes, hear: Callable[[bytes], object]) -> None:
        self.real, self.hear, self.said = real, hear, hear(real)


class World:
    """An authority with a card of each kind, one of them revoked too, and every kind of answer about them."""

    def __init__(self, authority: Authority) -> None:
        self.anchors: TrustAnchors = authority.anchors()
        self.certificates = [self._issue(authority, kind, is_revoked=False) for kind in KeyKind]
        ders = [*self.certificates, *(self._issue(authority, kind, is_revoked=True) for kind in KeyKind)]
        self.answers = [self._ask(authority, der) for der in ders]
        self.lineages = [self._ask_lineage(authority, der) for der in ders]
        lists = authority.make_revocation_lists(Purpose.AUTHENTICATION, at=AT)
        self.lists = [Word(crl.public_bytes(Encoding.DER), self._hear_list) for crl in lists]

    def _issue(self, authority: Authority, kind: KeyKind, *, is_revoked: bool) -> bytes:
        path = authority.issue(f"変{kind}{is_revoked}", birth_date=BIRTH_DATE, at=AT, kind=kind)
        if is_revoked:
            authority.revoke(path, at=AT, reason=x509.ReasonFlags.key_compromise)
        return FileMemory(path).read().credentials.authentication.certificate

    def _ask(self, authority: Authority, der: bytes) -> Word:
        certificate = HolderCertificate(parse_certificate(der))
        question = OcspQuestion.about(certificate, issuer=self._find_issuer(CertificateId.of(certificate)))

        def hear(answer: bytes) -> object:
            try:
                question.check_answer(answer, max_age=AGE, at=AT)
            except CertificateRevoked as revoked:
                return revoked.revoked_at, revoked.reason, _get_signed(answer)
            return _get_signed(answer)

        return Word(authority.answer_ocsp(question.request, at=AT), hear)

    def _ask_lineage(self, authority: Authority, der: bytes) -> Word:
        certificate_id = CertificateId.of(parse_certificate(der))
        question, issuer = LineageQuestion.about(certificate_id), self._find_issuer(certificate_id)

        def hear(answer: bytes) -> object:
            return question.check_answer(answer, issuer=issuer, max_age=AGE, at=AT)

        return Word(authority.answer_lineage(question, at=AT), hear)

    def _hear_list(self, der: bytes) -> object:
        return list(read_revocation_list(der, anchors=self.anchors))

    def _find_issuer(self, certificate_id: CertificateId) -> x509.Certificate:
        issuer = self.anchors.find_generation(certificate_id.issuer_key_id)
        assert issuer is not None
        return issuer

    def try_certificate(self, chance: random.Random) -> None:
        """Change a certificate: who it is must not have two spellings."""
        real = chance.choice(self.certificates)
        mutant = mutate(real, chance)
        check_certificate(mutant, anchors=self.anchors, at=AT)
        assert mutant == real, "a certificate has a second spelling"

    def try_answer(self, chance: random.Random) -> None:
        """Change an OCSP answer: where it is taken still, it says what the real one said."""
        self._try_word(self.answers, chance)

    def try_list(self, chance: random.Random) -> None:
        """Change a revocation list: ditto."""
        self._try_word(self.lists, chance)

    def try_lineage(self, chance: random.Random) -> None:
        """Change a lineage service's answer: ditto."""
        self._try_word(self.lineages, chance)

    def _try_word(self, words: list[Word], chance: random.Random) -> None:
        word = chance.choice(words)
        assert word.hear(mutate(word.real, chance)) == word.said, "what was changed says something else"


def _get_signed(answer: bytes) -> bytes:
    return ocsp.load_der_ocsp_response(answer).tbs_response_bytes


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
    """Try so many certificates and OCSP answers, and on top a tenth as many lists and a tenth as many lineages.

    Any error that is not the verifier's own ends it, with the seed in the traceback's frame.
    """
    chance = random.Random(seed)
    tries = chance.choices((world.try_certificate, world.try_answer), weights=(1, 2), k=count)
    tries += [world.try_list, world.try_lineage] * (count // 10)
    return Counter(_try_one(which, chance) for which in tries)


def _try_one(which: Callable[[random.Random], None], chance: random.Random) -> str:
    """Say what became of one: the error's name, or that nothing was changed that counts."""
    kind = which.__name__.removeprefix("try_")
    try:
        which(chance)
    except (UnacceptableCertificate, UnusableAnswer, RevocationListRefused) as error:
        return f"{kind}: {type(error).__name__}"
    return f"{kind}: {UNCHANGED}"


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
