"""``mynapoint registry``: the authority's daily lists."""

from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx2
from cryptography import x509
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from jpki.crl import RevocationListRefused, read_revocation_list
from jpki.lineage_list import MalformedLineageList
from jpki.path import TrustAnchors, UnsuitableAnchors, read_anchors
from jpki.virtual.files import write_durably
from mynapoint.registry.operations import import_lineages, import_revocations, resolve_open_holds
from mynapoint.registry.queries import get_newest_lists
from mynapoint.registry.rules import Imported, ListIsCutOff, ListIsFromTheFuture, ListIsOlder, UnableToImport

_SHOWN_ROWS: Final = 20
_DOWNLOAD_SECONDS: Final = 300
_COMPLAINTS: Final = {
    ListIsOlder: "a newer list of this name was taken in before",
    ListIsFromTheFuture: "made later than now: check the clocks",
    ListIsCutOff: "does not have as many rows as it says: fetch it again",
    MalformedLineageList: "is no list of lineages: fetch it again",
}


class Command(BaseCommand):
    """The actions on the authority's lists."""

    help = "Fetch or import the authority's daily lists (revocations, lineages), or show how old they are."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the actions."""
        actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
        take_in = actions.add_parser("import", help="Take in every *.crl and lineage.csv of the folder; run it daily.")
        fetch = actions.add_parser("fetch", help="Fetch the lists from an address into the folder.")
        fetch.add_argument("url")
        for action in (take_in, fetch):
            action.add_argument("--folder", type=Path, help="The folder, instead of MYNAPOINT_REGISTRY=files:FOLDER.")
        actions.add_parser("status", help="Show the newest list of every name.")

    def handle(self, *, action: str, **options: Any) -> None:
        """Do one action."""
        getattr(self, f"_{action}")(options)

    def _import(self, options: dict[str, Any]) -> None:
        folder, anchors = _find_folder(options), _read_anchors()
        paths = [*sorted(folder.glob("*.crl")), *sorted(folder.glob("lineage.csv"))]
        if not paths:
            raise CommandError(f"there is no list in {folder}")
        failures = [failure for path in paths for failure in self._import_one(path, anchors=anchors)]
        if resolved := resolve_open_holds(at=settings.CLOCK()):
            self.stdout.write(f"{resolved} of the holds are resolved: their lineage is known now")
        for failure in failures:
            self.stderr.write(failure)
        if failures:
            raise CommandError("some of it was not taken in; what is known besides stands")

    def _import_one(self, path: Path, *, anchors: TrustAnchors) -> Iterator[str]:
        try:
            imported = _take_in(path, anchors=anchors)
        except RevocationListRefused as refused:
            yield f"{path.name}: {refused.fault}"
        except (UnableToImport, MalformedLineageList) as refused:
            yield f"{path.name}: {_COMPLAINTS[type(refused)]}"
        else:
            self.stdout.write(f"{path.name}: {imported.count} rows{'' if imported.is_new else ', already taken in'}")
            for row in imported.bad_rows[:_SHOWN_ROWS]:
                yield f"{path.name}:{row.line}: {row.fault}"
            if len(imported.bad_rows) > _SHOWN_ROWS:
                yield f"{path.name}: {len(imported.bad_rows)} rows were left out in all"

    def _fetch(self, options: dict[str, Any]) -> None:
        folder, url = _find_folder(options), options["url"].rstrip("/")
        folder.mkdir(parents=True, exist_ok=True)
        key_ids = [_get_key_id(anchor) for anchor in _read_anchors().certificates]
        names = [*(f"crl/{key_id}.crl" for key_id in key_ids), "lineage.csv"]
        try:
            with httpx2.Client(timeout=_DOWNLOAD_SECONDS, trust_env=False) as client:
                lists = {name: client.get(f"{url}/{name}").raise_for_status().content for name in names}
        except httpx2.HTTPError:
            raise CommandError("the lists cannot be fetched; those of the folder stay as they are") from None
        for name, content in lists.items():
            write_durably(folder / Path(name).name, content)
            self.stdout.write(Path(name).name)

    def _status(self, _options: dict[str, Any]) -> None:
        for newest in get_newest_lists():
            made, due = (f"{at:%Y-%m-%d %H:%M} UTC" for at in (newest.update.this_update, newest.update.next_update))
            self.stdout.write(f"{newest.name}: {newest.rows} rows, made {made}, the next due {due}")


def _find_folder(options: dict[str, Any]) -> Path:
    folder: Path | None = options["folder"]
    if folder is not None:
        return folder
    if settings.REGISTRY is None or not settings.REGISTRY.startswith("files:"):
        raise CommandError("say where the lists are: --folder, or MYNAPOINT_REGISTRY=files:FOLDER")
    return Path(settings.REGISTRY.removeprefix("files:"))


def _read_anchors() -> TrustAnchors:
    try:
        return read_anchors(settings.TRUST_ANCHORS)
    except UnsuitableAnchors:
        raise CommandError(f"there are no certificates of one authority in {settings.TRUST_ANCHORS}") from None


def _take_in(path: Path, *, anchors: TrustAnchors) -> Imported:
    content, at = path.read_bytes(), settings.CLOCK()
    if path.suffix == ".crl":
        return import_revocations(read_revocation_list(content, anchors=anchors), key=settings.HOLDER_KEY, at=at)
    issuers = frozenset(bytes.fromhex(_get_key_id(anchor)) for anchor in anchors.certificates)
    return import_lineages(content, issuers=issuers, key=settings.HOLDER_KEY, at=at)


def _get_key_id(anchor: x509.Certificate) -> str:
    return anchor.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest.hex()
