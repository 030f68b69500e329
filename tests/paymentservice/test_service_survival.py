"""kill -9 at any moment: no link is lost, none is made twice."""

import random
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from service_process import ServiceProcess

from paymentservice.bodies import write_body
from paymentservice.encoding import to_base64url
from paymentservice.exchange import PeerUnreachable
from paymentservice.wire import AccountCheck, AccountConfirmed, Linked, LinkOrder

PROGRAMME = "mynapoint-2020"
ROUNDS = 20


def reference_for(service: ServiceProcess, customer: dict[str, object]) -> str:
    asked = AccountCheck.model_validate(
        {"programme": PROGRAMME, "account_id": customer["account_id"], "codes": customer["codes"]}
    )
    with service.client() as client:
        return client.ask(AccountConfirmed, "POST", "/account-checks", content=write_body(asked)).account_reference


def link_until_answered(service: ServiceProcess, order: LinkOrder, *, up: threading.Event) -> Linked:
    """Ask as the platform's queue does: again and again with the same token until an answer comes."""
    while True:
        up.wait(timeout=60)
        try:
            with service.client(timeout=5) as client:
                return client.ask(Linked, "POST", "/links", content=write_body(order))
        except PeerUnreachable:
            time.sleep(0.01)


def kill_and_restart(service: ServiceProcess, *, after: float, up: threading.Event) -> None:
    time.sleep(after)
    up.clear()
    service.kill()
    service.start()
    up.set()


@pytest.mark.slow
class TestLinksUnderKill:
    def test_are_there_exactly_once_afterwards(self, tmp_path_factory: pytest.TempPathFactory) -> None:
        service = ServiceProcess.prepare("hanamaru", tmp_path_factory.mktemp("killed")).start()
        try:
            moments = random.Random(20200901)
            for number in range(ROUNDS):
                self._link_while_killing(service, number, after=moments.uniform(0, 0.03))
            with closing(sqlite3.connect(service.folder / "hanamaru.sqlite3")) as database:
                counts = database.execute("SELECT count(*), count(DISTINCT owner_id) FROM reference_link").fetchone()
            assert counts == (ROUNDS, ROUNDS)
        finally:
            service.stop()

    def _link_while_killing(self, service: ServiceProcess, number: int, *, after: float) -> None:
        customer = service.run("account", "open")
        order = LinkOrder(
            programme=PROGRAMME,
            link_token=to_base64url(bytes([number]) * 16),
            account_reference=reference_for(service, customer),
        )
        up = threading.Event()
        up.set()
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(link_until_answered, service, order, up=up)
            kill_and_restart(service, after=after, up=up)
            assert answer.result(timeout=60) == Linked(link_token=order.link_token)
        assert link_until_answered(service, order, up=up) == Linked(link_token=order.link_token)
