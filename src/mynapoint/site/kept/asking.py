"""Asking the application behind: what it answers is held back until it is clear whether it is kept."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from mynapoint.site.kept.answers import Headers

_CONDITIONS: Final = ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE")


@dataclass(frozen=True, slots=True)
class FreshAnswer:
    """What the application answered just now."""

    status: str
    headers: Headers
    body: Iterable[bytes]

    @property
    def has_failed(self) -> bool:
        """Tell whether something broke on the way."""
        return self.status.startswith("5")

    def find_tag(self) -> str | None:
        """This will give the answer's tag, without the W/ of a weak one, if it may be kept for everybody."""
        named = {name.lower(): value for name, value in self.headers}
        is_for_all = "public" in named.get("cache-control", "") and "set-cookie" not in named
        is_one = named.get("vary", "").lower() in {"", "accept-encoding"} and "content-encoding" not in named
        may_be_kept = self.status == "200 OK" and is_for_all and is_one
        return named.get("etag", "").removeprefix("W/") or None if may_be_kept else None

    def read(self) -> bytes:
        """This will read the whole body."""
        close = getattr(self.body, "close", None)
        try:
            return b"".join(self.body)
        finally:
            if close is not None:
                close()

    def pass_on(self, start_response: StartResponse) -> Iterable[bytes]:
        """This will hand the answer on as it is."""
        start_response(self.status, self.headers)
        return self.body


def ask(application: WSGIApplication, environ: WSGIEnvironment) -> FreshAnswer:
    """This will have the application answer a request whole, whatever the visitor has already."""
    started: list[tuple[str, Headers]] = []

    def start(status: str, headers: Headers, _exc_info: object = None, /) -> Callable[[bytes], object]:
        started.append((status, headers))
        return _write

    whole = {name: value for name, value in environ.items() if name not in _CONDITIONS}
    body = application(whole, start)
    return FreshAnswer(*started[-1], body)


def _write(_part: bytes, /) -> object:
    raise NotImplementedError("Django answers by what it returns")
