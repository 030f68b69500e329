"""Load and show programmes."""

from argparse import ArgumentParser
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from mynapoint.kernel.refusal import Refusal
from mynapoint.programme.operations import load_programme
from mynapoint.programme.queries import count_places_taken, list_programmes


class Command(BaseCommand):
    """`mynapoint programme load FILE | list`."""

    help = "Load a programme from its TOML file, or list the programmes that count now."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take one of the two verbs."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("load", help="load a programme's text").add_argument("file", type=Path)
        verbs.add_parser("list", help="list the programmes that count now")

    def handle(self, *_args: object, **options: object) -> None:
        """Do what the verb says."""
        at = settings.CLOCK()
        if options["verb"] == "load":
            try:
                programme, is_new = load_programme(Path(str(options["file"])), at=at)
            except Refusal as refusal:
                raise CommandError(str(refusal)) from None
            self.stdout.write(f"{programme.id}: {'loaded' if is_new else 'nothing new'}")
            return
        for programme in list_programmes(at=at):
            taken = count_places_taken(programme.id)
            self.stdout.write(f"{programme.id}\t{programme.title.ja}\t{taken} of {programme.places} places taken")
