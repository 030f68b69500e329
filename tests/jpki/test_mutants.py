"""20,000 mutated certificates, OCSP answers, lists and lineages: typed errors only, and nothing slips through."""

import random
import warnings

import mutants

from jpki.virtual.authority import Authority

COUNT = 20_000


class TestMutants:
    def test_meet_errors_of_the_verifier_s_own_only(self, authority: Authority) -> None:
        with warnings.catch_warnings():
            # Of what is spoilt the library warns before it refuses: a serial of nought, an old encoding.
            warnings.simplefilter("ignore")
            verdicts = mutants.try_many(mutants.World(authority), COUNT, seed=random.SystemRandom().randrange(1 << 32))
        assert sum(verdicts.values()) == COUNT
        accepted = sum(times for verdict, times in verdicts.items() if verdict.endswith(mutants.UNCHANGED))
        assert accepted < COUNT / 50
