"""Fifty thousand sessions at counters where everything goes wrong: nobody is bound but by their own card and word."""

from pathlib import Path

import pytest

from casework.database import DatabasePlatform
from casework.mutants import MUTANTS
from casework.platform import Bound, MemoryPlatform
from casework.simulation import Result, simulate
from casework.town import Town
from casework.witness import Witness
from mynapoint.case.operations import end_lapsed

pytestmark = pytest.mark.slow

SESSIONS = 50_000
SESSIONS_IN_DATABASE = 120
SESSIONS_OF_A_MUTANT = 5000


def simulate_in_memory(*, sessions: int, seed: int) -> Result:
    platform = MemoryPlatform()
    return simulate(platform, sessions=sessions, seed=seed, between=lambda _town: platform.forget_old())


class TestSessions:
    def test_bind_nobody_but_the_signing_card_s_holder_to_the_account_that_they_typed(self) -> None:
        result = simulate_in_memory(sessions=SESSIONS, seed=20200901)
        assert result.wrong == ()
        assert result.sessions >= SESSIONS  # whoever comes together, such as two at one terminal, come both
        assert result.outcomes["signed"] > SESSIONS // 2
        met = {name.partition(":")[2] for name in result.outcomes}
        assert met >= {
            "case_over", "case_elsewhere", "no_card_in_case", "act_not_in_case", "act_not_shown",
            "another_card_in_case", "counter_closed", "act_already_used", "act_expired",
        }  # fmt: skip

    def test_are_the_same_for_the_same_seed(self) -> None:
        assert simulate_in_memory(sessions=300, seed=7) == simulate_in_memory(sessions=300, seed=7)
        assert simulate_in_memory(sessions=300, seed=7) != simulate_in_memory(sessions=300, seed=8)

    @pytest.mark.django_db
    def test_come_to_the_same_in_the_database(self, programme: str, tmp_path: Path) -> None:
        def write_down_what_lapsed(town: Town) -> None:
            if town.is_at_a_round_minute:
                end_lapsed(at=town.at)

        platform = DatabasePlatform(tmp_path / "authority")
        stored = simulate(platform, sessions=SESSIONS_IN_DATABASE, seed=3, between=write_down_what_lapsed)
        assert stored == simulate_in_memory(sessions=SESSIONS_IN_DATABASE, seed=3)
        assert stored.wrong == ()
        assert platform.bound == stored.outcomes["signed"]


class TestMutants:
    @pytest.mark.parametrize("mutant", MUTANTS)
    def test_are_found(self, mutant: str) -> None:
        result = simulate(MUTANTS[mutant](), sessions=SESSIONS_OF_A_MUTANT, seed=2, is_over_at_first=True)
        assert result.wrong


class TestWitness:
    def test_tells_two_people_apart_whose_cards_share_a_key(self) -> None:
        """RSA signs the same statement the same way twice; in a million sessions two such people did."""
        platform = MemoryPlatform()
        taro, hanako = platform.make_card(1), platform.make_card(25)
        assert taro.sign(b"statement").signature == hanako.sign(b"statement").signature
        witness = Witness(account_key=platform.account_key)
        for card in (taro, hanako):
            witness.see_signing(card, card.sign(b"statement"))
        witness.judge(taro.sign(b"statement"), Bound("reservation", taro.person, None))
        assert witness.wrong == []
        witness.judge(taro.sign(b"statement"), Bound("reservation", hanako.person, None))
        assert witness.wrong == ["reservation bound to person 25, signed by the card of 1"]
