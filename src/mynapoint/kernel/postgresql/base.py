"""The name of this file is Django's: a database's ENGINE is the package around it."""

from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg_pool import ConnectionPool

from mynapoint.kernel.connection import has_something_to_say


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection out of the pool, which was asked whether it is still there when there was reason to.

    Django (`CONN_HEALTH_CHECKS`) asks at every request, which is an exchange with the server before the first question.
    """

    # Django's, which its types do not know yet.
    pool: "ConnectionPool[Any] | None"

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Return a connection of which no end was heard.

        A server that ended or restarted says so at once, one that vanished when the driver's keep-alives go unanswered
        (`console/database.py:describe_database`).
        """
        connection = super().get_new_connection(conn_params)
        while self.pool and has_something_to_say(connection) and not _answers(connection):
            connection.close()
            self.pool.putconn(connection)  # which makes a new one in its place
            connection = super().get_new_connection(conn_params)
        return connection


def _answers(connection: "psycopg.Connection[Any]") -> bool:
    try:
        ConnectionPool.check_connection(connection)
    except psycopg.OperationalError:
        return False
    return True
