"""kill -9 of the database's server while people act: what was answered is there, and everything goes on by itself."""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

import pytest
from citizens import SERVICE, AlreadyLinked, Applicant, HandIn
from running_town import NOTHING_CHANGED, RunningTown, running_town, wait_until
from two_sides import Held, TwoSides

from cardagent.refusal import UnableToSign
from cardagent.site import ActRefused
from demo.story import StepFailed
from mynapoint.console.traces import read_lock

SEED: Final = 20201001
PEOPLE: Final = 12
AT_ONCE: Final = 4
PATIENCE: Final = 60


@dataclass(frozen=True)
class Aftermath:
    """What people were answered, and what is held once they have all done what they wanted."""

    receipts: set[str]
    entries: set[str]
    held: list[Held]
    was_cut_off: bool
    has_the_worker_died: bool
    journal: str


def persist(sign: Callable[[], HandIn], *, done: str) -> str | None:
    """Try until the act is done; return its receipt, None when it turns out that an earlier try had done it."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            answer = sign()()
        except AlreadyLinked:
            return None
        except ActRefused as refused:
            assert refused.code in {done, "unavailable"}
            if refused.code == done:
                return None
            answer = None
        except (StepFailed, UnableToSign):
            answer = None
        if answer:
            return answer.receipt
        time.sleep(0.1)
    raise AssertionError(f"not done within {PATIENCE} s")


def act(applicant: Applicant) -> list[str | None]:
    """Reserve and apply, whatever happens."""
    reserved = persist(applicant.sign_reservation, done="already_reserved")
    return [reserved, persist(applicant.sign_application, done="already_applied")]


def kill_database(running: RunningTown) -> None:
    """End the server's first process at once; its children notice."""
    pid = read_lock(running.own_server().place.data / "postmaster.pid")
    assert pid
    os.kill(pid, signal.SIGKILL)


def are_linked(applicants: list[Applicant], *, sides: TwoSides) -> bool:
    """Tell whether everybody is linked."""
    return all(sides.look(each.account_id, acts=each.acts).is_one_link for each in applicants)


@pytest.fixture(scope="module")
def aftermath() -> Iterator[Aftermath]:
    with running_town(services=(SERVICE,)) as running, ExitStack() as people:
        url, town = running.own_server().url, running.town
        applicants = [people.enter_context(Applicant.move_in(town, f"{n}")) for n in range(PEOPLE)]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            acts = [pool.submit(act, applicant) for applicant in applicants]
            wait_until(acts[0].done, "the first person's acts")
            time.sleep(random.Random(SEED).uniform(0, 0.05))
            kill_database(running)
            was_cut_off = not all(each.done() for each in acts)
            town.command("db", "start")
            receipts = {receipt for each in acts for receipt in each.result() if receipt}
        with TwoSides.opened(town, database_url=url) as sides:
            wait_until(lambda: are_linked(applicants, sides=sides), "every link")
            yield Aftermath(
                receipts=receipts,
                entries={str(entry) for (entry,) in sides.platform.execute("SELECT id FROM journal_entry")},
                held=[sides.look(applicant.account_id, acts=applicant.acts) for applicant in applicants],
                was_cut_off=was_cut_off,
                has_the_worker_died=running.worker.has_died,
                journal=town.command("journal", "verify"),
            )


@pytest.mark.slow
class TestKillNineOfTheDatabase:
    def test_falls_while_people_act(self, aftermath: Aftermath) -> None:
        assert aftermath.was_cut_off

    def test_is_outlived_by_the_worker(self, aftermath: Aftermath) -> None:
        assert not aftermath.has_the_worker_died

    def test_takes_nothing_back_that_was_answered(self, aftermath: Aftermath) -> None:
        assert aftermath.receipts <= aftermath.entries

    def test_leaves_exactly_one_link_for_everybody(self, aftermath: Aftermath) -> None:
        assert len(aftermath.held) == PEOPLE
        assert all(held.is_one_link for held in aftermath.held)

    def test_leaves_a_journal_that_verifies(self, aftermath: Aftermath) -> None:
        assert NOTHING_CHANGED in aftermath.journal
