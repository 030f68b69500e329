"""`mynapoint write_protocol`: bring the protocol's documents up to date with the code."""

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand

from mynapoint.service_api.documents import errors_text, openapi_text


class Command(BaseCommand):
    """Write docs/protocol/openapi.json and docs/errors.md."""

    help = "Write the OpenAPI file and the table of problem codes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the folder of the documents."""
        parser.add_argument("--docs", type=Path, default=Path("docs"), help="folder of the documents")

    def handle(self, *, docs: Path, **_: object) -> None:
        """Write both files."""
        (docs / "protocol").mkdir(parents=True, exist_ok=True)
        for path, text in ((docs / "protocol/openapi.json", openapi_text()), (docs / "errors.md", errors_text())):
            path.write_text(text, encoding="utf-8")
            self.stdout.write(str(path))
