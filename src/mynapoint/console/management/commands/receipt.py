"""``mynapoint receipt``: check the row receipt that a citizen got from their payment service."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Final

import httpx2
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from pydantic import BaseModel, ConfigDict, ValidationError

from sealedclaim.opening import Commitment, OpeningRefused
from sealedclaim.receipt import CommitmentMismatch, RowReceipt, check_receipt, parse_receipt
from sealedclaim.strict_json import Unreadable

SECONDS: Final = 15.0


class Published(BaseModel):
    """What the site publishes of a closing."""

    model_config = ConfigDict(extra="ignore")

    state: str
    count: int
    total: int
    root: bytes

    @property
    def commitment(self) -> Commitment:
        """The published closing as receipts are held against it."""
        return Commitment(count=self.count, total=self.total, root=bytes.fromhex(self.root.decode()))


class Command(BaseCommand):
    """The actions on receipts; they need the site, and no database."""

    help = "Check a citizen's row receipt against the closing that the site publishes."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the actions."""
        actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
        verify = actions.add_parser("verify", help="Fail unless the row is in the closing that was published.")
        verify.add_argument("file", type=Path)
        verify.add_argument("--site", default=settings.SITE_ORIGIN, help="Where the closing is published.")

    def handle(self, *, file: Path, site: str, **_options: Any) -> None:
        """Check one receipt."""
        try:
            receipt = parse_receipt(file.read_bytes())
            published = _fetch(receipt, site=site)
            check_receipt(receipt, published=published.commitment)
        except OSError:
            raise CommandError(f"{file} cannot be read") from None
        except Unreadable as error:
            raise CommandError(f"{file} is no receipt: {error}") from None
        except OpeningRefused as error:
            raise CommandError(f"the row is not in the closing that the receipt names: {error.reason}") from None
        except CommitmentMismatch:
            raise CommandError("the site published another closing than the receipt names") from None
        row, closing = receipt.opening, receipt.commitment
        self.stdout.write(
            f"verified: row {row.index + 1} of {closing.count} has {row.points} points"
            f" in {receipt.service}'s closing {receipt.period} ({published.state}, total {closing.total})"
        )


def _fetch(receipt: RowReceipt, *, site: str) -> Published:
    address = f"{site}/closings/{receipt.programme}/{receipt.service}/{receipt.period}"
    try:
        answer = httpx2.get(address, timeout=SECONDS, trust_env=False)
        answer.raise_for_status()
        return Published.model_validate_json(answer.content)
    except (httpx2.HTTPError, httpx2.InvalidURL, ValidationError):
        raise CommandError(f"the closing is not published at {address}") from None
