"""``mynapoint checkpoint``: check from outside that a site's journal has only grown since the last time."""

import os
from argparse import ArgumentParser
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, ValidationError

from mynapoint.console.published import SiteAway, bare, fetch
from mynapoint.journal.queries import GrowthRefused, NoteRefused, Watched, check_growth

_WORDS: Final[Mapping[str, str]] = {
    "not_signed": "サイトのチェックポイントは、控えにある鍵で署名されていません。",
    "smaller": "サイトの記録が、控えたときより少なくなっています。末尾が消されています。",
    "not_grown": "控えたときの記録に書き足しただけだと、サイトは示せません。前の記録が変えられたおそれがあります。",
}


class Growth(BaseModel):
    """What the site publishes to show that its journal has only grown."""

    model_config = ConfigDict(extra="ignore")

    path: Annotated[tuple[Base64Bytes, ...], Field(max_length=128)]


class Command(BaseCommand):
    """The actions on a site's checkpoints; they need the site, and no database."""

    help = "Check that a site's journal has only grown since the checkpoint that was kept, and keep the new one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the actions."""
        actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
        verify = actions.add_parser("verify", help="Fail unless it has only grown. The first time, begin to keep it.")
        verify.add_argument("file", type=Path, help="Where the key and the newest checkpoint are kept.")
        verify.add_argument("--site", type=bare, default=settings.SITE_ORIGIN, help="Where the journal is published.")
        verify.add_argument("--key", help="The journal's key, as its operator tells it; else the site's word is taken.")

    def handle(self, *, file: Path, site: str, key: str | None, **_options: Any) -> None:
        """Begin to keep a site's checkpoints, or check the newest one against what was kept."""
        kept = _read(file)
        if kept is None:
            self._begin(file, site=site, key=key)
        elif key not in {None, kept.key}:
            raise CommandError(f"{file} には、別の鍵の控えがあります。どちらの鍵が正しいか、運営者に確かめてください")
        else:
            self._go_on(file, kept, site=site)

    def _begin(self, file: Path, *, site: str, key: str | None) -> None:
        begun = Watched(key or _ask(site, "key"), _ask(site, "checkpoint"))
        try:
            checkpoint = begun.checkpoint
        except NoteRefused:
            raise CommandError("サイトのチェックポイントは、この鍵で署名されていません") from None
        _write(file, begun)
        self.stdout.write(f"控えはじめました: {checkpoint.origin}、記録 {checkpoint.size:,} 件。鍵は {begun.key}")
        if key is None:
            self.stdout.write("鍵はサイトに聞いたものです。運営者が別の所で知らせている鍵と同じか、確かめてください。")

    def _go_on(self, file: Path, kept: Watched, *, site: str) -> None:
        newer = Watched(kept.key, _ask(site, "checkpoint"))
        try:
            check_growth(kept, newer, prove=lambda old, new: _ask_growth(site, old, new))
        except GrowthRefused as refused:
            evidence = file.with_name(f"{file.name}.refused-{sha256(newer.note.encode()).hexdigest()[:8]}")
            _write(evidence, newer)
            raise CommandError(f"{_WORDS[refused.reason]}証拠として {file} と {evidence} を残してください") from None
        _write(file, newer)
        old, new = kept.checkpoint.size, newer.checkpoint.size
        self.stdout.write(f"確かめました: 記録は、控えた {old:,} 件から {new:,} 件へ、書き足されただけです。")


def _read(file: Path) -> Watched | None:
    try:
        kept = Watched.parse(file.read_text(encoding="utf-8"))
        _ = kept.checkpoint
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, NoteRefused):
        raise CommandError(f"{file} は控えではありません。別の名前のファイルで始めるか、控えを戻してください") from None
    return kept


def _write(file: Path, kept: Watched) -> None:
    """Write a file as a whole or not at all."""
    new = file.with_name(f"{file.name}.new")
    try:
        new.write_text(str(kept), encoding="utf-8")
        os.replace(new, file)
    except OSError as error:
        raise CommandError(f"{file} に書けません({error.strerror})") from None


def _ask(site: str, name: str) -> str:
    address = f"{site}/journal/{name}"
    published = fetch(address)
    if published is None:
        raise CommandError(f"{address} には、まだ何も公開されていません。--site のアドレスを確かめてください")
    try:
        return published.decode().rstrip("\n") if name == "key" else published.decode()
    except UnicodeDecodeError:
        raise SiteAway(address) from None


def _ask_growth(site: str, old: int, new: int) -> tuple[bytes, ...]:
    """Return the hashes that the site gives; none when it says that it never signed one of the sizes."""
    address = f"{site}/journal/consistency/{old}/{new}"
    published = fetch(address)
    if published is None:
        return ()
    try:
        return Growth.model_validate_json(published).path
    except ValidationError:
        raise SiteAway(address) from None
