"""Run the jobs."""

from django.conf import settings
from django.core.management.base import BaseCommand

from mynapoint.console.mode import check_mode_here
from mynapoint.service_api.worker import run_worker


class Command(BaseCommand):
    """`mynapoint worker`."""

    help = "Run the jobs (links, the journal's sequencer, clean-up) until it is stopped."

    def handle(self, *_args: object, **_options: object) -> None:
        """Run until stopped."""
        check_mode_here(at=settings.CLOCK())
        run_worker()
