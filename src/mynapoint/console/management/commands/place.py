"""Load and show places."""

from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from mynapoint.kernel.refusal import Refusal
from mynapoint.place.operations import load_place
from mynapoint.place.queries import list_places
from mynapoint.place.rules import Place, closes_at, next_opening


class Command(BaseCommand):
    """`mynapoint place load FILE … | list`."""

    help = "Load counters and helpdesks from their TOML files, or list them with whether they are open."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take one of the two verbs."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("load", help="load places' texts").add_argument("files", type=Path, nargs="+", metavar="FILE")
        verbs.add_parser("list", help="list the places, open or not")

    def handle(self, *_args: object, **options: object) -> None:
        """Do what the verb says."""
        at = settings.CLOCK()
        if options["verb"] == "list":
            for place in list_places(at=at):
                self.stdout.write(f"{place.id}\t{place.name.ja}\t{place.kind}\t{_describe(place, at=at)}")
            return
        for path in options["files"]:  # type: ignore[attr-defined]
            try:
                place, is_new = load_place(path, at=at)
            except Refusal as refusal:
                raise CommandError(str(refusal)) from None
            self.stdout.write(f"{place.id}: {'loaded' if is_new else 'nothing new'}")


def _describe(place: Place, *, at: datetime) -> str:
    closes = closes_at(place, at=at)
    if closes:
        return f"open until {closes.isoformat()}"
    opening = next_opening(place, at=at)
    return f"opens {opening.start.isoformat()}" if opening else "closed for good"
