"""Run the jobs."""

from django.core.management.base import BaseCommand

from mynapoint.service_api.worker import run_worker


class Command(BaseCommand):
    """`mynapoint worker`."""

    help = "Run the jobs (links, the journal's sequencer, clean-up) until it is stopped."

    def handle(self, *_args: object, **_options: object) -> None:
        """Run until stopped."""
        run_worker()
