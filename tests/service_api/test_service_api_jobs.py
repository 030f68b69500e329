"""Links that wait for their service, and workers that die."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event
from urllib.parse import quote
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import CommandError, call_command
from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import Settings
from service_api_cast import NOON, PROGRAMME, SAKURA, a_service, pending_application
from signed_peer import Answer, SignedPeer, running_peer
from test_service_api_door import confirm_link, json_answer, problem_answer

from cast import LOADED_AT, PROGRAMME_FILE
from mynapoint.act.models import ProposedAct
from mynapoint.application.models import LinkStep
from mynapoint.application.operations import LINK_QUEUE, LINK_TASK
from mynapoint.application.queries import get_state
from mynapoint.application.rules import LinkState
from mynapoint.correction.models import Correction, CorrectionStep
from mynapoint.correction.operations import add_evidence, answer, freeze, propose
from mynapoint.correction.queries import get_correction
from mynapoint.correction.rules import State
from mynapoint.directory.queries import REGISTER
from mynapoint.journal.queries import get_checkpoint
from mynapoint.journal.rules import JournalDamaged
from mynapoint.programme.operations import load_programme
from mynapoint.service_api import nonces, tasks
from mynapoint.service_api.door import get_door
from mynapoint.service_api.models import SeenNonce
from mynapoint.service_api.tasks import LONGEST_PAUSE, pause_after
from mynapoint.service_api.worker import run_worker
from paymentservice.clock import FileClock, set_demo_clock
from paymentservice.messages import Request, Response

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def peer(noon: None) -> Iterator[SignedPeer]:
    """Register a service that answers."""
    get_door.cache_clear()
    with running_peer(confirm_link) as peer:
        REGISTER.add(a_service(SAKURA, address=peer.address), at=NOON)
        yield peer
    get_door().close()
    get_door.cache_clear()


def order_link() -> tuple[UUID, UUID]:
    """Order a link as an application does."""
    holder_id, application_id = pending_application()
    order = {"holder_id": str(holder_id), "application_id": str(application_id)}
    app.configure_task(LINK_TASK, queue=LINK_QUEUE).defer(**order)
    return holder_id, application_id


class TestPauseAfter:
    def test_doubles_up_to_a_minute(self) -> None:
        assert [pause_after(attempts) for attempts in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
        assert pause_after(10**6) == LONGEST_PAUSE


class TestLinkApplication:
    def test_links_what_was_ordered(self, peer: SignedPeer) -> None:
        order = order_link()
        run_worker(wait=False)
        assert get_state(*order) is LinkState.LINKED
        assert not ProcrastinateJob.objects.filter(task_name=LINK_TASK).exists()

    def test_records_a_refusal(self, peer: SignedPeer) -> None:
        peer.answer = lambda _: problem_answer("account_closed", 409)
        order = order_link()
        run_worker(wait=False)
        assert get_state(*order) is LinkState.REFUSED

    def test_tries_again_for_as_long_as_nobody_answers(self, peer: SignedPeer) -> None:
        peer.answer = lambda _: Response(status=503)
        order = order_link()
        run_worker(wait=False)
        job = ProcrastinateJob.objects.get(task_name=LINK_TASK)
        assert (job.status, job.attempts, get_state(*order)) == ("todo", 1, LinkState.PENDING)

    def test_changes_nothing_when_run_again(self, peer: SignedPeer) -> None:
        holder_id, application_id = order_link()
        run_worker(wait=False)
        tasks.link_application(holder_id=str(holder_id), application_id=str(application_id))
        assert LinkStep.objects.filter(application_id=application_id).count() == 1
        assert len(peer.asked) == 1


class TestUpkeep:
    def test_sequences_the_journal(self, peer: SignedPeer) -> None:
        tasks.sequence_journal(timestamp=0)
        assert get_checkpoint() is not None

    def test_names_a_journal_that_cannot_grow(
        self, peer: SignedPeer, settings: Settings, capsys: pytest.CaptureFixture[str]
    ) -> None:
        tasks.sequence_journal(timestamp=0)
        settings.JOURNAL_SIGNING_KEY = Ed25519PrivateKey.generate()
        with pytest.raises(JournalDamaged):
            tasks.sequence_journal(timestamp=0)
        told = json.loads(capsys.readouterr().err.splitlines()[-1])
        assert (told["event"], told["kind"], told["reason"]) == (
            "journal_damaged",
            "journal_signedcheckpoint",
            "other_key",
        )
        with pytest.raises(CommandError, match="MYNAPOINT_JOURNAL_SIGNING_KEY_FILE"):
            call_command("journal", "sequence")

    def test_forgets_old_nonces(self, peer: SignedPeer, settings: Settings) -> None:
        SeenNonce.objects.create(nonce="n" * 22, key_id="sakura-1", seen_at=NOON)
        settings.CLOCK = lambda: NOON + nonces.NONCE_LIFETIME + timedelta(seconds=1)
        tasks.forget_nonces(timestamp=0)
        assert not SeenNonce.objects.exists()

    def test_forgets_acts_that_are_over(self, peer: SignedPeer, settings: Settings) -> None:
        ProposedAct.objects.create(
            id=uuid4(),
            secret_hash=b"",
            kind="inquiry",
            programme=PROGRAMME,
            statement=b"",
            attachment={},
            expires_at=NOON - timedelta(days=1),
        )
        settings.CLOCK = lambda: NOON
        tasks.forget_acts(timestamp=0)
        assert not ProposedAct.objects.exists()

    def test_runs_by_itself(self) -> None:
        registered = {name for name, _ in app.periodic_registry.periodic_tasks}
        forgetting = {"forget_acts", "forget_drafts", "forget_nonces", "forget_tickets", "forget_visits"}
        assert registered == forgetting | {"sequence_journal", "raise_claims", "revive_jobs"} | {
            *("end_lapsed_cases", "follow_corrections"),
        }


@pytest.mark.slow
class TestWorkerProcess:
    def test_stops_when_it_is_asked_to(self, peer: SignedPeer, workers: "Workers") -> None:
        with workers.start() as worker:
            order = order_link()
            wait_until(lambda: get_state(*order) is LinkState.LINKED)
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(timeout=15) == 0

    def test_finishes_a_running_job_before_it_stops(self, peer: SignedPeer, workers: "Workers") -> None:
        asked, may_answer = hold(peer)
        with workers.start() as worker:
            order = order_link()
            assert asked.wait(20)
            worker.send_signal(signal.SIGTERM)
            time.sleep(0.3)
            may_answer.set()
            assert worker.wait(timeout=15) == 0
        assert get_state(*order) is LinkState.LINKED

    def test_links_once_when_it_was_killed_before_the_answer(self, peer: SignedPeer, workers: "Workers") -> None:
        asked, may_answer = hold(peer)
        with workers.start() as worker:
            order = order_link()
            assert asked.wait(20)
            worker.kill()
        may_answer.set()
        assert get_state(*order) is LinkState.PENDING
        with workers.start():
            wait_until(lambda: get_state(*order) is LinkState.LINKED)
        assert len({json.loads(request.body)["link_token"] for request in peer.asked}) == 1
        assert LinkStep.objects.filter(application_id=order[1]).count() == 1

    def test_links_when_the_service_is_back(self, peer: SignedPeer, workers: "Workers") -> None:
        peer.answer = lambda _: Response(status=503)
        with workers.start():
            order = order_link()
            wait_until(lambda: len(peer.asked) >= 2)
            peer.answer = confirm_link
            wait_until(lambda: get_state(*order) is LinkState.LINKED)


@pytest.mark.slow
class TestCorrectionOrders:
    """What a correction orders of a service, over a worker that is killed while the service is being told."""

    def test_come_in_order_and_once_from_whoever_comes_after_a_killed_worker(
        self, peer: SignedPeer, workers: "Workers"
    ) -> None:
        load_programme(PROGRAMME_FILE, at=LOADED_AT)
        correction_id = decide_to_keep()
        asked, may_answer = hold(peer, confirm_standing)
        with workers.start() as worker:
            assert asked.wait(20)
            worker.kill()
        may_answer.set()
        assert get_correction(correction_id, at=NOON).course.told == frozenset()
        with workers.start():
            wait_until(lambda: get_correction(correction_id, at=NOON).state is State.REJECTED)
        orders = [json.loads(one.body) for one in peer.asked if one.url.endswith("/link-standings")]
        told = [(order["number"], order["standing"]) for order in orders]
        assert list(dict.fromkeys(told)) == [(1, "held"), (2, "resumed")]
        steps = CorrectionStep.objects.filter(correction_id=correction_id, kind__in=("told", "rejected"))
        assert list(steps.order_by("index").values_list("kind", "word")) == [
            ("told", "held"),
            ("told", "resumed"),
            ("rejected", ""),
        ]


def decide_to_keep() -> UUID:
    """Have a linked application looked into, and two people decide to keep it; return the correction's number."""
    holder_id, application_id = order_link()
    tasks.link_application(holder_id=str(holder_id), application_id=str(application_id))
    row = Correction.objects.create(
        holder_id=holder_id,
        id=uuid4(),
        application_id=application_id,
        number=1,
        programme=PROGRAMME,
        service="sakura",
        source="office",
        reason="not_my_account",
        user_id=1,
        reported_at=NOON,
    )
    freeze(row.id, user_id=1, at=NOON)
    add_evidence(row.id, "account_seen", user_id=1, at=NOON)
    propose(row.id, "keep", user_id=1, at=NOON)
    answer(row.id, "decided", round_number=1, user_id=2, at=NOON)
    return row.id


