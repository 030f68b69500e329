"""What can be asked about holders and about the certificates that wait for review."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast
from uuid import UUID

from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from mynapoint.holder.models import (
    Hold,
    HoldAttempt,
    Holder,
    HolderCertificate,
    HoldLook,
    HoldOutcome,
    HoldStep,
    ReplacedCertificate,
    TouchedHolder,
)
from mynapoint.holder.rules import (
    CertificateHash,
    Decision,
    HoldName,
    HoldReason,
    HoldStanding,
    HoldUnknown,
    KnownChain,
    Outcome,
    get_standing,
)
from mynapoint.kernel.look import Look
from mynapoint.kernel.rows import HeldRow, copy_rows
from mynapoint.kernel.sql import ask

SHOWN_AT_ONCE = 200
# Every act asks this: one question instead of three.
_KNOWN: Final = """
    SELECT certificate_hash, holder_id FROM holder_holdercertificate WHERE certificate_hash IN ({chain})
    UNION ALL SELECT certificate_hash, NULL FROM holder_hold WHERE certificate_hash IN ({chain})
    UNION ALL SELECT certificate_hash, NULL FROM holder_replacedcertificate WHERE certificate_hash IN ({chain})"""


@dataclass(frozen=True)
class StepView:
    """One person's part in a decision."""

    round: int
    slot: int
    word: str
    holder_id: UUID | None
    named_entry_id: UUID | None
    user_id: int
    taken_at: datetime

    @property
    def decision(self) -> Decision:
        """What a step in slot 1 proposes."""
        return cast(Decision, self.word)


@dataclass(frozen=True)
class LastHold:
    """As much of a certificate's newest hold as an act has to know."""

    id: UUID
    name: HoldName
    reason: HoldReason
    outcome: Outcome | None

    @property
    def is_open(self) -> bool:
        """Say whether it still waits."""
        return self.outcome is None


@dataclass(frozen=True)
class HoldView:
    """A hold with its evidence: when and by which act it was opened, what was tried since, who proposed what."""

    id: UUID
    name: HoldName
    reason: HoldReason
    act_id: UUID
    kind: str
    programme_id: str
    held_at: datetime
    attempts: tuple[datetime, ...]
    touched: frozenset[UUID]
    steps: tuple[StepView, ...]
    outcome: Outcome | None
    closed_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Say whether it still waits for a decision or for the lineage."""
        return self.outcome is None

    @property
    def last_asked_at(self) -> datetime:
        """When the registry was last asked about the certificate."""
        return max((self.held_at, *self.attempts))

    @property
    def proposal(self) -> StepView | None:
        """The proposal that waits for the second person."""
        is_answered = not self.steps or self.steps[-1].slot == 2
        return None if is_answered or not self.is_open else self.steps[-1]

    @property
    def next_round(self) -> int:
        """The number of the round in which the next proposal is made."""
        return self.steps[-1].round + 1 if self.steps else 1

    @property
    def standing(self) -> HoldStanding:
        """Where it stands."""
        return get_standing(outcome=self.outcome, is_proposed=self.proposal is not None)


def get_known_chain(chain: Sequence[CertificateHash]) -> KnownChain:
    """Return what is known of a chain's certificates; one question, as long as none of them was ever reviewed."""
    rows = ask(_KNOWN.format(chain=", ".join(["%s"] * len(chain))), [*chain, *chain, *chain])
    owners = {link: holder for link, holder in rows if holder is not None}
    if all(holder is not None for _, holder in rows):
        return KnownChain(owners)
    return _add_reviews(owners, chain)


def get_hold(hold_id: UUID) -> HoldView:
    """Return a hold by its number, which is that of its journal entry.

    :raises HoldUnknown: when there is none.
    """
    views = _view(Hold.objects.filter(entry_id=hold_id))
    if not views:
        raise HoldUnknown
    return views[0]


