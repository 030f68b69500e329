"""The window's own server: loopback only, one process, some threads, no line about any request."""

import logging
import os
import select
import socket
from typing import Final

from waitress.server import create_server

from cardagent.window.app import Window
from cardagent.window.desk import Desk
from cardagent.window.guard import MAX_BODY

HOST: Final = "127.0.0.1"
_THREADS: Final = 16
# A page of this machine's browser asks at once; whoever connects and says nothing is let go of before long.
_SILENCE_SECONDS: Final = 5
_MOST_CONNECTIONS: Final = 500


class PortTaken(Exception):
    """Somebody else, perhaps this very program, has the port."""

    def __init__(self, port: int) -> None:
        super().__init__(str(port))
        self.port = port


def listen(port: int) -> socket.socket:
    """This will take the port, so that whoever comes from now on is answered; 0 takes any that is free.

    :raises PortTaken: when somebody else has it.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if os.name == "posix":
        # A program that ended a moment ago must not keep its successor out; on Windows this would let others in.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen()
    except OSError:
        listener.close()
        raise PortTaken(port) from None
    return listener


def get_origin(listener: socket.socket) -> str:
    """This will be the address at which a browser of this machine finds the window."""
    return f"http://{HOST}:{listener.getsockname()[1]}"


def serve(desk: Desk, *, listener: socket.socket) -> None:
    """This will answer the person's browser until the program is ended."""
    # Waitress warns of requests that wait for a thread; nothing else of it is of use to a person.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    window = Window(origin=get_origin(listener), desk=desk)
    server = create_server(
        window,
        sockets=[listener],
        threads=_THREADS,
        ident=None,
        max_request_body_size=MAX_BODY,
        channel_timeout=_SILENCE_SECONDS,
        # Without it nobody would know that a page which waits for the end of its act is looked at no more.
        channel_request_lookahead=1,
        cleanup_interval=1,
        connection_limit=_MOST_CONNECTIONS,
        asyncore_use_poll=hasattr(select, "poll"),
    )
    server.run()
