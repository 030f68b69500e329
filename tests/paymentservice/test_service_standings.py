"""Links that the platform has held, resumed and stopped, over HTTP."""

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, get_args

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


Both = tuple[ServiceProcess, PlatformStub, list[Customer]]


class TestClosing:
    @pytest.fixture
    def both(self, tmp_path: Path) -> Iterator[Both]:
        """A service and a platform that know each other; three linked customers have charged for 1000 points each."""
        stub = PlatformStub(key=PLATFORM, service_keys={}, clock=FileClock(tmp_path / "clock.json"))
        service = ServiceProcess.prepare("hanamaru", tmp_path, platform_url=stub.base_url)
        stub.service_keys = public_keys(service.config.signing_key)
        service.start()
        try:
            customers = [open_customer(service) for _ in range(3)]
            stub.roll = [link_customer(service, customer) for customer in customers]
            for customer in customers:
                service.run("wallet", "charge", customer.account_id, "4000")
            yield service, stub, customers
        finally:
            service.stop()
            stub.stop()

    def test_has_nothing_of_a_stopped_link_and_no_more_of_a_held_one(self, both: Both) -> None:
        """The later total is the lower one: the platform carries the difference, and pays that much less."""
        service, stub, customers = both
        assert self.close(service, "2020-09", at=OCTOBER)["total"] == 3000
        order(service, stub.roll[0], 1, "stopped")
        order(service, stub.roll[1], 1, "held")
        for customer in customers:
            service.run("wallet", "charge", customer.account_id, "400")
        assert self.close(service, "2020-10", at=OCTOBER + timedelta(days=31))["total"] == 0 + 1000 + 1100

    def test_is_sealed_again_with_what_was_corrected_once_it_is_reopened(self, both: Both) -> None:
        service, stub, _ = both
        first = self.close(service, "2020-09", at=OCTOBER)
        stub.cap = 999
        assert service.run("answer-audit", "--period", "2020-09")["state"] == "rejected"
        stub.cap = 5000
        order(service, stub.roll[0], 1, "stopped")
        assert "not_reopened" in service.try_run("close", "--period", "2020-09", "--again").stderr
        stub.verdicts["2020-09"] = "reopened"
        assert self.close(service, "2020-09", at=OCTOBER)["root"] == first["root"]
        stub.verdicts["2020-09"] = "reopened"
        again = self.close(service, "2020-09", "--again", at=OCTOBER)
        assert (again["total"], again["state"]) == (2000, "sealed")
        assert self.close(service, "2020-09", at=OCTOBER)["root"] == again["root"] != first["root"]
        assert service.run("answer-audit", "--period", "2020-09")["state"] == "accepted"

    def close(self, service: ServiceProcess, period: str, *words: str, at: datetime) -> dict[str, Any]:
        service.set_clock(at)
        return service.run("close", "--period", period, *words)
