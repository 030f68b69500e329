"""The card's end of the virtual reader, before a reader that the test plays."""

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from card_world import power_up

from jpki.virtual.contents import CardContents
from jpki.virtual.vpcd import ATR, NoVirtualReader, answer_reader, reach_reader

OFF, ON, RESET, GET_ATR = b"\x00", b"\x01", b"\x02", b"\x04"
SELECT = bytes.fromhex("00A4040C0AD392F000260100000001")
SELECT_PIN = bytes.fromhex("00A4020C020018")
VERIFY = bytes.fromhex("002000800431323334")
SELECT_KEY = bytes.fromhex("00A4020C020017")
SIGN = bytes.fromhex("802A008004DEADBEEF00")


@dataclass
class Reader:
    """The reader's end of the connection."""

    connection: socket.socket

    def say(self, message: bytes) -> None:
        self.connection.sendall(len(message).to_bytes(2, "big") + message)

    def hear(self) -> bytes:
        length = int.from_bytes(self.connection.recv(2, socket.MSG_WAITALL), "big")
        return self.connection.recv(length, socket.MSG_WAITALL)

    def ask(self, message: bytes) -> bytes:
        self.say(message)
        return self.hear()


@pytest.fixture
def reader(hanako: CardContents) -> Iterator[Reader]:
    with socket.create_server(("127.0.0.1", 0)) as server, reach_reader(port=server.getsockname()[1]) as card:
        connection, _ = server.accept()
        thread = threading.Thread(target=answer_reader, args=(card, lambda: power_up(hanako)[0]))
        thread.start()
        with connection:
            connection.settimeout(10)
            yield Reader(connection)
        thread.join(timeout=10)
        assert not thread.is_alive()


class TestAnswerReader:
    def test_tells_its_atr_with_and_without_power(self, reader: Reader) -> None:
        assert reader.ask(GET_ATR) == ATR
        reader.say(ON)
        assert reader.ask(GET_ATR) == ATR

    def test_answers_frames_under_power(self, reader: Reader) -> None:
        reader.say(ON)
        assert reader.ask(SELECT) == b"\x90\x00"

    @pytest.mark.parametrize("before", [[], [ON, OFF]], ids=["never", "no longer"])
    def test_does_nothing_without_power(self, reader: Reader, before: list[bytes]) -> None:
        for message in before:
            reader.say(message)
        assert reader.ask(SELECT) == b"\x69\x85"

    @pytest.mark.parametrize("between", [[RESET], [OFF, ON]], ids=["reset", "off and on"])
    def test_forgets_a_verified_pin_when_reset(self, reader: Reader, between: list[bytes]) -> None:
        reader.say(ON)
        for frame in (SELECT, SELECT_PIN, VERIFY, SELECT_KEY):
            assert reader.ask(frame) == b"\x90\x00"
        assert reader.ask(SIGN)[-2:] == b"\x90\x00"
        for message in between:
            reader.say(message)
        for frame in (SELECT, SELECT_KEY):
            assert reader.ask(frame) == b"\x90\x00"
        assert reader.ask(SIGN) == b"\x69\x82"

    def test_puts_together_what_comes_in_pieces(self, reader: Reader) -> None:
        reader.say(ON)
        for octet in len(SELECT).to_bytes(2, "big") + SELECT:
            reader.connection.sendall(bytes([octet]))
        assert reader.hear() == b"\x90\x00"

    def test_passes_over_words_that_it_does_not_know(self, reader: Reader) -> None:
        reader.say(b"\x77")
        assert reader.ask(GET_ATR) == ATR

    @pytest.mark.parametrize("last", [b"", b"\x00", b"\x00\x05\x00"], ids=["nothing", "half a length", "half a frame"])
    def test_ends_with_the_reader(self, reader: Reader, last: bytes) -> None:
        reader.connection.sendall(last)


class TestReachReader:
    def test_says_that_there_is_no_reader(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        with pytest.raises(NoVirtualReader), reach_reader(port=port):
            pytest.fail("there is no reader")
