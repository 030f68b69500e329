"""Register and list payment services, and change their keys."""

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from pydantic import ValidationError

from mynapoint.console.instants import read_instant
from mynapoint.directory.operations import change_keys, register_service
from mynapoint.directory.queries import list_all_services
from mynapoint.directory.rules import ServiceKey
from mynapoint.kernel.period import JST
from mynapoint.kernel.refusal import Refusal
from paymentservice.keys import public_key_text


class Command(BaseCommand):
    """`mynapoint service register FILE --address URL --key ID=KEY | keys SERVICE … | list | platform-key`."""

    help = "Register a payment service from its TOML file, change its keys, or list the registered ones."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take one of the verbs."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        register = verbs.add_parser("register", help="register a service, or a newer text of it")
        register.add_argument("file", type=Path)
        register.add_argument("--address", required=True, help="where the service answers, as an http(s) address")
        change = verbs.add_parser("keys", help="give a registered service one more key, end one, or list them")
        change.add_argument("service")
        for verb in (register, change):
            verb.add_argument(
                "--key", dest="keys", action="append", type=_read_key, metavar="ID=KEY",
                required=verb is register, default=[] if verb is change else None,
                help="an Ed25519 public key of the service, base64url; may be given more than once",
            )  # fmt: skip
            verb.add_argument(
                "--key-until", dest="ends", action="append", type=_read_end, metavar="ID=TIME", default=[],
                help="the first instant at which a key counts no longer, as 2020-11-01T09:00; may be repeated",
            )  # fmt: skip
        verbs.add_parser("list", help="list the registered services")
        verbs.add_parser(
            "platform-key", help="print the key with which the platform signs, for a service's configuration"
        )

    def handle(self, *, verb: str, **options: Any) -> None:
        """Do what the verb says."""
        try:
            getattr(self, f"_{verb.replace('-', '_')}")(options, at=settings.CLOCK())
        except Refusal as refusal:
            raise CommandError(str(refusal)) from None

    def _register(self, options: dict[str, Any], *, at: datetime) -> None:
        service, is_new = register_service(
            options["file"],
            address=options["address"],
            keys=_make_keys(options["keys"], at=at),
            ends=dict(options["ends"]),
            at=at,
        )
        self.stdout.write(f"{service.id}: {'registered' if is_new else 'nothing new'}")

    def _keys(self, options: dict[str, Any], *, at: datetime) -> None:
        new, ends = _make_keys(options["keys"], at=at), dict(options["ends"])
        service, _ = change_keys(options["service"], new=new, ends=ends, at=at)
        for key in service.keys:
            until = f" until {_show(key.until)}" if key.until else ""
            self.stdout.write(f"{key.id}\tfrom {_show(key.from_)}{until}")

    def _list(self, _options: dict[str, Any], *, at: datetime) -> None:
        for service in list_all_services(at=at):
            self.stdout.write(f"{service.id}\t{service.name.ja}\t{service.kind}\t{service.address}")

    def _platform_key(self, _options: dict[str, Any], *, at: datetime) -> None:
        self.stdout.write(public_key_text(settings.MESSAGE_SIGNING_KEY.public_key()))


def _make_keys(given: Sequence[tuple[str, str]], *, at: datetime) -> list[ServiceKey]:
    try:
        return [ServiceKey.model_validate({"id": name, "public_key": key, "from": at}) for name, key in given]
    except ValidationError as error:
        raise CommandError(f"--key: {error.errors()[0]['msg']}") from None


def _read_key(text: str) -> tuple[str, str]:
    name, mark, key = text.partition("=")
    if not mark:
        raise ArgumentTypeError("give the key as ID=KEY")
    return name, key


def _read_end(text: str) -> tuple[str, datetime]:
    name, _, time = text.partition("=")
    try:
        return name, read_instant(time)
    except ValueError:
        raise ArgumentTypeError("give the end as ID=TIME, like hanamaru-1=2020-11-01T09:00") from None


def _show(at: datetime) -> str:
    return f"{at.astimezone(JST):%Y-%m-%d %H:%M:%S}"
