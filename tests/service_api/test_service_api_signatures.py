"""Who is let in, and how every answer is signed."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from service_api_cast import CLOSING, FUJI, NOON, ROLL, SAKURA, STRANGER, ask, check_signed, send, signed_request

from mynapoint.service_api import nonces
from mynapoint.service_api.models import SeenNonce
from paymentservice.messages import MAX_AGE, NONCE_LIFETIME, Request, sign_request

pytestmark = pytest.mark.usefixtures("registered")


def code_of(answer: object) -> str:
    return str(json.loads(answer.content)["code"])  # type: ignore[attr-defined]


def with_header(name: str, value: str) -> Callable[[Request], Request]:
    return lambda request: replace(request, headers={**request.headers, name: value})


def without_header(name: str) -> Callable[[Request], Request]:
    return lambda request: replace(request, headers={n: v for n, v in request.headers.items() if n != name})


class TestMessageSignature:
    def test_lets_a_registered_service_in(self, client: Client) -> None:
        assert ask(client, "GET", ROLL).status_code == 200

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            (without_header("Signature"), "signature_missing"),
            (without_header("Signature-Input"), "signature_missing"),
            (with_header("Signature", "mynapoint=:AAAA:"), "signature_invalid"),
            (with_header("Signature-Input", "mynapoint=("), "signature_invalid"),
            (lambda request: replace(request, body=request.body + b" "), "digest_mismatch"),
            (lambda request: replace(request, method="POST"), "method_not_allowed"),
            (lambda request: replace(request, url=request.url + "?x=1"), "signature_invalid"),
        ],
    )
    def test_refuses_a_request_that_was_changed(
        self, client: Client, change: Callable[[Request], Request], code: str
    ) -> None:
        answer = send(client, change(signed_request("PUT", CLOSING, body=b"{}")))
        assert code_of(answer) == code
        assert not SeenNonce.objects.exists()

    def test_refuses_a_key_that_nobody_registered(self, client: Client) -> None:
        answer = ask(client, "GET", ROLL, key=STRANGER)
        assert (answer.status_code, code_of(answer)) == (401, "unknown_key")

    def test_refuses_a_key_under_another_services_name(self, client: Client) -> None:
        forged = replace(STRANGER, keyid=SAKURA.keyid)
        assert code_of(ask(client, "GET", ROLL, key=forged)) == "signature_invalid"

    def test_refuses_a_request_signed_for_another_site(self, client: Client) -> None:
        request = signed_request("GET", ROLL)
        elsewhere = replace(request, url="https://other.example" + ROLL)
        answer = client.generic("GET", ROLL, headers={**signed_elsewhere(elsewhere), "Host": "other.example"})
        assert answer.status_code in {400, 401}

    @pytest.mark.parametrize(("age", "status"), [(60, 200), (61, 401), (-10, 200), (-11, 401)])
    def test_takes_a_request_for_a_minute(self, client: Client, age: int, status: int) -> None:
        request = signed_request("GET", ROLL, at=NOON - timedelta(seconds=age))
        answer = send(client, request)
        assert answer.status_code == status

    def test_takes_a_request_once(self, client: Client) -> None:
        request = signed_request("GET", ROLL)
        assert send(client, request).status_code == 200
        again = send(client, request)
        assert (again.status_code, code_of(again)) == (409, "replayed")

    def test_lets_two_services_use_the_same_nonce(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("secrets.token_bytes", lambda size: b"n" * size)
        answers = [send(client, signed_request("GET", ROLL, key=key)) for key in (SAKURA, FUJI)]
        assert [answer.status_code for answer in answers] == [200, 200]

    def test_asks_the_database_nothing_of_an_unsigned_request(self, client: Client) -> None:
        with CaptureQueriesContext(connection) as queries:
            client.get(ROLL)
        assert not queries.captured_queries


class TestForgetOld:
    def test_forgets_a_nonce_when_its_request_can_no_longer_be_taken(self, client: Client) -> None:
        send(client, signed_request("GET", ROLL))
        assert NONCE_LIFETIME > MAX_AGE
        assert nonces.forget_old(at=NOON + NONCE_LIFETIME) == 0
        assert nonces.forget_old(at=NOON + NONCE_LIFETIME + timedelta(microseconds=1)) == 1


class TestSigned:
    @pytest.mark.parametrize(
        ("method", "path", "status", "code"),
        [
            ("GET", "/service/v1/", 404, "address_unknown"),
            ("GET", "/service/v1/nowhere", 404, "address_unknown"),
            ("GET", ROLL + "/", 404, "address_unknown"),
            ("DELETE", CLOSING, 405, "method_not_allowed"),
            ("GET", "/service/v1/programmes/unknown/periods/2020-09/roll", 404, "programme_unknown"),
            ("GET", "/service/v1/programmes/mynapoint-2020/periods/2019-01/roll", 404, "period_unknown"),
            ("GET", "/service/v1/programmes/mynapoint-2020/periods/2020-10/roll", 409, "period_not_ended"),
            ("GET", "/service/v1/programmes/a%00b/periods/2020-09/roll", 422, "invalid_parameter"),
            ("GET", ROLL + "?limit=0", 422, "invalid_parameter"),
            ("GET", ROLL + "?limit=1001", 422, "invalid_parameter"),
            ("GET", ROLL + "?limit=many", 422, "invalid_parameter"),
            ("GET", ROLL + "?after=AAAA", 422, "invalid_parameter"),
            ("GET", ROLL + "?before=AAAA", 422, "unknown_parameter"),
            ("GET", ROLL + "?limit=1&limit=2", 422, "unknown_parameter"),
            ("GET", CLOSING, 404, "closing_unknown"),
        ],
    )
    def test_signs_every_refusal(self, client: Client, method: str, path: str, status: int, code: str) -> None:
        answer = ask(client, method, path)
        assert (answer.status_code, code_of(answer)) == (status, code)
        assert answer.headers["Content-Type"] == "application/problem+json"

    def test_names_the_methods_that_an_address_has(self, client: Client) -> None:
        assert set(ask(client, "DELETE", CLOSING).headers["Allow"].split(", ")) == {"GET", "PUT"}

    def test_signs_the_answer_to_a_bug_and_hides_what_it_was(
        self, client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr("mynapoint.service_api.api.get_roll_page", lambda *a, **k: 1 // 0)
        client.raise_request_exception = False
        request = signed_request("GET", ROLL)
        answer = send(client, request)
        check_signed(answer, request)
        assert (answer.status_code, code_of(answer)) == (500, "internal_error")
        assert b"Zero" not in answer.content

    def test_lets_nobody_keep_an_answer(self, client: Client) -> None:
        assert ask(client, "GET", ROLL).headers["Cache-Control"] == "no-store"


def signed_elsewhere(request: Request) -> dict[str, str]:
    bare = replace(request, headers={})
    return dict(sign_request(bare, key=SAKURA, at=NOON).headers)
