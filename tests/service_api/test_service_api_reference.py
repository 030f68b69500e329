"""The platform's door and the reference service, each as it is, over a real socket."""

from collections.abc import Iterator
from typing import cast

import pytest
from reference_service import ReferenceService, running_service
from service_api_cast import NOON

from mynapoint.application.rules import (
    AccountAlreadyLinked,
    AccountNotConfirmed,
    LinkRefused,
    LinkStanding,
    LinkStandingOrder,
    LinkToken,
    ServiceUnreachable,
    TooManyAttempts,
    UnableToApply,
)
from mynapoint.service_api.door import HttpPaymentServiceDoor
from mynapoint.service_api.identity import platform_key
from mynapoint.service_api.transport import BoundedTransport
from paymentservice.encoding import to_base64url

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReferenceService]:
    with running_service(tmp_path_factory.mktemp("hanamaru")) as service:
        yield service


@pytest.fixture
def door() -> Iterator[HttpPaymentServiceDoor]:
    door = HttpPaymentServiceDoor(key=platform_key(), clock=lambda: NOON, transport=BoundedTransport())
    yield door
    door.close()


class TestDoor:
    def check(self, door: HttpPaymentServiceDoor, service: ReferenceService, *, account: str, codes: list[str]) -> str:
        checked = door.check_account(
            service.entry, programme_id=service.programme, account_id=account, codes=codes, at=NOON
        )
        assert account not in checked.hint
        return checked.reference

    def link(self, door: HttpPaymentServiceDoor, service: ReferenceService, *, token: bytes, reference: str) -> None:
        door.link(
            service.entry,
            programme_id=service.programme,
            link_token=LinkToken(token),
            reference=reference,
            at=NOON,
        )

    def test_links_an_account_once(self, door: HttpPaymentServiceDoor, service: ReferenceService) -> None:
        opened = service.run("account", "open")
        account, codes = opened["account_id"], opened["codes"]
        reference = self.check(door, service, account=account, codes=codes)
        for _ in range(2):
            self.link(door, service, token=b"t" * 16, reference=reference)
        with pytest.raises(LinkRefused) as caught:
            self.link(door, service, token=b"u" * 16, reference=reference)
        assert caught.value.reason in {"account_already_linked", "reference_unknown"}
        with pytest.raises(AccountAlreadyLinked):
            self.check(door, service, account=account, codes=codes)

    def test_has_a_link_held_and_resumed(self, door: HttpPaymentServiceDoor, service: ReferenceService) -> None:
        opened = service.run("account", "open")
        account = opened["account_id"]
        self.link(
            door, service, token=b"w" * 16, reference=self.check(door, service, account=account, codes=opened["codes"])
        )
        for number, standing in ((1, "held"), (1, "held"), (2, "resumed"), (1, "held")):
            order = LinkStandingOrder(service.programme, LinkToken(b"w" * 16), number, cast(LinkStanding, standing))
            door.stand(service.entry, order, at=NOON)
        assert service.run("account", "show", account)["held_programmes"] == []

    def test_takes_no_answer_for_a_link_that_there_is_not(
        self, door: HttpPaymentServiceDoor, service: ReferenceService
    ) -> None:
        with pytest.raises(ServiceUnreachable):
            door.stand(service.entry, LinkStandingOrder(service.programme, LinkToken(b"x" * 16), 1, "held"), at=NOON)

    def test_refuses_a_reference_that_nobody_gave(
        self, door: HttpPaymentServiceDoor, service: ReferenceService
    ) -> None:
        with pytest.raises(LinkRefused) as caught:
            self.link(door, service, token=b"v" * 16, reference=to_base64url(bytes(32)))
        assert caught.value.reason == "reference_unknown"

    def test_is_stopped_after_too_many_tries(self, door: HttpPaymentServiceDoor, service: ReferenceService) -> None:
        account = service.run("account", "open")["account_id"]
        refusals = [self.refusal_of(door, service, account=account) for _ in range(20)]
        assert isinstance(refusals[0], AccountNotConfirmed)
        assert isinstance(refusals[-1], TooManyAttempts)
        assert refusals[-1].retry_after > 0

    def refusal_of(self, door: HttpPaymentServiceDoor, service: ReferenceService, *, account: str) -> UnableToApply:
        with pytest.raises(UnableToApply) as caught:
            self.check(door, service, account=account, codes=["000000"])
        return caught.value
