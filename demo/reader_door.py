"""The door into the card stack's own network: whoever comes is handed a connection to a virtual reader.

A connection stays in the network it was made in, whoever holds it. So this small program, which runs inside, makes it
and passes it on through a socket that is a file and therefore reachable from outside.
"""

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from jpki.virtual.vpcd import NoVirtualReader, reach_reader

_PORT_LENGTH: Final = 2
_SECONDS: Final = 10


@contextmanager
def reach_through(door: Path, *, port: int) -> Iterator[socket.socket]:
    """This will put a card that does not answer yet into the reader at a port inside, and pull it at the end.

    :raises NoVirtualReader: when there is no door, or no reader behind it.
    """
    with socket.socket(socket.AF_UNIX) as asker:
        asker.settimeout(_SECONDS)
        try:
            asker.connect(str(door))
            asker.sendall(port.to_bytes(_PORT_LENGTH, "big"))
            _, connections, _, _ = socket.recv_fds(asker, 1, 1, socket.MSG_CMSG_CLOEXEC)
        except OSError:
            raise NoVirtualReader from None
    if not connections:
        raise NoVirtualReader
    with socket.socket(fileno=connections[0]) as reader:
        yield reader


def keep_door(door: Path) -> None:
    """This will hand out connections, one after the other, until the program is ended."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(door))
        listening.listen()
        while True:
            asker, _ = listening.accept()
            with asker:
                _hand_out(asker)


def _hand_out(asker: socket.socket) -> None:
    asker.settimeout(_SECONDS)
    try:
        port = int.from_bytes(asker.recv(_PORT_LENGTH), "big")
        with reach_reader(port=port) as reader:
            socket.send_fds(asker, [b"\0"], [reader.fileno()])
    except (OSError, NoVirtualReader):
        return  # the asker sees that nothing came


if __name__ == "__main__":
    keep_door(Path(sys.argv[1]))
