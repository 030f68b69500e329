"""Programs of the demonstration as processes of their own, each with its log."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx2
import psutil

START_SECONDS: Final = 60
STOP_SECONDS: Final = 30
_CLAIMS: Final[dict[int, socket.socket]] = {}
TIED: Final = str(Path(__file__).with_name("tied.py"))


class DidNotStart(Exception):
    """A program ended, or did not answer in time; `said` is the end of its log."""

    def __init__(self, name: str, *, said: str) -> None:
        super().__init__(f"{name} did not start: {said}")
        self.name = name
        self.said = said


@dataclass
class Process:
    """One program that runs until it is stopped; with a port, it has started once it answers there.

    With port 0 it finds one itself. One that shares its port with nobody is left it when it starts.
    """

    name: str
    words: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    port: int | None = None
    shares_port: bool = True
    running: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        """Start the program and wait until it answers.

        :raises DidNotStart: when it does not.
        """
        self.launch()
        self.wait_until_it_answers()

    def launch(self) -> None:
        """Start the program and wait for nothing; it ends when this process does, however that ends."""
        if not self.shares_port:
            _give_up_claim(self.port)
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                [sys.executable, TIED, str(os.getpid()), *self.words],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait_until_it_answers(self) -> None:
        """Wait until the program itself, and no other that has its port, answers a request.

        :raises DidNotStart: when it does not.
        """
        wanted, running = self.port, self.running
        if wanted is None or running is None:
            return
        _wait_until(lambda: running.poll() is not None or _answers_at(running.pid, wanted), seconds=START_SECONDS)
        if running.poll() is not None or not _answers_at(running.pid, wanted):
            raise DidNotStart(self.name, said=self.log.read_text(errors="replace")[-2000:].strip())

    @property
    def has_died(self) -> bool:
        """Whether the program was started and has ended by itself."""
        return self.running is not None and self.running.poll() is not None

    def stop(self) -> None:
        """Ask the program to end, and wait for it."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End the program and its children at once (kill -9), and wait until they have let go of the port."""
        port = self.port
        self._end(signal.SIGKILL)
        if port:
            _wait_until(lambda: not _is_open(port), seconds=STOP_SECONDS)

    def _end(self, how: signal.Signals) -> None:
        if self.running is None:
            return
        try:
            os.killpg(self.running.pid, how)
            self.running.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.running.pid, signal.SIGKILL)
            self.running.wait()
        except ProcessLookupError:
            self.running.wait()
        self.running = None


def start(*processes: Process) -> None:
    """Start several programs at the same time.

    :raises DidNotStart: when one does not.
    """
    for process in processes:
        process.launch()
    for process in processes:
        process.wait_until_it_answers()


def find_port(wanted: int | None = None) -> int:
    """Return the wanted port of 127.0.0.1 when nobody has it, else a free one."""
    for port in (wanted, 0):
        if port is None:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port")


def claim_port(wanted: int | None = None) -> int:
    """Return a port as `find_port` does, and keep it from whoever asks next, for as long as this process lives.

    A web server's workers share their port (SO_REUSEPORT), and would share it with another demonstration too: until
    one of them listens, nobody else would see that it is taken.
    """
    port = find_port(wanted)
    claim = socket.socket()
    claim.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        claim.bind(("127.0.0.1", port))
    except OSError:
        claim.close()
        return claim_port()
    _CLAIMS[port] = claim
    return port


def _give_up_claim(port: int | None) -> None:
    """Leave a port to the program that takes it now for itself alone."""
    claim = _CLAIMS.pop(port, None) if port else None
    if claim is not None:
        claim.close()


def _wait_until(is_so: Callable[[], bool], *, seconds: float) -> None:
    """Ask until it is so, or the time is over."""
    deadline = time.monotonic() + seconds
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.03)


def _answers_at(pid: int, wanted: int) -> bool:
    """Tell whether a program, or a child of it, listens on a port (any for 0) and answers there."""
    ports = _find_ports(pid)
    return any(_answers(port) for port in (ports if wanted == 0 else ports & {wanted}))


def _find_ports(pid: int) -> set[int]:
    try:
        program = psutil.Process(pid)
        sockets = [found for one in (program, *program.children(True)) for found in one.net_connections("tcp")]
    except psutil.NoSuchProcess:
        return set()
    return {found.laddr.port for found in sockets if found.status == psutil.CONN_LISTEN}


def _answers(port: int) -> bool:
    try:
        httpx2.get(f"http://127.0.0.1:{port}/", timeout=START_SECONDS, trust_env=False)
    except httpx2.TransportError:
        return False
    return True


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