def find_last_hold(certificate_hash: CertificateHash) -> LastHold | None:
    """Return a certificate's newest hold, open or closed."""
    row = Hold.objects.filter(certificate_hash=certificate_hash).order_by("-number").first()
    if row is None:
        return None
    name = HoldName(certificate_hash, row.number)
    closed = HoldOutcome.objects.filter(**name.key).values_list("outcome", flat=True).first()
    return LastHold(row.entry_id, name, cast(HoldReason, row.reason), cast("Outcome | None", closed))


@dataclass(frozen=True)
class HeldAboutHolder:
    """Everything that this room holds about one person: when they came, their certificates, their reviews."""

    id: UUID
    first_seen_at: datetime
    certificates: tuple[tuple[str, datetime], ...]
    reviews: tuple[HoldView, ...]


def get_held(holder_id: UUID) -> HeldAboutHolder:
    """Return everything that is held about a holder."""
    certificates = HolderCertificate.objects.filter(holder_id=holder_id).order_by("recorded_at")
    named = [
        *TouchedHolder.objects.filter(holder_id=holder_id).values_list("certificate_hash", flat=True),
        *HoldOutcome.objects.filter(holder_id=holder_id).values_list("certificate_hash", flat=True),
    ]
    return HeldAboutHolder(
        id=holder_id,
        first_seen_at=Holder.objects.get(id=holder_id).first_seen_at,
        certificates=tuple((bytes(row.certificate_hash).hex(), row.recorded_at) for row in certificates),
        reviews=tuple(_view(Hold.objects.filter(certificate_hash__in=named).order_by("held_at"))),
    )


def count_open_holds() -> int:
    """Return how many certificates wait for review."""
    return _open_holds().count()


def list_open_holds(*, limit: int = SHOWN_AT_ONCE) -> list[HoldView]:
    """Return what waits for review, the longest first."""
    return _view(_open_holds().order_by("held_at", "entry_id")[:limit])


def list_waiting() -> list[tuple[UUID, CertificateHash]]:
    """Return every open hold's number and certificate."""
    rows = _open_holds().order_by("entry_id").values_list("entry_id", "certificate_hash")
    return [(hold_id, CertificateHash(bytes(certificate))) for hold_id, certificate in rows]


def list_closed_holds(*, limit: int = SHOWN_AT_ONCE) -> list[HoldView]:
    """Return what was decided or resolved, the newest first."""
    closed = HoldOutcome.objects.order_by("-closed_at", "-entry_id").values_list("certificate_hash", "number")[:limit]
    names = [(bytes(certificate), number) for certificate, number in closed]
    rows = Hold.objects.filter(certificate_hash__in=[certificate for certificate, _ in names])
    views = {(view.name.certificate_hash, view.name.number): view for view in _view(rows)}
    return [views[name] for name in names]


def has_certificate_since(holder_id: UUID, since: datetime) -> bool:
    """Say whether a holder was seen with a new certificate after an instant."""
    return HolderCertificate.objects.filter(holder_id=holder_id, recorded_at__gt=since).exists()


def _open_holds() -> QuerySet[Hold]:
    outcome = HoldOutcome.objects.filter(certificate_hash=OuterRef("certificate_hash"), number=OuterRef("number"))
    return Hold.objects.filter(~Exists(outcome))


def _add_reviews(owners: Mapping[bytes, UUID], chain: Sequence[CertificateHash]) -> KnownChain:
    settled = HoldOutcome.objects.filter(certificate_hash__in=chain, outcome="settled").order_by("number")
    settlements = settled.values_list("certificate_hash", "holder_id")
    replaced = ReplacedCertificate.objects.filter(certificate_hash__in=chain)
    open_holds = _open_holds().filter(certificate_hash__in=chain)
    return KnownChain(
        owners=owners,
        settled={bytes(link): holder for link, holder in settlements if holder is not None},
        replaced_by={bytes(row.certificate_hash): bytes(row.replaced_by) for row in replaced},
        open_holds=[(bytes(link), number) for link, number in open_holds.values_list("certificate_hash", "number")],
    )


