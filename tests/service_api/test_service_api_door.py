"""What the platform asks a payment service, and which answers it relies on."""

import json
import logging
import secrets
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from service_api_cast import FUJI, NOON, PROGRAMME, SAKURA, a_service
from signed_peer import SignedPeer, running_peer

from mynapoint.application.rules import (
    AccountAlreadyLinked,
    AccountClosed,
    AccountNotConfirmed,
    CheckedAccount,
    LinkRefused,
    LinkToken,
    ServiceUnreachable,
    TooManyAttempts,
    UnableToApply,
)
from mynapoint.service_api.door import HintRefused, HttpPaymentServiceDoor, check_hint
from mynapoint.service_api.identity import platform_key
from mynapoint.service_api.transport import BoundedTransport
from paymentservice.bodies import BODY_LIMIT
from paymentservice.encoding import to_base64url
from paymentservice.messages import Request, Response
from paymentservice.problems import CONTENT_TYPE, Problem, problem_body

ACCOUNT_ID = "123456789012"
CODE = "8524"
REFERENCE = to_base64url(b"r" * 32)
TOKEN = LinkToken(b"t" * 16)


def json_answer(status: int, **members: object) -> Response:
    return Response(status=status, headers={"Content-Type": "application/json"}, body=json.dumps(members).encode())


def problem_answer(code: str, status: int, **data: str | int) -> Response:
    body = problem_body(Problem(code=code, title="見本", status=status, detail="見本です。", data=data))
    return Response(status=status, headers={"Content-Type": CONTENT_TYPE}, body=body)


def confirm(_: Request) -> Response:
    return json_answer(200, account_reference=REFERENCE, hint="●●●●-9012")


def confirm_link(request: Request) -> Response:
    return json_answer(201, link_token=json.loads(request.body)["link_token"], state="linked")


@pytest.fixture
def peer() -> Iterator[SignedPeer]:
    with running_peer(confirm) as peer:
        yield peer


@pytest.fixture
def door() -> Iterator[HttpPaymentServiceDoor]:
    transport = BoundedTransport()
    yield HttpPaymentServiceDoor(key=platform_key(), clock=lambda: NOON, transport=transport)
    transport.close()


def check(door: HttpPaymentServiceDoor, peer: SignedPeer) -> CheckedAccount:
    service = a_service(SAKURA, address=peer.address)
    return door.check_account(service, programme_id=PROGRAMME, account_id=ACCOUNT_ID, codes=[CODE], at=NOON)


def link(door: HttpPaymentServiceDoor, peer: SignedPeer) -> None:
    service = a_service(SAKURA, address=peer.address)
    door.link(service, programme_id=PROGRAMME, link_token=TOKEN, reference=REFERENCE, at=NOON)


