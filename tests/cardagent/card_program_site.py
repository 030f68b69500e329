"""A small real site on loopback, and statements as the platform composes them."""

import base64
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

import rfc8785

JST = timezone(timedelta(hours=9))
AT = datetime(2020, 9, 1, 10, 0, tzinfo=JST)
ACT = UUID("01917f00-0000-7000-8000-000000000001")
TOKEN = base64.urlsafe_b64encode(ACT.bytes + b"secretsecretsecr").rstrip(b"=").decode()
ORIGIN = "https://mynapoint.example"

CONTENTS: dict[str, dict[str, Any]] = {
    "reservation": {},
    "inquiry": {},
    "objection": {"reason": "not_my_account"},
    "application": {
        "service": {"id": "mihon-pay", "name": "みほんペイ"},
        "account": {"hint": "●●●●1234", "hash": "0f" * 32},
        "grant": {"rate_percent": 25, "cap": 5000},
        "irrevocable": True,
    },
}
PLACE: dict[str, Any] = {
    "case": {"id": "01917f00-0000-7000-8000-000000000009", "number": 12, "colour": "blue"},
    "counter": {"id": "mihon-shimin", "name": "市民課"},
    "terminal": {"id": "mihon-shimin-2", "name": "2番窓口"},
}
RECEIPT = {
    "receipt": "R-0001",
    "kind": "reservation",
    "done_at": "2020-09-01T10:01:00+09:00",
    "words": ["予約ができました。"],
}


def make_fields(kind: str = "application", *, audience: str = ORIGIN) -> dict[str, Any]:
    return {
        "act": str(ACT),
        "kind": kind,
        "audience": audience,
        "nonce": "A" * 43,
        "created_at": AT.isoformat(),
        "expires_at": (AT + timedelta(minutes=5)).isoformat(),
        "programme": {"id": "mynapoint-2020", "title": "マイナポイント（第1弾）"},
        "content": json.loads(json.dumps(CONTENTS[kind])),
    }


def encode(fields: object) -> bytes:
    return b"mynapoint act v1\n" + rfc8785.dumps(fields)  # type: ignore[arg-type]


Reply = tuple[int, str, bytes]
JSON = "application/json"
PROBLEM = "application/problem+json"
BYTES = "application/octet-stream"


def reply_json(status: int, value: object, content_type: str = JSON) -> Reply:
    return status, content_type, json.dumps(value).encode()


@dataclass
class Site:
    """What the site answers, and what it was asked."""

    origin: str = ""
    get: Callable[["Site"], Reply] = lambda site: (200, BYTES, site.statement())
    post: Callable[["Site"], Reply] = lambda _site: reply_json(200, RECEIPT)
    kind: str = "reservation"
    place: dict[str, Any] | None = None
    language: str | None = None
    paths: list[str] = field(default_factory=list)
    handed_in: list[dict[str, str]] = field(default_factory=list)

    @property
    def link(self) -> str:
        return f"{self.origin}/act/{TOKEN}"

    def statement(self) -> bytes:
        fields = make_fields(self.kind, audience=self.origin)
        return encode(fields if self.place is None else fields | {"place": self.place})


@contextmanager
def run_site() -> Iterator[Site]:
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.paths.append(f"GET {self.path}")
            self._reply(site.get(site))

        def do_POST(self) -> None:
            site.paths.append(f"POST {self.path}")
            site.handed_in.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self._reply(site.post(site))

        def _reply(self, reply: Reply) -> None:
            status, content_type, body = reply
            if status == 0:
                return  # the connection ends without an answer
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            if site.language is not None:
                self.send_header("Content-Language", site.language)
            if status == 302:
                self.send_header("Location", site.link)
            self.end_headers()
            try:
                self.wfile.write(body)
            except OSError:
                return  # the reader had enough

        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        site.origin = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield site
        finally:
            server.shutdown()
