"""Connections to the payment services, with a limit on the time and the bytes of every answer."""

from contextlib import closing
from typing import Final

import httpx2

from deadline import ends_within, keep_to_end
from paymentservice.bodies import BODY_LIMIT

CONNECT_SECONDS: Final = 2.0
READ_SECONDS: Final = 10.0
ANSWER_SECONDS: Final = 15.0
"""For an answer in all, from its connection on."""

_TIMEOUTS: Final = {"connect": CONNECT_SECONDS, "read": READ_SECONDS, "write": READ_SECONDS, "pool": READ_SECONDS}
_LIMITS: Final = httpx2.Limits(max_connections=64, max_keepalive_connections=32, keepalive_expiry=30.0)


class BoundedTransport(httpx2.BaseTransport):
    """One pool of connections for all services; an answer that goes over a limit counts as none."""

    def __init__(self) -> None:
        self._pool = httpx2.HTTPTransport(limits=_LIMITS, trust_env=False)
        keep_to_end(self._pool)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request and read its whole answer.

        :raises httpx2.TransportError: also when the answer is too long, too slow or compressed.
        """
        request.extensions = {**request.extensions, "timeout": _TIMEOUTS}
        with ends_within(ANSWER_SECONDS), closing(self._pool.handle_request(request)) as answer:
            content = _read(answer)
        return httpx2.Response(answer.status_code, headers=answer.headers, stream=httpx2.ByteStream(content))

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()


def _read(answer: httpx2.Response) -> bytes:
    if "content-encoding" in answer.headers:
        raise httpx2.RemoteProtocolError("the answer is compressed")
    content = bytearray()
    for chunk in answer.iter_raw():
        content += chunk
        if len(content) > BODY_LIMIT:
            raise httpx2.RemoteProtocolError("the answer is too long")
    return bytes(content)
