"""Telling a database that cannot be reached from one that answered, and a connection that ended from one that waits."""

import select
from typing import Final, Protocol

import psycopg
from django.db import OperationalError

Unreached: Final = (OperationalError, psycopg.OperationalError)


def is_database_away(error: Exception) -> bool:
    """Tell a server that was not reached from one that answered: only the second has a code for what went wrong.

    A server that is being stopped or started still answers, with a code of class 57P (admin_shutdown and its kin).
    """
    if not isinstance(error, Unreached):
        return False
    source = error if isinstance(error, psycopg.Error) else error.__cause__
    code = getattr(source, "sqlstate", None)
    return code is None or str(code).startswith("57P")


class Connected(Protocol):
    """Anything over a socket."""

    def fileno(self) -> int:
        """Return the socket's number."""
        ...


def has_something_to_say(connection: Connected) -> bool:
    """Say whether something unread waits on a connection: on an idle one it is likely word of its end."""
    heard = select.poll()
    heard.register(connection.fileno(), select.POLLIN)
    return bool(heard.poll(0))
