"""One signed request and its verified answer, over HTTP; for either side."""

from contextlib import closing
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

import httpx2

from paymentservice import problems
from paymentservice.bodies import BodyRefused, BodyT, read_body
from paymentservice.clock import Clock
from paymentservice.messages import (
    PublicKeys,
    Request,
    Response,
    SigningKey,
    UnableToVerify,
    sign_request,
    verify_response,
)
from paymentservice.problems import NotAProblem, Problem, read_problem

ANSWER_LIMIT: Final = 4 * 1024 * 1024


class UnableToExchange(Exception):
    """A question to the other side that brought no answer to rely on."""


class PeerUnreachable(UnableToExchange):
    """No answer came: the other side may or may not have acted. Asking again is safe."""


class AnswerUntrusted(UnableToExchange):
    """An answer came that the other side did not sign for this request, or that makes no sense."""


class ProblemAnswered(UnableToExchange):
    """The other side refused, and says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


@dataclass(frozen=True, kw_only=True)
class Peer:
    """The other side: where it is and how it signs."""

    base_url: str
    public_keys: PublicKeys


class SignedClient:
    """Asks one peer signed questions over one pool of connections; safe to share between threads."""

    def __init__(
        self,
        *,
        peer: Peer,
        key: SigningKey,
        clock: Clock,
        timeout: float = 10.0,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self._peer = peer
        self._key = key
        self._clock = clock
        # A transport, not a whole client: there are no cookies, redirects or sessions between the two. Nor are the
        # environment's proxies for signed traffic between two known parties.
        self._http = transport or httpx2.HTTPTransport(trust_env=False)
        self._timeouts = dict.fromkeys(("connect", "read", "write", "pool"), timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the pool of connections."""
        self._http.close()

    def ask(self, answer: type[BodyT], method: str, path: str, *, content: bytes = b"") -> BodyT:
        """Send a signed request and return the verified answer.

        :param path: below the peer's base address, with its query.
        :param content: the JSON body, if any.
        :raises UnableToExchange: its subclass says why.
        """
        request = self._sign(method, path, content)
        response = self._send(request)
        self._verify(response, request)
        if response.status >= 400:
            raise ProblemAnswered(_problem_in(response))
        try:
            return read_body(answer, response.body, limit=ANSWER_LIMIT)
        except BodyRefused as error:
            raise AnswerUntrusted from error

    def _sign(self, method: str, path: str, content: bytes) -> Request:
        # The digest is over the bytes as they travel, and a compressed answer could grow past any limit.
        headers = {"Accept": f"application/json, {problems.CONTENT_TYPE}", "Accept-Encoding": "identity"}
        if content:
            headers["Content-Type"] = "application/json"
        # The URL is signed as httpx2 will send it, not as we spelt it.
        url = str(httpx2.URL(self._peer.base_url + path))
        request = Request(method=method, url=url, headers=headers, body=content)
        return sign_request(request, key=self._key, at=self._clock())

    def _send(self, request: Request) -> Response:
        asked = httpx2.Request(
            request.method,
            request.url,
            headers=dict(request.headers),
            content=request.body or None,
            extensions={"timeout": self._timeouts},
        )
        try:
            answer = self._http.handle_request(asked)
            with closing(answer):
                return Response(status=answer.status_code, headers=dict(answer.headers), body=_read(answer))
        except httpx2.TransportError as error:
            raise PeerUnreachable from error
        except httpx2.HTTPError as error:
            raise AnswerUntrusted from error

    def _verify(self, response: Response, request: Request) -> None:
        try:
            verify_response(response, request=request, keys=self._peer.public_keys, at=self._clock())
        except UnableToVerify as error:
            # A proxy's 502 or 503 is unsigned: it is the peer's absence, not its word.
            if response.status >= 500:
                raise PeerUnreachable from error
            raise AnswerUntrusted from error


def _read(answer: httpx2.Response) -> bytes:
    if "content-encoding" in answer.headers:
        raise AnswerUntrusted("the answer is compressed")
    content = bytearray()
    for chunk in answer.iter_bytes():
        content += chunk
        if len(content) > ANSWER_LIMIT:
            raise AnswerUntrusted("the answer is too long")
    return bytes(content)


def _problem_in(response: Response) -> Problem:
    try:
        return read_problem(response.body)
    except NotAProblem as error:
        raise AnswerUntrusted from error
