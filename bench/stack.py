"""The card over the real stack (pcscd, vpcd): a whole exchange in milliseconds and frames, beside the card alone."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Final

from bench.table import Row
from cardagent.places import CardPlace, FilePlace, ReaderPlace
from demo.card_stack import Reader, StackMissing, running_card_stack
from iccard.connection import CardConnection
from iccard.pcsc import wait_for_card
from jpki.client import JpkiCard
from jpki.pin import Pin
from jpki.virtual.authority import Authority
from jpki.virtual.card import VirtualCard
from jpki.virtual.contents import SAMPLE_PIN
from jpki.virtual.vpcd import answer_reader

STATEMENT: Final = b"mynapoint act v1\n{}"
SELECT_APPLICATION: Final = bytes.fromhex("00A4040C0AD392F000260100000001")
SELECT_PIN: Final = bytes.fromhex("00A4020C020018")
AT: Final = datetime(2020, 9, 1, tzinfo=UTC)


def measure(quick: bool) -> Iterator[Row]:
    """Yield the time and the frames of an exchange: which card, how many tries, PIN, signature, certificate."""
    rounds = 5 if quick else 30
    with TemporaryDirectory(prefix="mynapoint-bench-") as folder:
        card = Authority.create(Path(folder) / "authority", at=AT).issue("bench", birth_date=date(1985, 4, 3), at=AT)
        try:
            with running_card_stack() as stack, _lying(card, stack.readers[0]) as heard:
                yield from _measure(FilePlace(card), ReaderPlace(wait_for_card(seconds=10)), heard, rounds=rounds)
        except StackMissing as stop:
            print(f"card over the real stack: LEFT OUT, missing {stop}", file=sys.stderr)


def _measure(alone: CardPlace, place: CardPlace, heard: list[bytes], *, rounds: int) -> Iterator[Row]:
    _exchange(alone)
    _exchange(place)
    heard.clear()
    _exchange(place)
    yield Row("card, whole exchange with reset, frames", len(heard), "APDUs")
    times = [(_time(lambda: _exchange(alone)), _time(lambda: _exchange(place))) for _ in range(rounds)]
    limit, figure = (median(column) * 1000 for column in zip(*times, strict=True))
    yield Row(
        "card, whole exchange over the real stack (limit: the virtual card alone)", figure, "ms", limit, limit / figure
    )
    with place.open() as connection:
        connection.transmit(SELECT_APPLICATION)
        seconds = median(_time(lambda: connection.transmit(SELECT_PIN)) for _ in range(20 * rounds))
    yield Row("card, one frame over the real stack", seconds * 1000, "ms")


def _exchange(place: CardPlace) -> None:
    with place.open() as connection:
        card = JpkiCard(connection)
        certificate, _ = card.read_certificate(), card.get_pin_tries_left()
    with place.open() as connection:
        card = JpkiCard(connection)
        assert card.is_card_of(certificate)
        card.sign_statement(STATEMENT, pin=Pin(SAMPLE_PIN))


def _time(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


@contextmanager
def _lying(card: Path, reader: Reader) -> Iterator[list[bytes]]:
    """Lay a card into the reader; yield the frames that it hears."""
    frames: list[bytes] = []
    with reader.reach() as connection:
        power_up = partial(_power_up, card, frames)
        Thread(target=answer_reader, args=(connection, power_up), daemon=True).start()
        yield frames


def _power_up(card: Path, frames: list[bytes]) -> "_Heard":
    return _Heard(VirtualCard.open(card), frames)


class _Heard:
    def __init__(self, card: CardConnection, frames: list[bytes]) -> None:
        self._card = card
        self._frames = frames

    def transmit(self, apdu: bytes, /) -> bytes:
        self._frames.append(apdu)
        return self._card.transmit(apdu)
