"""A programme, its services with their links, and a closing book: the parties of these tests."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

from mynapoint.application.models import Application, LinkStep
from mynapoint.closing.operations import judge_openings, seal_closing
from mynapoint.closing.queries import get_closing, get_roll_page
from mynapoint.closing.rules import SealedTotal, Verdict
from mynapoint.directory.operations import register_service
from mynapoint.directory.queries import REGISTER as SERVICES
from mynapoint.directory.rules import ServiceKey
from mynapoint.journal.operations import sequence
from mynapoint.programme.operations import load_programme
from mynapoint.programme.rules import Programme
from sealedclaim.opening import Opening
from sealedclaim.roll import roll_digest
from sealedclaim.sealing import SealedClaim, salted, seal

ROOT = Path(__file__).parents[1]
TOKYO = ZoneInfo("Asia/Tokyo")
LINKED_AT = datetime(2020, 9, 10, 12, tzinfo=TOKYO)
SEPTEMBER_ENDS = datetime(2020, 10, 1, tzinfo=TOKYO)
OCTOBER_ENDS = datetime(2020, 11, 1, tzinfo=TOKYO)
NOVEMBER_ENDS = datetime(2020, 12, 1, tzinfo=TOKYO)
ENDS = {"2020-09": SEPTEMBER_ENDS, "2020-10": OCTOBER_ENDS, "2020-11": NOVEMBER_ENDS}
SECOND = timedelta(seconds=1)
KEY = bytes(32)


def announce() -> Programme:
    """Load the programme of 2020 and its two services."""
    at = datetime(2020, 1, 1, tzinfo=TOKYO)
    for path in sorted((ROOT / "services").glob("*.toml")):
        key = ServiceKey(id=f"{path.stem}-1", public_key="A" * 43, from_=at)
        register_service(path, address="http://127.0.0.1:9/mynapoint/v1", keys=[key], at=at)
    return load_programme(ROOT / "programmes/mynapoint-2020.toml", at=at)[0]


def rename_account(holder_kana: str) -> None:
    """Give sakura a newer text with another account name, as it was taken before such names were checked."""
    sakura = SERVICES.find("sakura", at=SEPTEMBER_ENDS)
    assert sakura is not None
    account = sakura.bank_account.model_copy(update={"holder_kana": holder_kana})
    newer = sakura.model_copy(update={"effective_from": SEPTEMBER_ENDS, "bank_account": account})
    SERVICES.add(newer, at=SEPTEMBER_ENDS)


def link(count: int = 1, *, service_id: str = "sakura", linked_at: datetime = LINKED_AT) -> list[bytes]:
    """Link accounts to a service as if their applications had been confirmed; return the link tokens."""
    tokens = [secrets.token_bytes(16) for _ in range(count)]
    for token in tokens:
        application = Application.objects.create(
            holder_id=uuid4(),
            id=uuid4(),
            programme="mynapoint-2020",
            service=service_id,
            account_hash=secrets.token_bytes(32),
            account_hint="****",
            account_reference="r",
            certificate_hash=secrets.token_bytes(32),
            link_token=token,
            act_id=uuid4(),
            applied_at=linked_at,
        )
        LinkStep.objects.create(
            holder_id=application.holder_id, application_id=application.id, state="linked", reached_at=linked_at
        )
    return tokens


@dataclass(frozen=True)
class Book:
    """A service's sealed book of one period: what it tells, and what it can open."""

    tokens: Sequence[bytes]
    claim: SealedClaim

    @property
    def total(self) -> SealedTotal:
        commitment = self.claim.commitment
        digest = roll_digest(self.tokens, count=len(self.tokens))
        return SealedTotal(roll_digest=digest, count=commitment.count, total=commitment.total, root=commitment.root)

    def open(self, indices: Iterable[int]) -> list[Opening]:
        return [self.claim.open_row(index) for index in indices]


def keep_book(
    programme: Programme,
    points: Mapping[bytes, int] | int,
    *,
    service_id: str = "sakura",
    period_id: str = "2020-09",
) -> Book:
    """Read a period's roll as the service does and seal it; a number stands for everybody's points."""
    page = get_roll_page(service_id, programme, period_id, after=None, limit=100_000, at=ENDS[period_id])
    rows = [(token, points if isinstance(points, int) else points.get(token, 0)) for token in page.tokens]
    return Book(page.tokens, seal(salted(rows, closing_key=KEY, period=period_id)))


def hand_in(
    programme: Programme,
    book: Book,
    *,
    service_id: str = "sakura",
    period_id: str = "2020-09",
    at: datetime | None = None,
) -> bool:
    """Seal a closing with the platform."""
    return seal_closing(
        service_id=service_id,
        programme=programme,
        period_id=period_id,
        sealed=book.total,
        at=at or ENDS[period_id],
    )


def draw_rows(*, service_id: str = "sakura", period_id: str = "2020-09", at: datetime | None = None) -> list[int]:
    """Have the journal sign a checkpoint; return the rows that it draws."""
    sequence(at=at or ENDS[period_id] + timedelta(minutes=1))
    drawn = get_closing(service_id, "mynapoint-2020", period_id).draw
    assert drawn is not None
    return drawn


def open_rows(
    programme: Programme,
    openings: Sequence[Opening],
    *,
    service_id: str = "sakura",
    period_id: str = "2020-09",
    at: datetime | None = None,
) -> Verdict:
    """Hand openings in."""
    return judge_openings(
        service_id=service_id,
        programme=programme,
        period_id=period_id,
        openings=openings,
        at=at or ENDS[period_id] + timedelta(minutes=2),
    )


def close(
    programme: Programme, points: Mapping[bytes, int] | int, *, service_id: str = "sakura", period_id: str = "2020-09"
) -> Verdict:
    """Close a period from the roll to the verdict."""
    book = keep_book(programme, points, service_id=service_id, period_id=period_id)
    hand_in(programme, book, service_id=service_id, period_id=period_id)
    openings = book.open(draw_rows(service_id=service_id, period_id=period_id))
    return open_rows(programme, openings, service_id=service_id, period_id=period_id)