class TestCheckAccount:
    def test_returns_reference_and_hint(self, door: HttpPaymentServiceDoor, peer: SignedPeer) -> None:
        assert check(door, peer) == CheckedAccount(reference=REFERENCE, hint="●●●●-9012")

    def test_tells_the_service_nothing_but_account_and_programme(
        self, door: HttpPaymentServiceDoor, peer: SignedPeer
    ) -> None:
        check(door, peer)
        assert json.loads(peer.asked[0].body) == {"programme": PROGRAMME, "account_id": ACCOUNT_ID, "codes": [CODE]}

    @pytest.mark.parametrize(
        ("code", "status", "refusal"),
        [
            ("account_not_confirmed", 422, AccountNotConfirmed),
            ("account_closed", 409, AccountClosed),
            ("account_already_linked", 409, AccountAlreadyLinked),
            ("something_new", 409, ServiceUnreachable),
            ("unknown_key", 401, ServiceUnreachable),
        ],
    )
    def test_names_the_services_refusal(
        self, door: HttpPaymentServiceDoor, peer: SignedPeer, code: str, status: int, refusal: type[UnableToApply]
    ) -> None:
        peer.answer = lambda _: problem_answer(code, status)
        with pytest.raises(refusal):
            check(door, peer)

    @pytest.mark.parametrize(("said", "taken"), [(600, 600), (0, 1), (10**9, 86_400), ("soon", 86_400)])
    def test_says_for_how_long_no_more_tries_are_taken(
        self, door: HttpPaymentServiceDoor, peer: SignedPeer, said: int | str, taken: int
    ) -> None:
        peer.answer = lambda _: problem_answer("too_many_attempts", 429, retry_after=said)
        with pytest.raises(TooManyAttempts) as caught:
            check(door, peer)
        assert caught.value.retry_after == taken

    @pytest.mark.parametrize(
        "answer",
        [
            json_answer(200, account_reference=REFERENCE, hint="●9012", name="山田花子"),
            json_answer(200, account_reference=REFERENCE),
            json_answer(200, account_reference="short", hint="●9012"),
            json_answer(200, account_reference=REFERENCE, hint=f"ID {ACCOUNT_ID}"),
            json_answer(200, account_reference=REFERENCE, hint="1234-5678-9012"),
            json_answer(200, account_reference=REFERENCE, hint="●" * 41),
            json_answer(200, account_reference=REFERENCE, hint="●\u202e9012"),
            Response(status=200, headers={"Content-Type": "application/json"}, body=b"[" * 5000),
            Response(status=200, headers={"Content-Type": "application/json"}, body=b" " * (BODY_LIMIT + 1)),
            Response(status=302, headers={"Location": "http://127.0.0.1:1/"}),
            Response(status=200),
            Response(status=500, headers={"Content-Type": "text/html"}, body=b"<h1>oops</h1>"),
        ],
    )
    def test_relies_on_no_other_answer(self, door: HttpPaymentServiceDoor, peer: SignedPeer, answer: Response) -> None:
        peer.answer = lambda _: answer
        with pytest.raises(ServiceUnreachable):
            check(door, peer)
        assert len(peer.asked) == 1

    def test_relies_on_no_answer_that_is_unsigned(self, door: HttpPaymentServiceDoor, peer: SignedPeer) -> None:
        peer.spoil = lambda response: replace(response, headers={"Content-Type": "application/json"})
        with pytest.raises(ServiceUnreachable):
            check(door, peer)

    def test_relies_on_no_answer_that_was_changed(self, door: HttpPaymentServiceDoor, peer: SignedPeer) -> None:
        peer.spoil = lambda response: replace(response, body=response.body.replace(b"9012", b"9013"))
        with pytest.raises(ServiceUnreachable):
            check(door, peer)

    def test_relies_on_no_answer_to_another_question(self, door: HttpPaymentServiceDoor, peer: SignedPeer) -> None:
        kept: list[Response] = []
        peer.spoil = lambda response: kept.append(response) or kept[0]  # type: ignore[func-returns-value]
        check(door, peer)
        with pytest.raises(ServiceUnreachable):
            check(door, peer)

    def test_relies_on_no_answer_of_another_service(self, door: HttpPaymentServiceDoor, peer: SignedPeer) -> None:
        peer.key = FUJI
        with pytest.raises(ServiceUnreachable):
            check(door, peer)

    def test_relies_on_no_answer_of_a_key_whose_time_is_over(
        self, door: HttpPaymentServiceDoor, peer: SignedPeer
    ) -> None:
        service = a_service(SAKURA, address=peer.address)
        ended = service.keys[0].model_copy(update={"until": NOON})
        with pytest.raises(ServiceUnreachable):
            door.check_account(
                service.model_copy(update={"keys": (ended,)}),
                programme_id=PROGRAMME,
                account_id=ACCOUNT_ID,
                codes=[CODE],
                at=NOON,
            )

    @pytest.mark.parametrize("away", [timedelta(seconds=-61), timedelta(seconds=11)])
    def test_relies_on_no_answer_of_another_time(
        self, door: HttpPaymentServiceDoor, peer: SignedPeer, away: timedelta
    ) -> None:
        peer.at = NOON + away
        with pytest.raises(ServiceUnreachable):
            check(door, peer)

    def test_relies_on_no_compressed_answer(self, door: HttpPaymentServiceDoor, peer: SignedPeer) -> None:
        peer.spoil = lambda response: replace(response, headers={**response.headers, "Content-Encoding": "gzip"})
        with pytest.raises(ServiceUnreachable):
            check(door, peer)

    def test_says_so_when_nobody_answers(self, door: HttpPaymentServiceDoor, peer: SignedPeer) -> None:
        with socket.socket() as unheard:
            unheard.bind(("127.0.0.1", 0))
            peer.address = f"http://127.0.0.1:{unheard.getsockname()[1]}/mynapoint/v1"
            with pytest.raises(ServiceUnreachable):
                check(door, peer)

    def test_keeps_its_connection(self, door: HttpPaymentServiceDoor, peer: SignedPeer) -> None:
        for _ in range(5):
            check(door, peer)
        assert peer.connections == 1

    def test_logs_nothing_of_what_was_said(
        self,
        door: HttpPaymentServiceDoor,
        peer: SignedPeer,
        caplog: pytest.LogCaptureFixture,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        caplog.set_level(logging.DEBUG)
        peer.answer = lambda _: json_answer(200, account_reference=REFERENCE, hint=ACCOUNT_ID, extra="ひみつ")
        with pytest.raises(ServiceUnreachable):
            check(door, peer)
        said = "\n".join(["".join(capsys.readouterr()), caplog.text, *(str(vars(r)) for r in caplog.records)])
        assert not any(word in said for word in (ACCOUNT_ID, CODE, REFERENCE, "ひみつ"))


class TestLink:
    def test_links(self, door: HttpPaymentServiceDoor, peer: SignedPeer) -> None:
        peer.answer = confirm_link
        link(door, peer)
        order = {"programme": PROGRAMME, "link_token": to_base64url(TOKEN), "account_reference": REFERENCE}
        assert json.loads(peer.asked[0].body) == order

    def test_signs_anew_at_every_try(self, door: HttpPaymentServiceDoor, peer: SignedPeer) -> None:
        peer.answer = confirm_link
        link(door, peer)
        link(door, peer)
        first, second = (request.headers["signature"] for request in map(lower_headers, peer.asked))
        assert first != second

    @pytest.mark.parametrize(
        "code", ["account_already_linked", "account_closed", "reference_unknown", "link_token_taken"]
    )
    def test_hands_on_a_final_refusal(self, door: HttpPaymentServiceDoor, peer: SignedPeer, code: str) -> None:
        peer.answer = lambda _: problem_answer(code, 409)
        with pytest.raises(LinkRefused) as caught:
            link(door, peer)
        assert caught.value.reason == code

    @pytest.mark.parametrize("code", ["replayed", "clock_too_far", "unknown_key", "programme_unknown"])
    def test_takes_no_fault_of_the_exchange_for_a_refusal(
        self, door: HttpPaymentServiceDoor, peer: SignedPeer, code: str
    ) -> None:
        peer.answer = lambda _: problem_answer(code, 409)
        with pytest.raises(ServiceUnreachable):
            link(door, peer)

    def test_relies_on_no_answer_about_another_link(self, door: HttpPaymentServiceDoor, peer: SignedPeer) -> None:
        other = to_base64url(secrets.token_bytes(16))
        peer.answer = lambda _: json_answer(201, link_token=other, state="linked")
        with pytest.raises(ServiceUnreachable):
            link(door, peer)


class TestCheckHint:
    @pytest.mark.parametrize("hint", ["●●●●-9012", "はなまる会員 ****12", "山○ (末尾 9012)"])
    def test_lets_a_masked_form_pass(self, hint: str) -> None:
        check_hint(hint, account_id=ACCOUNT_ID)

    @pytest.mark.parametrize("hint", [ACCOUNT_ID, "１２３４-５６７８-９０１２", "a\nb", "a\u200bb", "<b>", "&", "'"])
    def test_refuses_an_open_or_deceiving_one(self, hint: str) -> None:
        with pytest.raises(HintRefused):
            check_hint(hint, account_id=ACCOUNT_ID)


def lower_headers(request: Request) -> Request:
    return replace(request, headers={name.lower(): value for name, value in request.headers.items()})
