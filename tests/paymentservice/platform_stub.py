"""A platform reduced to its closings: keeps to the wire contract, draws every row, checks what is opened."""

import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from paymentservice.bodies import Body, read_body, write_body
from paymentservice.clock import Clock
from paymentservice.encoding import from_base64url, to_base64url
from paymentservice.messages import PublicKeys, Request, Response, SigningKey, sign_response, verify_request
from paymentservice.openings import read_openings
from paymentservice.problems import CONTENT_TYPE, Problem, problem_body
from paymentservice.wire import AuditVerdict, ClosingState, RollPage, SealedTotals
from sealedclaim.opening import Commitment, OpeningRefused, check_openings
from sealedclaim.roll import roll_digest

PAGE = 2


@dataclass
class PlatformStub:
    """Answers signed requests about one programme's closings."""

    key: SigningKey
    service_keys: PublicKeys
    clock: Clock
    cap: int = 5000
    roll: list[bytes] = field(default_factory=list)
    sealed: dict[str, SealedTotals] = field(default_factory=dict)
    verdicts: dict[str, str] = field(default_factory=dict)
    server: ThreadingHTTPServer = field(init=False)

    def __post_init__(self) -> None:
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                url = f"{stub.base_url.removesuffix('/service/v1')}{self.path}"
                request = Request(
                    method=self.command, url=url, headers=dict(self.headers), body=self.rfile.read(length)
                )
                response = stub.answer(request)
                self.send_response(response.status)
                for name, value in response.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(response.body)))
                self.end_headers()
                self.wfile.write(response.body)

            do_GET = do_PUT = do_POST = answer  # noqa: N815  # http.server's names

            def log_message(self, *_: object) -> None:
                """Keep quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/service/v1"

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, request: Request) -> Response:
        """Verify, act, sign."""
        verify_request(request, keys=self.service_keys, at=self.clock())
        content = self._act(request)
        if isinstance(content, Problem):
            headers, status, body = {"Content-Type": CONTENT_TYPE}, content.status, problem_body(content)
        else:
            headers, status, body = {"Content-Type": "application/json"}, 200, write_body(content)
        response = Response(status=status, headers=headers, body=body)
        return sign_response(response, request=request, key=self.key, at=self.clock())

    def _act(self, request: Request) -> Body | Problem:
        parts = urlsplit(request.url).path.split("/")
        programme, period, what = parts[4], parts[6], parts[-1]
        if what == "roll":
            return self._page(programme, period, parse_qs(urlsplit(request.url).query))
        if request.method == "PUT":
            return self._seal(period, read_body(SealedTotals, request.body))
        if what == "openings":
            return self._judge(period, request.body)
        if period in self.verdicts:
            return ClosingState.model_validate({"state": self.verdicts[period]})
        return ClosingState(state="drawn", draw=list(range(len(self.roll))))

    def _page(self, programme: str, period: str, query: dict[str, list[str]]) -> RollPage:
        after = from_base64url(query["after"][0]) if "after" in query else b""
        tokens = sorted(self.roll)
        rest = [token for token in tokens if token > after]
        page = rest[:PAGE]
        return RollPage(
            programme=programme,
            period=period,
            count=len(tokens),
            digest=to_base64url(roll_digest(tokens, count=len(tokens))),
            tokens=[to_base64url(token) for token in page],
            next=to_base64url(page[-1]) if len(rest) > PAGE else None,
        )

    def _seal(self, period: str, sealed: SealedTotals) -> ClosingState | Problem:
        if self.verdicts.get(period) == "reopened":
            del self.verdicts[period], self.sealed[period]
        if self.sealed.setdefault(period, sealed) != sealed:
            return Problem(code="closing_already_sealed", title="封緘済み", status=409, detail="封緘済みです。")
        return ClosingState(state="sealed")

    def _judge(self, period: str, body: bytes) -> AuditVerdict:
        sealed = self.sealed[period]
        commitment = Commitment(count=sealed.count, total=sealed.total, root=from_base64url(sealed.root))
        try:
            check_openings(
                read_openings(body),
                commitment=commitment,
                drawn=dict(enumerate(sorted(self.roll))),
                cap=self.cap,
            )
        except OpeningRefused as refused:
            self.verdicts[period] = "rejected"
            return AuditVerdict(state="rejected", reason=refused.reason, index=refused.index)
        self.verdicts[period] = "accepted"
        return AuditVerdict(state="accepted")
