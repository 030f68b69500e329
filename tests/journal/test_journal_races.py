from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier, Event

import pytest
from django.db import OperationalError, connection, transaction
from journal_parties import NOON, record_acts, run_sql

from mynapoint.journal.models import Entry, Node, PendingEntry, Position, SignedCheckpoint
from mynapoint.journal.operations import record, sequence
from mynapoint.journal.queries import verify_journal

pytestmark = pytest.mark.django_db(transaction=True)


def run_in_thread(work: Callable[[], object]) -> object:
    """Run in a thread of its own, which means over a connection of its own."""
    try:
        return work()
    finally:
        connection.close()


@contextmanager
def threads(number: int) -> Iterator[Callable[[Callable[[], object]], "Future[object]"]]:
    with ThreadPoolExecutor(number) as pool:
        yield lambda work: pool.submit(run_in_thread, work)


def stored() -> tuple[int, int, int, int]:
    tables = (PendingEntry, Position, Node, SignedCheckpoint)
    return tuple(model.objects.count() for model in tables)  # type: ignore[return-value]


class TestSequencers:
    @pytest.mark.parametrize("limit", [7, 100])
    def test_at_once_give_every_entry_one_place(self, limit: int) -> None:
        record_acts(40)
        start = Barrier(4)

        def run() -> int:
            start.wait()
            return sum(sequence(at=NOON, limit=limit) for _ in range(3))

        with threads(4) as submit:
            counts = [submit(run) for _ in range(4)]
        assert sum(count.result() for count in counts) == 40  # type: ignore[misc]
        assert stored()[:2] == (0, 40)
        assert verify_journal().is_intact

    def test_at_once_sign_one_first_checkpoint(self) -> None:
        start = Barrier(4)

        def run() -> int:
            start.wait()
            return sequence(at=NOON)

        with threads(4) as submit:
            counts = [submit(run) for _ in range(4)]
        assert [count.result() for count in counts] == [0] * 4
        assert stored() == (0, 0, 0, 1)

    def test_run_while_acts_are_recorded_and_miss_none(self) -> None:
        recorders_left = Event()

        def run_acts() -> int:
            return len(record_acts(30))

        def run_sequencer() -> int:
            count = 0
            while not recorders_left.is_set():
                count += sequence(at=NOON, limit=9)
            return count

        with threads(6) as submit:
            sequencers = [submit(run_sequencer) for _ in range(2)]
            recorders = [submit(run_acts) for _ in range(4)]
            for recorder in recorders:
                recorder.result()
            recorders_left.set()
        count = sum(sequencer.result() for sequencer in sequencers)  # type: ignore[misc]
        while waiting := sequence(at=NOON):
            count += waiting
        assert count == Entry.objects.count() == 120
        assert verify_journal().is_intact


class TestSlowAct:
    def test_holds_up_no_sequencer_and_comes_into_a_later_batch(self) -> None:
        recorded, sequenced = Event(), Event()

        def run_slowly() -> None:
            with transaction.atomic():
                record(kind="reservation", facts={}, at=NOON)
                recorded.set()
                assert sequenced.wait(10)

        with threads(1) as submit:
            slow = submit(run_slowly)
            assert recorded.wait(10)
            record_acts(3)
            assert sequence(at=NOON) == 3
            sequenced.set()
            slow.result()
        assert sequence(at=NOON) == 1
        assert verify_journal().is_intact


class TestVerification:
    def test_sees_one_moment_while_acts_are_recorded_and_sequenced(self) -> None:
        record_acts(20)
        verified = Event()

        def keep_going() -> None:
            while not verified.is_set():
                record_acts(2)
                sequence(at=NOON)

        with threads(1) as submit:
            going = submit(keep_going)
            reports = [verify_journal() for _ in range(10)]
            verified.set()
            going.result()
        assert all(report.is_intact for report in reports), [str(report) for report in reports]


class TestKilledSequencer:
    @pytest.mark.parametrize(
        "table", ["journal_position", "journal_node", "journal_pendingentry", "journal_signedcheckpoint"]
    )
    def test_leaves_nothing_half_done_wherever_it_was(self, table: str) -> None:
        """Its connection is cut while it waits to write this table, with everything before it written."""
        record_acts(5)
        sequence(at=NOON)
        record_acts(6)
        before = stored()
        with threads(1) as submit:
            with transaction.atomic():
                run_sql(f"LOCK TABLE {table} IN SHARE MODE")
                killed = submit(lambda: sequence(at=NOON))
                wait_for_lock_and_kill()
            with pytest.raises(OperationalError):
                killed.result()
        assert stored() == before
        assert verify_journal().is_intact
        assert sequence(at=NOON) == 6
        assert verify_journal().is_intact


def wait_for_lock_and_kill() -> None:
    """Cut the one connection that waits for a lock on a table."""
    waiting = """SELECT pg_terminate_backend(pid) FROM pg_locks
                 WHERE NOT granted AND locktype = 'relation'
                   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
    for _ in range(1000):
        if run_sql(waiting):
            return
        run_sql("SELECT pg_sleep(0.01)")
    raise AssertionError("nobody waits")
