"""Runs the platform's jobs as its worker does, until none is left: those that wait, then each regular one once."""

import os
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mynapoint.settings")
django.setup()

from procrastinate.contrib.django import app  # noqa: E402  (Django has to be set up first)

from mynapoint.service_api.worker import run_worker  # noqa: E402

REGULAR = app.periodic_registry.periodic_tasks


def run_jobs() -> None:
    """Order the regular jobs by hand: when they come by the clock, their number is a matter of chance."""
    names = sorted(name for name, _ in REGULAR)
    around = dict(REGULAR)
    REGULAR.clear()
    try:
        for name in names:
            app.configure_task(name).defer(timestamp=int(time.time()))
        run_worker(concurrency=1, wait=False)
    finally:
        REGULAR.update(around)


if __name__ == "__main__":
    run_jobs()
