"""Register and list payment services."""

from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from pydantic import ValidationError

from mynapoint.directory.operations import register_service
from mynapoint.directory.queries import list_all_services
from mynapoint.directory.rules import ServiceKey
from mynapoint.kernel.refusal import Refusal
from paymentservice.keys import public_key_text


class Command(BaseCommand):
    """`mynapoint service register FILE --address URL --key ID=KEY | list`."""

    help = "Register a payment service from its TOML file, or list the registered ones."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take one of the two verbs."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        register = verbs.add_parser("register", help="register a service, or a newer text of it")
        register.add_argument("file", type=Path)
        register.add_argument("--address", required=True, help="where the service answers, as an http(s) address")
        register.add_argument(
            "--key", dest="keys", action="append", required=True, type=_read_key, metavar="ID=KEY",
            help="an Ed25519 public key of the service, base64url; may be given more than once",
        )  # fmt: skip
        verbs.add_parser("list", help="list the registered services")
        verbs.add_parser(
            "platform-key", help="print the key with which the platform signs, for a service's configuration"
        )

    def handle(self, *_args: object, **options: object) -> None:
        """Do what the verb says."""
        at = settings.CLOCK()
        if options["verb"] == "platform-key":
            self.stdout.write(public_key_text(settings.MESSAGE_SIGNING_KEY.public_key()))
            return
        if options["verb"] == "list":
            for service in list_all_services(at=at):
                self.stdout.write(f"{service.id}\t{service.name.ja}\t{service.kind}\t{service.address}")
            return
        try:
            keys = [
                ServiceKey.model_validate({"id": name, "public_key": key, "from": settings.CLOCK()})
                for name, key in options["keys"]  # type: ignore[attr-defined]
            ]
            service, is_new = register_service(
                Path(str(options["file"])), address=str(options["address"]), keys=keys, at=at
            )
        except ValidationError as error:
            raise CommandError(f"--key: {error.errors()[0]['msg']}") from None
        except Refusal as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"{service.id}: {'registered' if is_new else 'nothing new'}")


def _read_key(text: str) -> tuple[str, str]:
    name, mark, key = text.partition("=")
    if not mark:
        raise ArgumentTypeError("give the key as ID=KEY")
    return name, key
