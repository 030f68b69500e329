"""Cards that are laid into virtual readers, and that can be pulled at any moment."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from demo.card_stack import Reader
from iccard.connection import CardConnection
from iccard.pcsc import wait_for_card
from iccard.unreachable import NoCard
from jpki.virtual.card import VirtualCard
from jpki.virtual.vpcd import PowerUp, answer_reader


@contextmanager
def lying_in(reader: Reader, power_up: PowerUp) -> Iterator[socket.socket]:
    """Lay a card into a reader until PC/SC sees it; take it out, until PC/SC sees that too."""
    with reader.reach() as connection:
        thread = threading.Thread(target=answer_reader, args=(connection, power_up), daemon=True)
        thread.start()
        wait_for_card(reader=reader.name, seconds=10)
        try:
            yield connection
        finally:
            pull(connection)
            thread.join(timeout=10)
    wait_until_empty(reader)


def pull(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it was pulled before


def wait_until_empty(reader: Reader) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            wait_for_card(reader=reader.name, seconds=0)
        except NoCard:
            return
        time.sleep(0.02)
    raise AssertionError(f"{reader.name} still has a card")


def at(path: Path) -> PowerUp:
    return lambda: VirtualCard.open(path)


@dataclass
class Recorder:
    """A card that remembers the frames it was sent, and when it was put under power."""

    path: Path
    frames: list[bytes] = field(default_factory=list)
    power_ups: int = 0

    def power_up(self) -> CardConnection:
        self.power_ups += 1
        return _Recording(VirtualCard.open(self.path), self.frames.append)


@dataclass
class Puller:
    """A card that somebody pulls at its nth frame: before it hears it, or before the reader hears its answer."""

    path: Path
    frame: int
    is_heard: bool
    connection: socket.socket | None = None
    count: int = 0

    def power_up(self) -> CardConnection:
        card = VirtualCard.open(self.path)
        return _Pulled(card, self)


@dataclass
class _Recording:
    card: CardConnection
    record: Callable[[bytes], None]

    def transmit(self, apdu: bytes, /) -> bytes:
        self.record(apdu)
        return self.card.transmit(apdu)


@dataclass
class _Pulled:
    card: CardConnection
    puller: Puller

    def transmit(self, apdu: bytes, /) -> bytes:
        puller = self.puller
        puller.count += 1
        if puller.count != puller.frame:
            return self.card.transmit(apdu)
        if puller.is_heard:
            self.card.transmit(apdu)
        assert puller.connection is not None
        pull(puller.connection)
        return b"\x6f\x00"  # which nobody hears any more
