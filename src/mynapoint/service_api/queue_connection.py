"""The job queue's own way to the database."""

from typing import Any

from procrastinate.contrib.django.utils import connector_params
from procrastinate.psycopg_connector import PsycopgConnector
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from mynapoint.kernel.connection import has_something_to_say


def open_connector() -> PsycopgConnector:
    """Return a connector for a worker. Each of the queue's transactions is one statement, so it begins none."""
    return PsycopgConnector(pool_factory=_open_pool, configure=_begin_no_transactions, kwargs=connector_params())


def _open_pool(**options: Any) -> "AsyncConnectionPool[AsyncConnection[Any]]":
    return AsyncConnectionPool(**options | {"check": _check_connection})


async def _begin_no_transactions(connection: "AsyncConnection[Any]") -> None:
    await connection.set_autocommit(True)


async def _check_connection(connection: "AsyncConnection[Any]") -> None:
    if has_something_to_say(connection):
        await AsyncConnectionPool.check_connection(connection)
