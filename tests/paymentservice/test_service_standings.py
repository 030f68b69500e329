"""Links that the platform has held, resumed and stopped, over HTTP."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import get_args

import pytest
from platform_stub import PlatformStub
from service_parties import PLATFORM, public_keys
from service_process import ServiceProcess
from test_service_endpoints import PROGRAMME, Customer, check, link, open_customer, problem_of

from paymentservice.bodies import write_body
from paymentservice.clock import FileClock
from paymentservice.encoding import to_base64url
from paymentservice.wire import LinkStands, Standing, StandingOrder

OCTOBER = datetime.fromisoformat("2020-10-01T00:00:00+09:00")


@pytest.fixture
def customer(hanamaru: ServiceProcess) -> Customer:
    return open_customer(hanamaru)


@pytest.fixture
def token(hanamaru: ServiceProcess, customer: Customer) -> bytes:
    """Link the customer's account."""
    return link_customer(hanamaru, customer)


def link_customer(service: ServiceProcess, customer: Customer) -> bytes:
    token = secrets.token_bytes(16)
    link(service, check(service, customer.account_id, customer.codes).account_reference, token)
    return token


def order(service: ServiceProcess, token: bytes, number: int, standing: Standing) -> LinkStands:
    asked = StandingOrder(programme=PROGRAMME, link_token=to_base64url(token), number=number, standing=standing)
    with service.client() as client:
        return client.ask(LinkStands, "POST", "/link-standings", content=write_body(asked))


def points(service: ServiceProcess, customer: Customer) -> int:
    shown: int = service.run("account", "show", customer.account_id)["points"]
    return shown


class TestHeld:
    def test_is_granted_nothing_until_it_is_resumed(
        self, hanamaru: ServiceProcess, customer: Customer, token: bytes
    ) -> None:
        hanamaru.run("wallet", "charge", customer.account_id, "4000")
        before = points(hanamaru, customer)
        assert order(hanamaru, token, 1, "held").standing == "held"
        hanamaru.run("wallet", "charge", customer.account_id, "4000")
        assert points(hanamaru, customer) == before
        assert hanamaru.run("account", "show", customer.account_id)["held_programmes"] == [PROGRAMME]
        order(hanamaru, token, 2, "resumed")
        assert points(hanamaru, customer) == 2 * before
        assert hanamaru.run("account", "show", customer.account_id)["held_programmes"] == []


class TestStopped:
    def test_gives_back_what_it_was_granted(self, hanamaru: ServiceProcess, customer: Customer, token: bytes) -> None:
        hanamaru.run("wallet", "charge", customer.account_id, "4000")
        order(hanamaru, token, 1, "stopped")
        hanamaru.run("wallet", "charge", customer.account_id, "4000")
        assert points(hanamaru, customer) == 0
        assert hanamaru.run("account", "show", customer.account_id)["linked_programmes"] == []

    def test_lets_the_account_be_linked_anew_and_earn_from_nothing(
        self, hanamaru: ServiceProcess, customer: Customer, token: bytes
    ) -> None:
        hanamaru.run("wallet", "charge", customer.account_id, "4000")
        granted = points(hanamaru, customer)
        order(hanamaru, token, 1, "stopped")
        link_customer(hanamaru, customer)
        hanamaru.run("wallet", "charge", customer.account_id, "4000")
        assert points(hanamaru, customer) == granted

    def test_stays_stopped(self, hanamaru: ServiceProcess, token: bytes) -> None:
        order(hanamaru, token, 1, "stopped")
        for standing in ("held", "resumed"):
            assert problem_of(lambda told=standing: order(hanamaru, token, 2, told)).code == "link_ended"


class TestOrders:
    def test_change_nothing_when_they_come_again_or_late(self, hanamaru: ServiceProcess, token: bytes) -> None:
        assert order(hanamaru, token, 1, "held") == order(hanamaru, token, 1, "held")
        resumed = order(hanamaru, token, 2, "resumed")
        assert order(hanamaru, token, 1, "held") == resumed

    def test_are_one_for_each_number(self, hanamaru: ServiceProcess, token: bytes) -> None:
        order(hanamaru, token, 1, "held")
        refused = problem_of(lambda: order(hanamaru, token, 1, "stopped"))
        assert (refused.status, refused.code) == (409, "standing_differs")

    def test_name_a_link_that_there_is(self, hanamaru: ServiceProcess) -> None:
        refused = problem_of(lambda: order(hanamaru, secrets.token_bytes(16), 1, "held"))
        assert (refused.status, refused.code) == (404, "link_unknown")

    @pytest.mark.parametrize("standing", get_args(Standing))
    def test_survive_the_service_s_sudden_end(self, hanamaru: ServiceProcess, token: bytes, standing: Standing) -> None:
        taken = order(hanamaru, token, 1, standing)
        hanamaru.kill()
        hanamaru.start()
        assert order(hanamaru, token, 1, standing) == taken

    def test_leave_one_that_is_newest_however_they_race(self, hanamaru: ServiceProcess, token: bytes) -> None:
        told: list[tuple[int, Standing]] = [(1, "held"), (2, "resumed"), (3, "held"), (4, "resumed")]
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda said: order(hanamaru, token, *said), told))
        assert order(hanamaru, token, 1, "held") == LinkStands(
            link_token=to_base64url(token), number=4, standing="resumed"
        )


class TestClosing:
    def test_has_nothing_of_a_stopped_link_and_no_more_of_a_held_one(self, tmp_path: Path) -> None:
        """The later total is the lower one: the platform carries the difference, and pays that much less."""
        stub = PlatformStub(key=PLATFORM, service_keys={}, clock=FileClock(tmp_path / "clock.json"))
        service = ServiceProcess.prepare("hanamaru", tmp_path, platform_url=stub.base_url)
        stub.service_keys = public_keys(service.config.signing_key)
        service.start()
        try:
            customers = [open_customer(service) for _ in range(3)]
            stub.roll = [link_customer(service, customer) for customer in customers]
            for customer in customers:
                service.run("wallet", "charge", customer.account_id, "4000")
            assert self.close(service, "2020-09", at=OCTOBER) == 3000
            order(service, stub.roll[0], 1, "stopped")
            order(service, stub.roll[1], 1, "held")
            for customer in customers:
                service.run("wallet", "charge", customer.account_id, "400")
            assert self.close(service, "2020-10", at=OCTOBER + timedelta(days=31)) == 0 + 1000 + 1100
        finally:
            service.stop()
            stub.stop()

    def close(self, service: ServiceProcess, period: str, *, at: datetime) -> int:
        service.set_clock(at)
        total: int = service.run("close", "--period", period)["total"]
        return total
