"""Fixed rolls: read from the links once, when a period's roll is first asked for after its end, and kept from then on.

A link belongs to a period when it was confirmed before the period's end, and long enough before it to be objected to
(`objection.days` of the programme; the last period counts all). Its transaction may commit a moment later.
Such a link is in the roll if it was committed when the roll was fixed, and else in the next period's: points are
cumulative, so nothing is lost, and both sides always speak of one and the same roll.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db import IntegrityError, transaction

from mynapoint.application.queries import get_roll
from mynapoint.closing.models import FixedRoll, RollPart
from mynapoint.closing.rules import ClosingName, RollSummary, check_ended
from mynapoint.kernel.integrity import constraint_name
from mynapoint.programme.rules import Programme, get_closing_period, get_links_until
from sealedclaim.roll import TOKEN_SIZE, roll_digest

PART_TOKENS = 1024


def fix_roll(name: ClosingName, programme: Programme, *, at: datetime) -> RollSummary:
    """Return a period's roll, and fix it if nobody has asked for it before.

    :raises PeriodUnknown, PeriodNotEnded: when there is no such period, or it runs.
    """
    check_ended(get_closing_period(programme, name.period_id).ends_at, at=at)
    return _find_roll(name) or _fix(name, links_until=get_links_until(programme, name.period_id), at=at)


def read_tokens(name: ClosingName, *, after: bytes | None, limit: int) -> list[bytes]:
    """Return up to `limit` tokens of a fixed roll that come after a token, or its first ones."""
    tokens: list[bytes] = []
    for run in _runs(name, after=after or b""):
        tokens += run[bisect_right(run, after) if after and not tokens else 0 :]
        if len(tokens) >= limit:
            break
    return tokens[:limit]


def get_tokens(name: ClosingName, indices: Iterable[int]) -> dict[int, bytes]:
    """Return a fixed roll's tokens at these indices."""
    places = {index: divmod(index, PART_TOKENS) for index in indices}
    parts = RollPart.objects.filter(**name.key, part__in={part for part, _ in places.values()})
    runs = {part: _split(tokens) for part, tokens in parts.values_list("part", "tokens")}
    return {index: runs[part][place] for index, (part, place) in places.items()}


def _find_roll(name: ClosingName) -> RollSummary | None:
    row = FixedRoll.objects.filter(**name.key).first()
    return RollSummary(count=row.count, digest=bytes(row.digest)) if row else None


def _fix(name: ClosingName, *, links_until: datetime, at: datetime) -> RollSummary:
    """Read the links and keep them; when two do so at once, the first one's reading counts for both."""
    tokens = get_roll(name.programme_id, name.service_id, links_until=links_until)
    roll = RollSummary(count=len(tokens), digest=roll_digest(tokens, count=len(tokens)))
    try:
        with transaction.atomic():
            FixedRoll.objects.create(**name.key, count=roll.count, digest=roll.digest, fixed_at=at)
            RollPart.objects.bulk_create(_parts(name, tokens), batch_size=256)
    except IntegrityError as error:
        if constraint_name(error) != "one_roll_per_period":
            raise
        fixed = FixedRoll.objects.get(**name.key)
        return RollSummary(count=fixed.count, digest=bytes(fixed.digest))
    return roll


def _parts(name: ClosingName, tokens: list[bytes]) -> Iterator[RollPart]:
    for part, start in enumerate(range(0, len(tokens), PART_TOKENS)):
        run = tokens[start : start + PART_TOKENS]
        yield RollPart(**name.key, part=part, last_token=run[-1], tokens=b"".join(run))


def _runs(name: ClosingName, *, after: bytes) -> Iterator[list[bytes]]:
    parts = RollPart.objects.filter(**name.key, last_token__gt=after).order_by("part")
    for tokens in parts.values_list("tokens", flat=True).iterator(chunk_size=4):
        yield _split(tokens)


def _split(tokens: bytes | memoryview) -> list[bytes]:
    joined = bytes(tokens)
    return [joined[start : start + TOKEN_SIZE] for start in range(0, len(joined), TOKEN_SIZE)]
