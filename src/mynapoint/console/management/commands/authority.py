"""``mynapoint authority``: the test authority as a process of its own."""

import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.serialization import Encoding
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from jpki.virtual.authority import Authority
from jpki.virtual.contents import Purpose
from jpki.virtual.errors import NoAuthority

_THREADS: Final = 8


class Command(BaseCommand):
    """The actions of the test authority; for demonstrations and tests only."""

    help = "Serve the test authority (OCSP, CRL, lineage, cards), or write its daily lists (demonstrations only)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the actions."""
        actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
        serve = actions.add_parser("serve", help="Answer OCSP and lineage questions, issue, renew and revoke cards.")
        serve.add_argument("--host", default="127.0.0.1")
        serve.add_argument("--port", type=int, default=8090)
        export = actions.add_parser("export", help="Write revocation lists and the list of lineages into a folder.")
        export.add_argument("target", type=Path)
        for action in (serve, export):
            action.add_argument("--folder", type=Path, help="The authority's folder, instead of MYNAPOINT_REGISTRY's.")

    def handle(self, *, action: str, folder: Path | None, **options: Any) -> None:
        """Do one action."""
        if not settings.DEMO:
            raise CommandError("the test authority is for demonstrations: set MYNAPOINT_DEMO=1")
        if folder is None:
            if settings.REGISTRY is None or not settings.REGISTRY.startswith("authority:"):
                raise CommandError("say where the test authority is: --folder, or MYNAPOINT_REGISTRY=authority:FOLDER")
            folder = Path(settings.REGISTRY.removeprefix("authority:"))
        try:
            authority = Authority.open(folder)
        except NoAuthority:
            raise CommandError("there is no test authority in the folder; `mynapoint card issue` makes one") from None
        getattr(self, f"_{action}")(authority, folder, options)

    def _serve(self, _authority: Authority, folder: Path, options: dict[str, Any]) -> None:
        """Become the server: what it needs to know it reads from the environment, as every program of ours."""
        os.environ["MYNAPOINT_REGISTRY"] = f"authority:{folder.absolute()}"
        arguments = ["--interface", "wsgi", "--host", options["host"], "--port", options["port"], "--no-ws"]
        arguments += ["--blocking-threads", _THREADS, "mynapoint.console.authority_wsgi:application"]
        os.execv(sys.executable, [sys.executable, "-m", "granian", *map(str, arguments)])  # noqa: S606

    def _export(self, authority: Authority, _folder: Path, options: dict[str, Any]) -> None:
        target, at = options["target"], settings.CLOCK()
        target.mkdir(parents=True, exist_ok=True)
        for number, crl in enumerate(authority.make_revocation_lists(Purpose.AUTHENTICATION, at=at), start=1):
            (target / f"{number}.crl").write_bytes(crl.public_bytes(Encoding.DER))
        with (target / "lineage.csv").open("w", encoding="ascii") as lineages:
            lineages.writelines(authority.make_lineage_list(at=at))
        self.stdout.write(str(target))
