"""The real driver stack with virtual readers: pcscd and vpcd, apart from whatever else runs on this machine.

pcscd knows one place for its socket, so it gets a mount namespace in which a folder of ours lies there; clients find
the same socket through that folder. Only virtual readers are configured.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from iccard.pcsc import list_readers
from iccard.unreachable import ReaderServiceMissing

PROGRAMS: Final = {
    "pcscd": "pcscd",
    "opensc-tool": "opensc",
    "pkcs15-tool": "opensc",
    "pkcs11-tool": "opensc",
    "openssl": "openssl",
    "unshare": "util-linux",
}
DRIVER: Final = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
SOCKET_VARIABLE: Final = "PCSCLITE_CSOCK_NAME"

_PATH: Final = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
_SLOTS: Final = 2  # of each vpcd: one port each, side by side
_START_SECONDS: Final = 20
_ENTER: Final = (
    'mount -t tmpfs tmpfs /run && mkdir /run/pcscd && mount --bind "$1" /run/pcscd'
    ' && exec setpriv --pdeathsig TERM pcscd --foreground --config "$2"'
)


class StackMissing(Exception):
    """The stack cannot run here."""

    def __init__(self, *, missing: tuple[str, ...]) -> None:
        super().__init__(", ".join(missing))
        self.missing = missing


@dataclass(frozen=True)
class Reader:
    """A virtual reader: its name in PC/SC, and the port that a card comes to."""

    name: str
    port: int


@dataclass(frozen=True)
class CardStack:
    """The running stack."""

    socket: Path
    readers: tuple[Reader, ...]
    log: Path


def find_missing() -> tuple[str, ...]:
    """Name what the stack still needs on this machine, as Debian's packages where it is one."""
    packages = {package for program, package in PROGRAMS.items() if shutil.which(program, path=_PATH) is None}
    if not DRIVER.exists():
        packages.add("vsmartcard-vpcd")
    missing = sorted(packages)
    if find_spec("smartcard") is None:
        missing.append("pyscard (the extra `reader`)")
    if not missing and not _may_have_a_namespace():
        missing.append("the right to a mount namespace")
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
        stack = _lay_out(folder, desks=desks)
        with _running_daemon(folder, log=stack.log), _pointed_at(stack.socket):
            _wait_for_readers(stack)
            yield stack


def _lay_out(folder: Path, *, desks: int) -> CardStack:
    for part in ("socket", "config"):
        (folder / part).mkdir()
    readers: list[Reader] = []
    with (folder / "config" / "vpcd").open("w") as config:
        for desk in range(desks):
            # The driver keeps its slots in static memory: readers that shared one copy of it would share their cards.
            driver = shutil.copy(DRIVER.resolve(), folder / f"driver-{desk}.so")
            port = _find_ports()
            name = f"Desk {desk}"
            address = f"DEVICENAME /dev/null:{port:#06x}\nLIBPATH {driver}\nCHANNELID {port:#06x}\n\n"
            config.write(f'FRIENDLYNAME "{name}"\n{address}')
            readers += [Reader(f"{name} 00 {slot:02}", port + slot) for slot in range(_SLOTS)]
    return CardStack(socket=folder / "socket" / "pcscd.comm", readers=tuple(readers), log=folder / "log")


@contextmanager
def _running_daemon(folder: Path, *, log: Path) -> Iterator[None]:
    arguments = ["sh", "-c", _ENTER, "sh", str(folder / "socket"), str(folder / "config")]
    with log.open("wb") as output:
        daemon = subprocess.Popen(
            [*_namespace_command(), *arguments], stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            env=os.environ | {"PATH": _PATH}, start_new_session=True,
        )  # fmt: skip
    try:
        yield
    finally:
        daemon.send_signal(signal.SIGTERM)
        try:
            daemon.wait(timeout=10)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()


def _namespace_command() -> list[str]:
    return ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--map-root-user"]


def _may_have_a_namespace() -> bool:
    command = [*_namespace_command(), "mount", "-t", "tmpfs", "tmpfs", "/run"]
    return subprocess.run(command, capture_output=True, check=False, env=os.environ | {"PATH": _PATH}).returncode == 0


@contextmanager
def _pointed_at(path: Path) -> Iterator[None]:
    before = os.environ.get(SOCKET_VARIABLE)
    os.environ[SOCKET_VARIABLE] = str(path)
    try:
        yield
    finally:
        del os.environ[SOCKET_VARIABLE]
        if before is not None:
            os.environ[SOCKET_VARIABLE] = before


def _wait_for_readers(stack: CardStack) -> None:
    deadline = time.monotonic() + _START_SECONDS
    wanted = {reader.name for reader in stack.readers}
    while True:
        try:
            if stack.socket.exists() and set(list_readers()) == wanted:
                return
        except ReaderServiceMissing:
            pass  # the socket is there before somebody listens
        if time.monotonic() > deadline:
            raise StackMissing(
                missing=(f"pcscd, which does not start: {stack.log.read_text(errors='replace')[-500:]}",)
            )
        time.sleep(0.05)


def _find_ports() -> int:
    """Return the first of two free ports side by side."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("", 0))
            port = int(first.getsockname()[1])
            try:
                second.bind(("", port + 1))
            except (OSError, OverflowError):
                continue
            return port


if __name__ == "__main__":
    sys.exit(", ".join(find_missing()) or None)  # which Python says on standard error, and ends with 1
