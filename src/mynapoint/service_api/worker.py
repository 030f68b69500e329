"""The process that carries out jobs."""

from typing import Final

from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector

from mynapoint.service_api.tasks import DEAD_AFTER

CONCURRENCY: Final = 8
POLL_SECONDS: Final = 1.0
"""How late a job may be whose time has come; a new job is heard of at once (LISTEN)."""
GRACE_SECONDS: Final = 20.0
"""A job may take as long as a service's answer; after a SIGTERM it is waited for this long."""
HEARTBEAT_SECONDS: Final = 1.0


def run_worker(*, concurrency: int = CONCURRENCY, wait: bool = True) -> None:
    """Carry out jobs until SIGTERM or SIGINT, then finish those that run; with `wait=False`, until none is left.

    A worker that is killed loses nothing: its jobs are taken over by the next one after a few seconds.
    """
    connector = app.connector
    if not isinstance(connector, DjangoConnector):
        raise TypeError("a worker runs in this process already")
    with app.replace_connector(connector.get_worker_connector()):
        app.run_worker(
            concurrency=concurrency,
            wait=wait,
            fetch_job_polling_interval=POLL_SECONDS,
            shutdown_graceful_timeout=GRACE_SECONDS,
            update_heartbeat_interval=HEARTBEAT_SECONDS,
            stalled_worker_timeout=DEAD_AFTER,
            delete_jobs="successful",
        )
