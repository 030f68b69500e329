"""``mynapoint maintenance``: when nothing is taken in."""

from argparse import ArgumentParser
from datetime import datetime

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from mynapoint.console.instants import read_instant
from mynapoint.entrance.operations import announce_maintenance
from mynapoint.entrance.queries import find_closure
from mynapoint.entrance.rules import Closure
from mynapoint.kernel.period import JST


class Command(BaseCommand):
    """`mynapoint maintenance announce --from TIME --until TIME | withdraw | status`."""

    help = "Announce when nothing is taken in (the pages stay readable), withdraw it, or show it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take one of the three verbs."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        verb = verbs.add_parser("announce", help="announce a maintenance; it replaces an earlier announcement")
        for name, meaning in (("from", "its first moment; now when left out"), ("until", "the first moment after it")):
            help_text = f"{meaning} (2020-11-01T02:00, Japanese time)"
            verb.add_argument(f"--{name}", dest=f"{name}_at", required=name == "until", help=help_text)
        verbs.add_parser("withdraw", help="withdraw what is announced, or end what is on")
        verbs.add_parser("status", help="show what is announced")

    def handle(self, *_args: object, verb: str, **options: object) -> None:
        """Do what the verb says, then show what counts."""
        at = settings.CLOCK()
        if verb == "announce":
            from_at = _read_time(str(options["from_at"])) if options["from_at"] else at
            announce_maintenance(_read_closure(from_at, _read_time(str(options["until_at"])), at=at), at=at)
        elif verb == "withdraw":
            announce_maintenance(None, at=at)
        closure = find_closure(at=settings.CLOCK())
        self.stdout.write(_describe(closure) if closure else "no maintenance is announced")


def _read_time(typed: str) -> datetime:
    try:
        return read_instant(typed)
    except ValueError:
        raise CommandError(f"{typed}: not a time; write it like 2020-11-01T02:00") from None


def _read_closure(from_at: datetime, until_at: datetime, *, at: datetime) -> Closure:
    if until_at <= max(from_at, at):
        raise CommandError("--until: must come after --from, and after now")
    return Closure(from_at=from_at, until_at=until_at)


def _describe(closure: Closure) -> str:
    from_at, until_at = (time.astimezone(JST) for time in (closure.from_at, closure.until_at))
    return f"nothing is taken in from {from_at:%Y-%m-%d %H:%M:%S} until {until_at:%Y-%m-%d %H:%M:%S}"
