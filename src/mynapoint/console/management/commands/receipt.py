"""``mynapoint receipt``: check the row receipt that a citizen got from their payment service."""

from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mynapoint.console.published import SiteAway, bare, fetch
from sealedclaim.opening import Commitment, OpeningRefused
from sealedclaim.receipt import CommitmentMismatch, RowReceipt, check_receipt, parse_receipt
from sealedclaim.strict_json import Unreadable

_STATES: Final[Mapping[str, str]] = {
    "sealed": "封緘済み",
    "drawn": "くじ引き済み",
    "accepted": "合格",
    "rejected": "不合格",
}


class Published(BaseModel):
    """What the site publishes of a closing."""

    model_config = ConfigDict(extra="ignore")

    state: str
    count: int
    total: int
    root: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

    @property
    def commitment(self) -> Commitment:
        """The published closing as receipts are held against it."""
        return Commitment(count=self.count, total=self.total, root=bytes.fromhex(self.root))


class Command(BaseCommand):
    """The actions on receipts; they need the site, and no database."""

    help = "Check a citizen's row receipt against the closing that the site publishes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the actions."""
        actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
        verify = actions.add_parser("verify", help="Fail unless the row is in the closing that was published.")
        verify.add_argument("file", type=Path)
        verify.add_argument("--site", type=bare, default=settings.SITE_ORIGIN, help="Where the closing is published.")

    def handle(self, *, file: Path, site: str, **_options: Any) -> None:
        """Check one receipt."""
        try:
            receipt = parse_receipt(file.read_bytes())
            published = _fetch(receipt, site=site)
            check_receipt(receipt, published=published.commitment)
        except OSError:
            raise CommandError(f"{file} を読めません。ファイルの名前を確かめてください") from None
        except Unreadable as error:
            raise CommandError(f"{file} は受領書ではありません({error})。決済サービスから取り直してください") from None
        except OpeningRefused as error:
            raise CommandError(
                f"この行は、受領書にある締めに入っていません({error.reason})。決済サービスの窓口にお尋ねください"
            ) from None
        except CommitmentMismatch:
            raise CommandError(
                "サイトが公開している締めは、受領書にある締めと違います。決済サービスの窓口にお尋ねください"
            ) from None
        row, closing = receipt.opening, receipt.commitment
        state = _STATES.get(published.state, published.state)
        self.stdout.write(
            f"確かめました: {receipt.service} の {receipt.period} の締め({state}、"
            f"{closing.count:,}行、合計 {closing.total:,} ポイント)の {row.index + 1:,} 行目に、"
            f"{row.points:,} ポイントが入っています。"
        )


def _fetch(receipt: RowReceipt, *, site: str) -> Published:
    address = f"{site}/closings/{receipt.programme}/{receipt.service}/{receipt.period}"
    published = fetch(address)
    if published is None:
        raise CommandError(f"この締めは {address} に公開されていません。--site のアドレスを確かめてください")
    try:
        return Published.model_validate_json(published)
    except ValidationError:
        raise SiteAway(address) from None
