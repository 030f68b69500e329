"""20,000 mutated certificates, OCSP answers, lists and lineages: typed errors only, and nothing slips through."""

import random
import warnings
from collections import Counter

import mutants

from jpki.virtual.authority import Authority

COUNT = 20_000


class TestMutants:
    def test_meet_errors_of_the_verifier_s_own_only(self, own_authority: Authority) -> None:
        world = mutants.World(own_authority)
        with warnings.catch_warnings():
            # Of what is spoilt the library warns before it refuses: a serial of nought, an old encoding.
            warnings.simplefilter("ignore")
            verdicts = mutants.try_many(world, COUNT, seed=random.SystemRandom().randrange(1 << 32))
        kinds = Counter[str]()
        for verdict, times in verdicts.items():
            kinds[verdict.partition(":")[0]] += times
        assert kinds["certificate"] + kinds["answer"] == COUNT
        assert kinds["list"] == kinds["lineage"] == COUNT // 10
        accepted = sum(times for verdict, times in verdicts.items() if verdict.endswith(mutants.UNCHANGED))
        assert accepted < COUNT / 50
