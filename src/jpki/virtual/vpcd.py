"""The card's end of vsmartcard's virtual reader: what lies in the reader is whatever answers on this connection.

Every message is two bytes of length (big-endian) and so many bytes. A single byte is the reader speaking of power;
anything longer is a command frame. The reader (a driver inside pcscd) listens, the card comes to it.
"""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from iccard.connection import CardConnection
from iccard.frames import Response
from iccard.status import COMMAND_NOT_ALLOWED

DEFAULT_HOST: Final = "127.0.0.1"
DEFAULT_PORT: Final = 35963
ATR: Final = bytes.fromhex("3BE000FF8131FE4514")

_CONNECT_SECONDS: Final = 10
_LENGTH_LENGTH: Final = 2
_POWER_OFF: Final = 0x00
_POWER_ON: Final = 0x01
_RESET: Final = 0x02
_GET_ATR: Final = 0x04

PowerUp = Callable[[], CardConnection]
"""What puts the card under power: a connection that knows nothing of the one before."""


class NoVirtualReader(Exception):
    """Nothing listens where the virtual reader should be: pcscd with vpcd does not run."""


@contextmanager
def reach_reader(*, host: str = DEFAULT_HOST, port: int = DEFAULT_PORT) -> Iterator[socket.socket]:
    """This will put a card that does not answer yet into the reader, and pull it at the end.

    :raises NoVirtualReader: when there is no reader.
    """
    try:
        reader = socket.create_connection((host, port), timeout=_CONNECT_SECONDS)
    except OSError:
        raise NoVirtualReader from None
    with reader:
        reader.settimeout(None)  # a card waits as long as it lies there
        reader.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield reader


def answer_reader(reader: socket.socket, power_up: PowerUp) -> None:
    """This will be the card until the reader goes, or the connection is cut here."""
    slot = _Slot(power_up)
    while (message := _receive(reader)) is not None:
        answer = slot.answer(message)
        if answer is not None:
            _send(reader, answer)


class _Slot:
    """Where the card lies: with power, or without."""

    def __init__(self, power_up: PowerUp) -> None:
        self._power_up = power_up
        self._card: CardConnection | None = None

    def answer(self, message: bytes) -> bytes | None:
        """This will do what the reader says; only frames and the question for the ATR have an answer."""
        if len(message) > 1:
            return self._transmit(message)
        if message[0] == _GET_ATR:
            return ATR
        if message[0] == _POWER_OFF:
            self._card = None
        elif message[0] in (_POWER_ON, _RESET):
            self._card = self._power_up()
        return None

    def _transmit(self, apdu: bytes) -> bytes:
        if self._card is None:
            return Response(status=COMMAND_NOT_ALLOWED).encode()
        return self._card.transmit(apdu)


def _receive(reader: socket.socket) -> bytes | None:
    """This will give the next message, or nothing when the connection has ended."""
    header = _receive_exactly(reader, _LENGTH_LENGTH)
    length = int.from_bytes(header or b"", "big")
    return _receive_exactly(reader, length) if length else None


def _receive_exactly(reader: socket.socket, length: int) -> bytes | None:
    received = b""
    while len(received) < length:
        piece = _receive_some(reader, length - len(received))
        if not piece:
            return None
        received += piece
    return received


def _receive_some(reader: socket.socket, length: int) -> bytes:
    # vpcd writes length and message apart and waits for the first to be acknowledged; Linux forgets the wish for quick
    # acknowledgements after each receipt. Without this line every frame takes 40 ms longer.
    if hasattr(socket, "TCP_QUICKACK"):
        reader.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
    try:
        return reader.recv(length)
    except OSError:
        return b""


def _send(reader: socket.socket, message: bytes) -> None:
    try:
        reader.sendall(len(message).to_bytes(_LENGTH_LENGTH, "big") + message)
    except OSError:
        return  # the reader has gone: the next receipt says so
