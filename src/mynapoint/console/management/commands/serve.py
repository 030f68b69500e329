"""Serve the sites and the service API."""

import os
import sys
from argparse import ArgumentParser
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand

from mynapoint.console.mode import check_mode_here
from mynapoint.site.journey.authorities import get_authorities

KILL_AFTER = 20
"""seconds in which a stopped worker may finish its requests"""


class Command(BaseCommand):
    """`mynapoint serve`."""

    help = "Serve the citizens' site, the office and the service API with granian, until it is stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take where to listen and with how many processes."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=urlsplit(settings.SITE_ORIGIN).port or 8000)
        parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)

    def handle(self, *_args: object, **options: object) -> None:
        """Become the server: this process is its parent, so that stopping this stops it all.

        :raises UnusableSetting: when there is no registry or no anchor: every signature would be met by a failure.
        """
        check_mode_here(at=settings.CLOCK())
        get_authorities()
        pool = settings.DATABASES["default"]["OPTIONS"]["pool"]["max_size"]
        arguments = [
            "--interface",
            "wsgi",
            "--no-ws",
            "--respawn-failed-workers",
            "--host",
            options["host"],
            "--port",
            options["port"],
        ]
        arguments += ["--workers", options["workers"], "--workers-kill-timeout", KILL_AFTER, "--blocking-threads", pool]
        arguments += ["mynapoint.wsgi:application"]
        os.execv(sys.executable, [sys.executable, "-m", "granian", *map(str, arguments)])  # noqa: S606
