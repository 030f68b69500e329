"""Asking a peer: what counts as an answer, what as none."""

import gzip
from collections.abc import Callable

import httpx2
import pytest
from service_parties import NOON, PLATFORM, SERVICE, STRANGER, public_keys

from paymentservice.client import PlatformClient
from paymentservice.encoding import to_base64url
from paymentservice.exchange import (
    ANSWER_LIMIT,
    AnswerUntrusted,
    Peer,
    PeerUnreachable,
    ProblemAnswered,
    SignedClient,
)
from paymentservice.messages import Request, Response, SigningKey, sign_response
from paymentservice.problems import CONTENT_TYPE, Problem, problem_body
from paymentservice.wire import ClosingState

SEALED = b'{"state":"sealed"}'
Act = Callable[[httpx2.Request], httpx2.Response]


def a_client(act: Act) -> SignedClient:
    peer = Peer(base_url="http://platform.example/service/v1", public_keys=public_keys(PLATFORM))
    return SignedClient(peer=peer, key=SERVICE, clock=lambda: NOON, transport=httpx2.MockTransport(act))


def answering(status: int, body: bytes, *, key: SigningKey = PLATFORM, kind: str = "application/json") -> Act:
    """A peer that always answers the same, signed."""

    def answer(http: httpx2.Request) -> httpx2.Response:
        request = Request(method=http.method, url=str(http.url), headers=dict(http.headers), body=http.content)
        response = Response(status=status, headers={"Content-Type": kind}, body=body)
        signed = sign_response(response, request=request, key=key, at=NOON)
        return httpx2.Response(status, headers=dict(signed.headers), content=body)

    return answer


def failing(error: Exception) -> Act:
    def fail(_: httpx2.Request) -> httpx2.Response:
        raise error

    return fail


def ask(act: Act) -> ClosingState:
    with a_client(act) as client:
        return client.ask(ClosingState, "GET", "/closing")


class TestAsk:
    def test_returns_a_signed_answer(self) -> None:
        assert ask(answering(200, SEALED)).state == "sealed"

    def test_tells_why_the_peer_refused(self) -> None:
        body = problem_body(Problem(code="period_not_ended", title="題", status=409, detail="説明"))
        with pytest.raises(ProblemAnswered) as refused:
            ask(answering(409, body, kind=CONTENT_TYPE))
        assert refused.value.problem.code == "period_not_ended"

    @pytest.mark.parametrize(
        "act",
        [
            failing(httpx2.ConnectError("down")),
            failing(httpx2.ReadTimeout("slow")),
            lambda _: httpx2.Response(502, content=b"a proxy's page"),
        ],
    )
    def test_hears_no_answer_from_a_peer_that_is_away(self, act: Act) -> None:
        with pytest.raises(PeerUnreachable):
            ask(act)

    @pytest.mark.parametrize(
        "act",
        [
            lambda _: httpx2.Response(200, content=SEALED),
            lambda _: httpx2.Response(409, content=b"{}"),
            lambda _: httpx2.Response(200, content=gzip.compress(SEALED), headers={"Content-Encoding": "gzip"}),
            lambda _: httpx2.Response(302, headers={"Location": "http://elsewhere.example/"}),
            answering(200, SEALED, key=STRANGER),
            answering(200, b"nonsense"),
            answering(200, b'{"state":"sealed","tattle":1}'),
            answering(409, b"no problem", kind=CONTENT_TYPE),
            answering(200, b" " * (ANSWER_LIMIT + 1)),
        ],
    )
    def test_trusts_no_other_answer(self, act: Act) -> None:
        with pytest.raises(AnswerUntrusted):
            ask(act)


class TestRoll:
    def page(self, *, tokens: int, count: int) -> bytes:
        listed = ",".join(f'"{to_base64url(bytes([n]) * 16)}"' for n in range(tokens))
        digest, after = to_base64url(bytes(32)), to_base64url(bytes(16))
        return (
            f'{{"programme":"p","period":"q","count":{count},"digest":"{digest}","tokens":[{listed}],"next":"{after}"}}'
        ).encode()

    @pytest.mark.parametrize(("tokens", "count"), [(0, 5), (2, 5), (2, 1)])
    def test_ends_even_when_the_peer_never_does(self, tokens: int, count: int) -> None:
        act = answering(200, self.page(tokens=tokens, count=count))
        with a_client(act) as client, pytest.raises(AnswerUntrusted):
            PlatformClient(client).get_roll(programme="p", period="q")
