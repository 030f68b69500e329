"""kill -9 at any moment of an application: exactly one link on both sides, or nothing and a second attempt succeeds."""

import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

import pytest
from citizens import SERVICE, Applicant
from running_town import NOTHING_CHANGED, RunningTown, own_database, running_town, wait_until
from two_sides import Held, Left, TwoSides

from demo.processes import Process, start

ROUNDS: Final = 20
SEED: Final = 20200908
WARM_UPS: Final = 3
VICTIMS: Final = ("platform", "service")


@dataclass(frozen=True)
class Moment:
    """When a program is killed: so many seconds after the signature, or after the application was committed."""

    seconds: float
    is_after_commit: bool = False

    def __str__(self) -> str:
        return f"{self.seconds * 1000:3.0f} ms after the {'commit' if self.is_after_commit else 'signature'}"


@dataclass(frozen=True)
class Round:
    """One kill: how far the application had come, what was heard, what was held after the restart, what came then."""

    applicant: Applicant
    victim: str
    left: Left
    was_acknowledged: bool
    after_restart: Held
    second_answer: str


@dataclass(frozen=True)
class Killer:
    """Ends programs with kill -9 while somebody's application is on its way."""

    running: RunningTown
    sides: TwoSides

    def run_round(self, applicant: Applicant, *, victim: str, moment: Moment) -> Round:
        """Hand in a signature, kill at a moment, start again, and let the citizen try a second time."""
        processes = self._processes_of(victim)
        hand_in = applicant.sign_application()
        with ThreadPoolExecutor() as pool:
            answer = pool.submit(hand_in)
            if moment.is_after_commit:
                wait_until(lambda: bool(self.look(applicant).applied), "the commit", pause=0.001)
            time.sleep(moment.seconds)
            list(pool.map(Process.kill, processes))
            left = self.look(applicant).left
        start(*processes)
        return Round(
            applicant=applicant,
            victim=victim,
            left=left,
            was_acknowledged=answer.result() is not None,
            after_restart=self.look(applicant),
            second_answer=applicant.apply(),
        )

    def measure_way(self, applicant: Applicant) -> tuple[float, float]:
        """Return the seconds from the signature to the site's answer, and to the link's last step."""
        hand_in = applicant.sign_application()
        started = time.monotonic()
        hand_in()
        answered = time.monotonic() - started
        while not self.look(applicant).is_one_link:
            time.sleep(0.001)
        return answered, time.monotonic() - started

    def look(self, applicant: Applicant) -> Held:
        """Return what both sides hold of somebody."""
        return self.sides.look(applicant.account_id, acts=applicant.acts)

    def _processes_of(self, victim: str) -> list[Process]:
        running = self.running
        return [running.site, running.worker] if victim == "platform" else [running.service(SERVICE)]


@dataclass(frozen=True)
class Aftermath:
    """All rounds, and what both sides hold when everything that was on its way has arrived."""

    rounds: list[Round]
    held: list[Held]
    tokens: tuple[list[bytes], list[bytes]]
    journal: str


@pytest.fixture(scope="module")
def aftermath(database_url: str) -> Iterator[Aftermath]:
    """Kill twenty times; the processes themselves are gone once the fixture is over, or it fails."""
    with (
        own_database(database_url) as url,
        running_town(services=(SERVICE,), database_url=url) as running,
        TwoSides.opened(running.town, database_url=url) as sides,
        ExitStack() as people,
    ):
        killer = Killer(running, sides)
        applicants = [people.enter_context(Applicant.move_in(running.town, f"{n}")) for n in range(WARM_UPS + ROUNDS)]
        rounds = list(kill_at_random_moments(killer, applicants))
        wait_until(lambda: all(killer.look(each).is_one_link for each in applicants), "every link")
        yield Aftermath(
            rounds=rounds,
            held=[killer.look(each) for each in applicants],
            tokens=killer.sides.get_all_tokens(),
            journal=running.town.command("journal", "verify"),
        )


def kill_at_random_moments(killer: Killer, applicants: list[Applicant]) -> Iterator[Round]:
    """Kill platform and service in turn, each ten times."""
    for applicant in applicants:
        assert applicant.sign_reservation()() is not None
    ways = [killer.measure_way(applicant) for applicant in applicants[:WARM_UPS]]
    answered, linked = (statistics.median(seconds) for seconds in zip(*ways, strict=True))
    tell(f"seed {SEED}; the answer takes {answered * 1000:.0f} ms, the link {linked * 1000:.0f} ms")
    source = random.Random(SEED)
    moments = {victim: draw_moments(source, answered=answered, linked=linked) for victim in VICTIMS}
    for number, applicant in enumerate(applicants[WARM_UPS:]):
        victim = VICTIMS[number % 2]
        moment = moments[victim].pop()
        done = killer.run_round(applicant, victim=victim, moment=moment)
        tell(f"{number:>2} {victim} {moment}: {done.left.value}; then {done.second_answer}")
        yield done


def draw_moments(source: random.Random, *, answered: float, linked: float) -> list[Moment]:
    """Draw ten moments: three before the site's answer, five on the link's way, two about its end.

    On a busy machine a kill comes late: some of them are drawn from ever earlier ones.
    """
    before = [Moment(source.uniform(0, answered / share)) for share in (1, 2, 8)]
    on_the_way = [Moment(source.uniform(0, (linked - answered) / share), True) for share in (1, 2, 8, 32, 128)]
    about_its_end = [Moment(source.uniform(0.9 * linked, 1.2 * linked)) for _ in range(2)]
    return source.sample([*before, *on_the_way, *about_its_end], ROUNDS // 2)


def tell(line: str) -> None:
    """Say what happens; pytest shows it when a test fails."""
    sys.stdout.write(f"{line}\n")


@pytest.mark.slow
class TestKillNine:
    def test_leaves_exactly_one_link_on_both_sides(self, aftermath: Aftermath) -> None:
        assert all(held.is_one_link for held in aftermath.held)
        ours, theirs = aftermath.tokens
        assert ours == theirs
        assert len(ours) == len(aftermath.held) == WARM_UPS + ROUNDS

    def test_leaves_nothing_at_all_of_what_was_not_committed(self, aftermath: Aftermath) -> None:
        lost = [done.after_restart for done in aftermath.rounds if not done.after_restart.applied]
        assert lost
        assert all(held == Held(applied=(), chosen=0, linked=()) for held in lost)

    def test_lets_a_second_attempt_succeed_exactly_when_nothing_was_committed(self, aftermath: Aftermath) -> None:
        for done in aftermath.rounds:
            assert (done.second_answer == "accepted") == (not done.after_restart.applied)
            assert done.second_answer in {"accepted", "already_applied", "account_already_linked"}

    def test_takes_nothing_back_that_was_answered(self, aftermath: Aftermath) -> None:
        answered = [done.after_restart for done in aftermath.rounds if done.was_acknowledged]
        assert answered
        assert all(held.applied for held in answered)

    def test_fell_between_commit_and_answer_often_enough(self, aftermath: Aftermath) -> None:
        pending = [done for done in aftermath.rounds if done.left in {Left.WAITING, Left.UNHEARD}]
        assert len(pending) >= 3
        assert Counter(done.victim for done in pending).keys() == set(VICTIMS)

    def test_leaves_a_journal_that_verifies(self, aftermath: Aftermath) -> None:
        assert NOTHING_CHANGED in aftermath.journal
