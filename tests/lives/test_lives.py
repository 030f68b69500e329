"""Three thousand random lives with cards: one holder for each person, one person in each holder, every doubt held."""

import pytest
from django.core.management import call_command

from cast import LOADED_AT, PROGRAMME, PROGRAMME_FILE
from lives.mutants import MUTANTS, mutate
from lives.platform import Platform
from lives.simulation import simulate
from mynapoint.programme.operations import load_programme
from mynapoint.programme.queries import get_programme
from mynapoint.programme.rules import Programme

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

LIVES = 3000
LIVES_OF_A_MUTANT = 250


@pytest.fixture
def national() -> Programme:
    load_programme(PROGRAMME_FILE, at=LOADED_AT)
    return get_programme(PROGRAMME, at=LOADED_AT)


class TestLives:
    def test_never_make_two_of_one_person_or_one_of_two(self, national: Programme) -> None:
        result = simulate(Platform(national), lives=LIVES, seed=20200701)
        assert result.violations == ()
        assert {"passed", "held", "waits", "rejected", "revoked"} <= result.outcomes.keys()
        assert {"decided_attach", "decided_release", "decided_reject"} <= result.outcomes.keys()
        assert result.outcomes["passed"] > LIVES

    def test_are_the_same_for_the_same_seed(self, national: Programme) -> None:
        first = simulate(Platform(national), lives=60, seed=7)
        call_command("flush", interactive=False, verbosity=0)
        assert simulate(Platform(national), lives=60, seed=7) == first

    @pytest.mark.once  # each breaks the rules in Python, on purpose
    @pytest.mark.parametrize("mutant", MUTANTS)
    def test_find_a_platform_that(self, national: Programme, mutant: str) -> None:
        result = simulate(mutate(national, MUTANTS[mutant]), lives=LIVES_OF_A_MUTANT, seed=1, is_over_at_first=True)
        assert result.violations
