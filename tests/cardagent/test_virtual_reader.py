"""`mynapoint-card serve-vpcd`: a card that waits for its reader and comes back to it."""

import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from window_program import COMMAND as PROGRAM

from cardagent.sentences import ExitCode
from jpki.virtual.vpcd import ATR

COMMAND = [*PROGRAM, "serve-vpcd"]
GET_ATR = b"\x00\x01\x04"


@contextmanager
def serving(card: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    command = [*COMMAND, "--card", str(card), "--port", str(port)]
    program = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    try:
        yield program
    finally:
        program.send_signal(signal.SIGINT)
        program.communicate(timeout=20)


def meet(server: socket.socket) -> None:
    """Be the reader that the card comes to, ask who it is, and go."""
    server.settimeout(20)
    card, _ = server.accept()
    with card:
        card.sendall(GET_ATR)
        assert card.recv(2 + len(ATR), socket.MSG_WAITALL) == len(ATR).to_bytes(2, "big") + ATR


class TestServeVpcd:
    def test_waits_for_the_reader_and_comes_back_when_it_was_away(self, card_path: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        with serving(card_path, port) as program:
            assert program.stdout is not None
            assert "待っています" in program.stdout.readline()
            for _ in range(2):
                with socket.create_server(("127.0.0.1", port)) as server:
                    meet(server)

    def test_stops_without_a_card(self, tmp_path: Path) -> None:
        command = [*COMMAND, "--card", str(tmp_path / "none.json")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == ExitCode.CARD_UNUSABLE
