"""``mynapoint waiting``: the waiting room in front of the acts."""

from argparse import ArgumentParser

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from mynapoint.entrance.operations import close_waiting_room, open_waiting_room
from mynapoint.entrance.queries import get_line
from mynapoint.entrance.rules import FASTEST, AdmissionChangedMeanwhile, PaceUnusable, read_pace
from mynapoint.kernel.period import JST


class Command(BaseCommand):
    """`mynapoint waiting open --per-minute N | close | status`."""

    help = "Open or close the waiting room in front of the acts, or show who waits."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take one of the three verbs."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        verb = verbs.add_parser("open", help="let people in one after the other, or at another pace; places are kept")
        verb.add_argument("--per-minute", required=True, help="how many a minute may begin")
        verbs.add_parser("close", help="let everybody in")
        verbs.add_parser("status", help="show how people are let in, and how many wait")

    def handle(self, *_args: object, verb: str, **options: object) -> None:
        """Do what the verb says, then show what counts."""
        try:
            if verb == "open":
                open_waiting_room(per_minute=read_pace(str(options["per_minute"])), at=settings.CLOCK())
            elif verb == "close":
                close_waiting_room(at=settings.CLOCK())
        except PaceUnusable:
            raise CommandError(f"--per-minute: from 1 to {FASTEST}") from None
        except AdmissionChangedMeanwhile:
            raise CommandError("somebody else changed it at the same moment; look at its status") from None
        self._show()

    def _show(self) -> None:
        line = get_line(at=settings.CLOCK())
        room = line.admission
        if room.opened_at is None:
            self.stdout.write("closed: everybody is let in")
            return
        since = f"{room.opened_at.astimezone(JST):%Y-%m-%d %H:%M:%S}"
        self.stdout.write(f"open since {since} (by {room.reason}): {room.per_minute} a minute, {line.waiting} waiting")
