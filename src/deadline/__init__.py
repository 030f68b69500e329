"""期限: one end for a whole exchange over HTTP.

A limit for each read never meets who sends one byte now and then, be it of the answer's headers or of its body.
"""

import math
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from ssl import SSLContext
from typing import Any, Final

import httpcore2
import httpx2

_ends_at: Final[ContextVar[float]] = ContextVar("ends_at", default=math.inf)


@contextmanager
def ends_within(seconds: float) -> Iterator[None]:
    """This will end what is exchanged inside, over connections that keep to it, so many seconds from now.

    :raises httpx2.TimeoutException: in the exchange, whose own limits for each step count as well.
    """
    before = _ends_at.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _ends_at.reset(before)


def keep_to_end(connections: httpx2.Client | httpx2.HTTPTransport) -> None:
    """This will have all connections that are made from now on, through proxies too, keep to `ends_within`."""
    if isinstance(connections, httpx2.HTTPTransport):
        # The pool takes a backend of its own (httpcore2, "Network Backends"), but httpx2 does not hand one on to it.
        connections._pool._network_backend = _Backend()
        return
    for transport in (connections._transport, *connections._mounts.values()):
        if isinstance(transport, httpx2.HTTPTransport):
            keep_to_end(transport)


class _Backend(httpcore2.SyncBackend):
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        timeout = _shorten(timeout, late=httpcore2.ConnectTimeout)
        return _Stream(super().connect_tcp(host, port, timeout, local_address, socket_options))


class _Stream(httpcore2.NetworkStream):
    def __init__(self, stream: httpcore2.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _shorten(timeout, late=httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _shorten(timeout, late=httpcore2.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        timeout = _shorten(timeout, late=httpcore2.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _shorten(timeout: float | None, *, late: type[httpcore2.TimeoutException]) -> float | None:
    """This will leave of a step's own limit no more than what is left of the whole, which may be nothing."""
    left = _ends_at.get() - time.monotonic()
    if left <= 0:
        raise late
    shorter = min(left, math.inf if timeout is None else timeout)
    return None if shorter == math.inf else shorter
