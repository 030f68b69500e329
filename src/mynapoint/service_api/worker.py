"""The process that carries out jobs, and outlives its database's absence."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

import psycopg
import structlog
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector

from mynapoint.kernel.connection import is_database_away
from mynapoint.service_api.queue_connection import open_connector
from mynapoint.service_api.tasks import DEAD_AFTER

CONCURRENCY: Final = 8
POLL_SECONDS: Final = 1.0
"""How late a job may be whose time has come; a new job is heard of at once (LISTEN)."""
GRACE_SECONDS: Final = 20.0
"""A job may take as long as a service's answer; after a SIGTERM it is waited for this long."""
HEARTBEAT_SECONDS: Final = 1.0
LONGEST_PAUSE: Final = 30.0
"""seconds between two tries to reach a database that is away"""

log = structlog.get_logger(__name__)


def run_worker(*, concurrency: int = CONCURRENCY, wait: bool = True) -> None:
    """Carry out jobs until SIGTERM or SIGINT, then finish those that run; with `wait=False`, until none is left.

    A worker that is killed loses nothing: its jobs are taken over by the next one after a few seconds. One whose
    database goes away comes back to it after 1, 2, 4 … seconds.

    :raises OperationalError: the database was away from the start.
    """
    if not isinstance(app.connector, DjangoConnector):
        raise TypeError("a worker runs in this process already")
    asyncio.run(_keep_working(concurrency=concurrency, wait=wait))


async def _keep_working(*, concurrency: int, wait: bool) -> None:
    stopping = asyncio.Event()
    for asked in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(asked, stopping.set)
    pause, has_worked = 0.5, False
    while True:
        began = asyncio.get_running_loop().time()
        work = asyncio.create_task(_work(concurrency=concurrency, wait=wait))
        is_stopped = await _is_stopped_before_it_ends(work, stopping)
        if is_stopped or (not wait and work.exception() is None):
            return
        _raise_unless_away(work.exception(), has_worked=has_worked)
        worked_for = asyncio.get_running_loop().time() - began
        pause, has_worked = (1.0 if worked_for > LONGEST_PAUSE else min(2 * pause, LONGEST_PAUSE)), True
        log.error("database_away", again_in_seconds=pause)
        with suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), timeout=pause)
            return


async def _work(*, concurrency: int, wait: bool) -> None:
    """Work over a connection of its own until the database or the caller ends it."""
    with app.replace_connector(open_connector()):
        async with app.open_async():
            await app.run_worker_async(
                concurrency=concurrency,
                wait=wait,
                fetch_job_polling_interval=POLL_SECONDS,
                shutdown_graceful_timeout=GRACE_SECONDS,
                update_heartbeat_interval=HEARTBEAT_SECONDS,
                stalled_worker_timeout=DEAD_AFTER,
                delete_jobs="successful",
                install_signal_handlers=False,
            )


async def _is_stopped_before_it_ends(work: asyncio.Task[None], stopping: asyncio.Event) -> bool:
    """Wait for the work to end; when it is to stop, let it finish its jobs, and return True."""
    stop = asyncio.create_task(stopping.wait())
    await asyncio.wait({work, stop}, return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    if not stopping.is_set():
        return False
    work.cancel()
    with suppress(asyncio.CancelledError):
        await work
    return True


def _raise_unless_away(error: BaseException | None, *, has_worked: bool) -> None:
    """Pass on what is no absence of the database; a worker that just ended has lost it too.

    :raises BaseException: the error itself, or at the first try the driver's own, which says that nobody answers.
    """
    if error is None:
        return
    away = next((each for each in _chain(error) if isinstance(each, psycopg.Error) and is_database_away(each)), None)
    if away is None:
        raise error
    if not has_worked:
        raise away


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