def confirm_standing(request: Request) -> Response:
    """Answer as a service that has done what it is told."""
    told = json.loads(request.body)
    return json_answer(200, link_token=told["link_token"], number=told["number"], standing=told["standing"])


class Workers:
    """Starts workers on the test's database and clock."""

    def __init__(self, *, state_dir: Path, clock: Path) -> None:
        self._environment = {
            **os.environ,
            "DATABASE_URL": database_address(),
            "MYNAPOINT_STATE_DIR": str(state_dir),
            "MYNAPOINT_DEMO": "1",
            "MYNAPOINT_DEMO_CLOCK": str(clock),
        }

    @contextmanager
    def start(self) -> Iterator[subprocess.Popen[bytes]]:
        program = Path(__file__).with_name("worker_process.py")
        worker = subprocess.Popen([sys.executable, program], env=self._environment, stderr=subprocess.DEVNULL)
        try:
            yield worker
        finally:
            worker.kill()
            worker.wait()


@pytest.fixture
def workers(peer: SignedPeer, tmp_path: Path, settings: Settings) -> Workers:
    """Return how to start workers; their clock stands at noon, as the test's does."""
    clock = tmp_path / "clock.json"
    set_demo_clock(clock, NOON, running=False)
    settings.CLOCK = FileClock(clock)
    return Workers(state_dir=settings.STATE_DIR, clock=clock)


def database_address() -> str:
    """Write the address of the database that this test uses."""
    given = connection.settings_dict
    user, password = quote(given["USER"]), quote(given["PASSWORD"] or "", safe="")
    return f"postgresql://{user}:{password}@/{given['NAME']}?host={quote(given['HOST'], safe='')}&port={given['PORT']}"


def hold(peer: SignedPeer, then: Answer = confirm_link) -> tuple[Event, Event]:
    """Have the peer wait before it answers; return when it was asked, and what lets it answer."""
    asked, may_answer = Event(), Event()

    def answer(request: Request) -> Response:
        asked.set()
        may_answer.wait(30)
        return then(request)

    peer.answer = answer
    return asked, may_answer


def wait_until(is_so: Callable[[], bool], *, seconds: float = 30.0) -> None:
    """Wait until something is so.

    :raises TimeoutError: when it does not become so.
    """
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.05)