def _view(holds: Iterable[Hold]) -> list[HoldView]:
    rows = list(holds)
    certificates = [row.certificate_hash for row in rows]
    attempts: dict[str, list[datetime]] = defaultdict(list)
    for attempt in HoldAttempt.objects.filter(certificate_hash__in=certificates).order_by("attempted_at"):
        attempts[_label(attempt)].append(attempt.attempted_at)
    touched: dict[str, set[UUID]] = defaultdict(set)
    for touch in TouchedHolder.objects.filter(certificate_hash__in=certificates):
        touched[_label(touch)].add(touch.holder_id)
    steps: dict[str, list[StepView]] = defaultdict(list)
    for step in HoldStep.objects.filter(certificate_hash__in=certificates).order_by("round", "slot"):
        steps[_label(step)].append(_view_step(step))
    outcomes = {_label(row): row for row in HoldOutcome.objects.filter(certificate_hash__in=certificates)}
    return [
        _view_hold(row, attempts[_label(row)], touched[_label(row)], steps[_label(row)], outcomes.get(_label(row)))
        for row in rows
    ]


def _label(row: Hold | HoldAttempt | TouchedHolder | HoldStep | HoldOutcome) -> str:
    return f"{bytes(row.certificate_hash).hex()} {row.number}"


def _view_step(row: HoldStep) -> StepView:
    return StepView(row.round, row.slot, row.word, row.holder_id, row.named_entry_id, row.user_id, row.taken_at)


def _view_hold(
    row: Hold, attempts: list[datetime], touched: set[UUID], steps: list[StepView], outcome: HoldOutcome | None
) -> HoldView:
    return HoldView(
        id=row.entry_id,
        name=HoldName(bytes(row.certificate_hash), row.number),
        reason=cast(HoldReason, row.reason),
        act_id=row.act_id,
        kind=row.kind,
        programme_id=row.programme,
        held_at=row.held_at,
        attempts=tuple(attempts),
        touched=frozenset(touched),
        steps=tuple(steps),
        outcome=cast(Outcome, outcome.outcome) if outcome else None,
        closed_at=outcome.closed_at if outcome else None,
    )


def list_certificates(holder_id: UUID) -> set[CertificateHash]:
    """Return the keyed hashes of a holder's certificates, and of those in a review of theirs that no other has."""
    kinds: tuple[type[Model], ...] = (HolderCertificate, TouchedHolder, HoldOutcome)
    named = (kind._default_manager.filter(holder_id=holder_id) for kind in kinds)
    found = {bytes(value) for rows in named for value in rows.values_list("certificate_hash", flat=True)}
    others = HolderCertificate.objects.filter(certificate_hash__in=found).exclude(holder_id=holder_id)
    return {CertificateHash(value) for value in found - {bytes(row.certificate_hash) for row in others}}


def list_looks(holder_id: UUID) -> list[Look]:
    """Return when the office has opened the holds of a holder's certificates."""
    holds = Hold.objects.filter(certificate_hash__in=list_certificates(holder_id))
    numbers = {(bytes(hold.certificate_hash), hold.number): hold.entry_id for hold in holds}
    looks = HoldLook.objects.filter(certificate_hash__in={certificate_hash for certificate_hash, _ in numbers})
    return [Look(numbers[bytes(row.certificate_hash), row.number], row.role, row.looked_at) for row in looks]


def list_rows(holder_id: UUID) -> list[HeldRow]:
    """Return every row about a holder and their certificates, also about those that waited for review."""
    hashes = list_certificates(holder_id)
    about: tuple[type[Model], ...] = (Hold, HoldAttempt, HoldLook, ReplacedCertificate)
    # Not what a review says of somebody else.
    mine = Q(holder_id=holder_id) | Q(holder_id__isnull=True)
    return copy_rows(
        Holder.objects.filter(id=holder_id),
        HolderCertificate.objects.filter(holder_id=holder_id).order_by("recorded_at"),
        TouchedHolder.objects.filter(holder_id=holder_id),
        *(kind._default_manager.filter(certificate_hash__in=hashes) for kind in about),
        HoldStep.objects.filter(mine, certificate_hash__in=hashes),
        HoldOutcome.objects.filter(mine, certificate_hash__in=hashes),
    )
