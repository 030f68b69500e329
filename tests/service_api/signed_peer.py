"""A payment service of twenty lines: it verifies what it is asked and answers as a test tells it to."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from service_api_cast import NOON, SAKURA

from mynapoint.service_api.identity import platform_key
from paymentservice.messages import Request, Response, SigningKey, sign_response, verify_request

Answer = Callable[[Request], Response]


class SignedPeer:
    """What the peer was asked, and what it answers; `spoil` changes the signed answer on its way.

    `asked_at` is its clock when it reads, `at` the time that its answer bears.
    """

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.key: SigningKey = SAKURA
        self.at: datetime = NOON
        self.asked_at: datetime = NOON
        self.spoil: Callable[[Response], Response] = lambda response: response
        self.asked: list[Request] = []
        self.connections = 0
        self.address = ""

    def respond(self, request: Request) -> Response:
        self.asked.append(request)
        key = platform_key()
        verify_request(request, keys={key.keyid: key.private_key.public_key()}, at=self.asked_at)
        return self.spoil(sign_response(self.answer(request), request=request, key=self.key, at=self.at))


@contextmanager
def running_peer(answer: Answer, *, make: type[SignedPeer] = SignedPeer) -> Iterator[SignedPeer]:
    """Run a peer on a free port for as long as it is needed."""
    peer = make(answer)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            peer.connections += 1

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            url = peer.address.removesuffix("/mynapoint/v1") + self.path
            response = peer.respond(Request(method="POST", url=url, headers=dict(self.headers), body=body))
            self.send_response(response.status)
            for name, value in response.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(response.body)))
            self.end_headers()
            self.wfile.write(response.body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    peer.address = f"http://127.0.0.1:{server.server_address[1]}/mynapoint/v1"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield peer
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
