"""Random input at every place where a stranger or a faulty service can put it; and many at once."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from urllib.parse import quote

import pytest
from django.db import OperationalError, connections
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from service_api_cast import CLOSING, NOON, ROLL, SAKURA, a_service, check_signed, send, signed_request

from mynapoint.closing.models import JudgedClosing, SealedClosing
from mynapoint.directory.queries import REGISTER
from mynapoint.service_api.models import SeenNonce
from paymentservice.messages import Request

FUZZED = settings(
    max_examples=200,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

# What a header field can carry at all: visible ASCII, and bytes that WSGI hands on as Latin-1.
FIELD = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=300)
VALID = signed_request("GET", ROLL)


def spoilt(name: str) -> st.SearchStrategy[str]:
    """A field of a valid request with a piece of it replaced."""
    value = VALID.headers[name]
    place = st.integers(0, len(value))
    return st.builds(lambda at, text, to: value[:at] + text + value[max(at, to) :], place, FIELD, place)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
SEALED_FIELDS = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("roll_digest", "count", "total", "root", "shop"), JSON_VALUES)
)
OPENINGS = st.fixed_dictionaries(
    {
        "openings": st.lists(
            st.fixed_dictionaries(
                {}, optional=dict.fromkeys(("index", "points", "salt", "token", "path", "amount"), JSON_VALUES)
            ),
            max_size=3,
        )
    }
)


@pytest.mark.usefixtures("registered")
@pytest.mark.once  # refused before the database hears of it
class TestRefusesAnything:
    def check_refused(self, client: Client, request: Request) -> None:
        answer = send(client, request)
        assert 400 <= answer.status_code < 500
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert set(json.loads(answer.content)) >= {"type", "title", "status", "detail", "code"}
        assert "signature" in {name.lower() for name in answer.headers}
        assert not SealedClosing.objects.exists()
        assert not JudgedClosing.objects.exists()

    @FUZZED
    @given(value=FIELD | spoilt("Signature-Input"))
    def test_in_the_signatures_input(self, client: Client, value: str) -> None:
        if value.strip() != VALID.headers["Signature-Input"]:
            self.check_refused(client, replace(VALID, headers={**VALID.headers, "Signature-Input": value}))
            assert not SeenNonce.objects.exists()

    @FUZZED
    @given(value=FIELD | spoilt("Signature"))
    def test_in_the_signature(self, client: Client, value: str) -> None:
        if value.strip() != VALID.headers["Signature"]:
            self.check_refused(client, replace(VALID, headers={**VALID.headers, "Signature": value}))
            assert not SeenNonce.objects.exists()

    @FUZZED
    @given(value=FIELD | spoilt("Content-Digest"))
    def test_in_the_digest(self, client: Client, value: str) -> None:
        if value.strip() != VALID.headers["Content-Digest"]:
            self.check_refused(client, replace(VALID, headers={**VALID.headers, "Content-Digest": value}))

    @FUZZED
    @given(body=st.binary(max_size=300))
    def test_in_a_body(self, client: Client, body: bytes) -> None:
        self.check_refused(client, signed_request("PUT", CLOSING, body=body))
        self.check_refused(client, signed_request("POST", CLOSING + "/openings", body=body))

    @FUZZED
    @given(content=JSON_VALUES | SEALED_FIELDS)
    def test_in_a_sealed_closing(self, client: Client, content: object) -> None:
        self.check_refused(client, signed_request("PUT", CLOSING, body=json.dumps(content).encode()))

    @FUZZED
    @given(content=JSON_VALUES | OPENINGS)
    def test_in_the_openings(self, client: Client, content: object) -> None:
        self.check_refused(client, signed_request("POST", CLOSING + "/openings", body=json.dumps(content).encode()))

    @FUZZED
    @given(name=st.text(min_size=1, max_size=40).map(lambda text: quote(text, safe="", errors="replace")))
    def test_in_an_address(self, client: Client, name: str) -> None:
        self.check_refused(client, signed_request("GET", f"/service/v1/programmes/{name}/periods/{name}/roll"))

    @pytest.mark.parametrize("depth", [100, 20_000])
    def test_deeply_nested(self, client: Client, depth: int) -> None:
        self.check_refused(client, signed_request("PUT", CLOSING, body=b"[" * depth))


@pytest.mark.usefixtures("registered")
class TestFailsHonestly:
    def test_says_that_this_is_no_time_when_the_database_is_away(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("mynapoint.service_api.identity.find_key", fail)
        client.raise_request_exception = False
        request = signed_request("GET", ROLL)
        answer = send(client, request)
        check_signed(answer, request)
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("noon")
class TestNonceUsedOnce:
    def test_lets_one_of_many_pass(self) -> None:
        REGISTER.add(a_service(SAKURA), at=NOON)
        request, together = signed_request("GET", ROLL), Barrier(8)

        def replay(_: int) -> str:
            together.wait()
            try:
                return str(json.loads(send(Client(), request).content)["code"])
            finally:
                connections.close_all()

        with ThreadPoolExecutor(8) as pool:
            codes = sorted(pool.map(replay, range(8)))
        assert codes == ["programme_unknown"] + ["replayed"] * 7


def fail(*_: object, **__: object) -> None:
    raise OperationalError
