"""The job queue's own way to the database."""

import select
from typing import Any

from procrastinate.contrib.django.utils import connector_params
from procrastinate.psycopg_connector import PsycopgConnector
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool


def open_connector() -> PsycopgConnector:
    """Return a connector for a worker. Each of the queue's transactions is one statement, so it begins none."""
    return PsycopgConnector(pool_factory=_open_pool, configure=_begin_no_transactions, kwargs=connector_params())


def _open_pool(**options: Any) -> "AsyncConnectionPool[AsyncConnection[Any]]":
    return AsyncConnectionPool(**options | {"check": _check_connection})


async def _begin_no_transactions(connection: "AsyncConnection[Any]") -> None:
    await connection.set_autocommit(True)


async def _check_connection(connection: "AsyncConnection[Any]") -> None:
    """Ask a connection only when it has something to say: an idle one that does is one that the server has ended."""
    heard = select.poll()
    heard.register(connection.fileno(), select.POLLIN)
    if heard.poll(0):
        await AsyncConnectionPool.check_connection(connection)
