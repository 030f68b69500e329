"""The real driver stack with virtual readers: pcscd and vpcd, apart from whatever else runs on this machine.

pcscd knows one place for its socket, so it gets a mount namespace in which a folder of ours lies there; clients find
the same socket through that folder. Only virtual readers are configured. vpcd listens on every address and has no
password, so it gets a network namespace, in which there is nothing but a loopback of its own: nobody on the machine or
beyond it can lay a card down, except through a door in that same folder.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from demo.reader_door import reach_through
from iccard.pcsc import list_readers
from iccard.unreachable import ReaderServiceMissing
from jpki.virtual.vpcd import DEFAULT_PORT

if TYPE_CHECKING:
    import socket

PROGRAMS: Final = {
    "pcscd": "pcscd",
    "opensc-tool": "opensc",
    "pkcs15-tool": "opensc",
    "pkcs11-tool": "opensc",
    "openssl": "openssl",
    "ip": "iproute2",
    "nsenter": "util-linux",
    "unshare": "util-linux",
}
DRIVER: Final = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
SOCKET_VARIABLE: Final = "PCSCLITE_CSOCK_NAME"

_PATH: Final = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
_SLOTS: Final = 2  # of each vpcd: one port each, side by side
_START_SECONDS: Final = 20
_FURNISH: Final = "mount -t tmpfs tmpfs /run && ip link set lo up"
_ENTER: Final = (
    f'{_FURNISH} && mkdir /run/pcscd && mount --bind "$1" /run/pcscd'
    ' && exec setpriv --pdeathsig TERM pcscd --foreground --config "$2"'
)


class StackMissing(Exception):
    """The stack cannot run here."""

    def __init__(self, *, missing: tuple[str, ...]) -> None:
        super().__init__(", ".join(missing))
        self.missing = missing


@dataclass(frozen=True)
class Reader:
    """A virtual reader: its name in PC/SC, and the port inside that a card comes to, through the door from outside."""

    name: str
    port: int
    door: Path

    def reach(self) -> "AbstractContextManager[socket.socket]":
        """Put a card that does not answer yet into the reader; pull it at the end."""
        return reach_through(self.door, port=self.port)


@dataclass(frozen=True)
class CardStack:
    """The running stack: where its clients find it, its readers, and the process whose namespaces it has."""

    socket: Path
    readers: tuple[Reader, ...]
    process: int

    def inside(self, *command: str) -> list[str]:
        """Return a command so that it runs in the stack's network."""
        user = [] if os.geteuid() == 0 else ["--user", "--preserve-credentials"]
        return ["nsenter", "--target", str(self.process), *user, "--net", *command]


def find_missing() -> tuple[str, ...]:
    """Name what the stack still needs on this machine, as Debian's packages where it is one."""
    packages = {package for program, package in PROGRAMS.items() if shutil.which(program, path=_PATH) is None}
    if not DRIVER.exists():
        packages.add("vsmartcard-vpcd")
    missing = sorted(packages)
    if find_spec("smartcard") is None:
        missing.append("pyscard (the extra `reader`)")
    if not missing and not _may_have_a_namespace():
        missing.append("the right to a mount and a network namespace")
    return tuple(missing)


@contextmanager
def running_card_stack(*, desks: int = 1) -> Iterator[CardStack]:
    """Run pcscd with two virtual readers a desk, and point this process and its children at it.

    :raises StackMissing: when it cannot run here.
    """
    if missing := find_missing():
        raise StackMissing(missing=missing)
    with tempfile.TemporaryDirectory(prefix="pcsc-") as name:  # a short name: a socket's path has 107 characters
        folder = Path(name)
        for part in ("socket", "config"):
            (folder / part).mkdir()
        readers = tuple(_configure(folder, desks=desks))
        with _running_daemon(folder) as daemon, _pointed_at(folder / "socket" / "pcscd.comm") as socket:
            stack = CardStack(socket=socket, readers=readers, process=daemon.pid)
            _wait_for_readers(stack, log=folder / "log")
            with _kept_door(stack, folder):
                yield stack


def _configure(folder: Path, *, desks: int) -> Iterator[Reader]:
    with (folder / "config" / "vpcd").open("w") as config:
        for desk in range(desks):
            # The driver keeps its slots in static memory: readers that shared one copy of it would share their cards.
            driver = shutil.copy(DRIVER.resolve(), folder / f"driver-{desk}.so")
            port = DEFAULT_PORT + _SLOTS * desk
            name = f"Desk {desk}"
            address = f"DEVICENAME /dev/null:{port:#06x}\nLIBPATH {driver}\nCHANNELID {port:#06x}\n\n"
            config.write(f'FRIENDLYNAME "{name}"\n{address}')
            for slot in range(_SLOTS):
                yield Reader(f"{name} 00 {slot:02}", port + slot, folder / "door")


@contextmanager
def _running_daemon(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [*_namespace_command(), "sh", "-c", _ENTER, "sh", str(folder / "socket"), str(folder / "config")]
    with (folder / "log").open("wb") as log, _running(command, log=log) as daemon:
        yield daemon


@contextmanager
def _kept_door(stack: CardStack, folder: Path) -> Iterator[None]:
    door = [sys.executable, "-m", "demo.reader_door", str(folder / "door")]
    with (folder / "log").open("ab") as log, _running(stack.inside("setpriv", "--pdeathsig", "TERM", *door), log=log):
        _wait_until((folder / "door").exists, log=folder / "log")
        yield


@contextmanager
def _running(command: Sequence[str], *, log: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        env=os.environ | {"PATH": _PATH}, start_new_session=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _namespace_command() -> list[str]:
    return ["unshare", "--mount", "--net", *([] if os.geteuid() == 0 else ["--map-root-user"])]


def _may_have_a_namespace() -> bool:
    command = [*_namespace_command(), "sh", "-c", _FURNISH]
    return subprocess.run(command, capture_output=True, check=False, env=os.environ | {"PATH": _PATH}).returncode == 0


@contextmanager
def _pointed_at(path: Path) -> Iterator[Path]:
    before = os.environ.get(SOCKET_VARIABLE)
    os.environ[SOCKET_VARIABLE] = str(path)
    try:
        yield path
    finally:
        del os.environ[SOCKET_VARIABLE]
        if before is not None:
            os.environ[SOCKET_VARIABLE] = before


def _wait_for_readers(stack: CardStack, *, log: Path) -> None:
    wanted = {reader.name for reader in stack.readers}

    def are_there() -> bool:
        try:
            return stack.socket.exists() and set(list_readers()) == wanted
        except ReaderServiceMissing:
            return False  # the socket is there before somebody listens

    _wait_until(are_there, log=log)


def _wait_until(is_so: Callable[[], bool], *, log: Path) -> None:
    """Wait until it is so.

    :raises StackMissing: when it takes too long, with the end of what the stack said.
    """
    deadline = time.monotonic() + _START_SECONDS
    while not is_so():
        if time.monotonic() > deadline:
            raise StackMissing(missing=(f"pcscd, which does not start: {log.read_text(errors='replace')[-500:]}",))
        time.sleep(0.05)


if __name__ == "__main__":
    sys.exit(", ".join(find_missing()) or None)  # which Python says on standard error, and ends with 1
