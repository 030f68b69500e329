"""``mynapoint journal``: sequence and verify the journal."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import Progress

from mynapoint.console.counterparts import COUNTERPARTS
from mynapoint.journal.operations import sequence
from mynapoint.journal.queries import get_checkpoint, verify_journal
from mynapoint.journal.rules import JournalDamaged

WITHOUT_NOTES = (
    "外に控えたチェックポイントとは比べていません。末尾がまるごと消されていないかは、"
    "控え(mynapoint journal checkpoint)を --checkpoint で渡すと調べられます。"
)


class Command(BaseCommand):
    """The actions on the journal."""

    help = "Compute the whole journal again and find every row that was changed; or sign its next checkpoint."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the actions."""
        actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
        verify = actions.add_parser("verify", help="Recompute it all; fail when any row is not as it was written.")
        verify.add_argument(
            "--checkpoint",
            dest="checkpoints",
            type=Path,
            action="append",
            default=[],
            metavar="FILE",
            help="A checkpoint kept outside: the journal must have grown from it. May be given more than once.",
        )
        actions.add_parser("sequence", help="Give waiting entries their places now, without waiting for the worker.")
        actions.add_parser("checkpoint", help="Print the newest signed checkpoint, to be kept outside.")

    def handle(self, *, action: str, **options: Any) -> None:
        """Do one action."""
        getattr(self, f"_{action}")(options)

    def _verify(self, options: dict[str, Any]) -> None:
        notes = [_read(path) for path in options["checkpoints"]]
        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("journal", total=None)
            report = verify_journal(
                kept_notes=notes,
                counterparts=COUNTERPARTS,
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )
        self.stdout.write(str(report))
        if not notes:
            self.stdout.write(WITHOUT_NOTES)
        if not report.is_intact:
            raise CommandError("the journal is not as it was written")

    def _sequence(self, _options: dict[str, Any]) -> None:
        total = 0
        try:
            while placed := sequence(at=settings.CLOCK()):
                total += placed
        except JournalDamaged as damaged:
            raise CommandError(str(damaged.finding)) from None
        self.stdout.write(f"{total} entries")

    def _checkpoint(self, _options: dict[str, Any]) -> None:
        newest = get_checkpoint()
        if newest is None:
            raise CommandError("nothing was sequenced yet; run `mynapoint worker` or `mynapoint journal sequence`")
        self.stdout.write(newest.note, ending="")


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise CommandError(f"cannot read {path}") from None
