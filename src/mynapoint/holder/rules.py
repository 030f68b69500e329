"""Who a certificate belongs to, decided from keyed hashes alone."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal, NewType, get_args
from uuid import UUID

from jpki.certificate import CertificateId
from jpki.registry import Lineage, Renewed, UnknownLineage
from mynapoint.kernel.refusal import Refusal

CertificateHash = NewType("CertificateHash", bytes)
Decision = Literal["release", "attach", "reject"]
Answer = Literal["confirmed", "declined"]
HoldReason = Literal["predecessor_unknown", "two_holders", "replaced"]
Outcome = Literal["identified", "superseded", "released", "attached", "settled", "rejected"]
AwaitedStep = Literal["awaiting_proposal", "awaiting_second_person"]
HoldStanding = AwaitedStep | Outcome


@dataclass(frozen=True)
class KnownHolder:
    """A holder as an act meets them: the pseudonym, and the certificate in hand by its keyed hash."""

    id: UUID
    certificate_hash: CertificateHash


@dataclass(frozen=True)
class KnownChain:
    """What is known of a chain's certificates: owners, settled conflicts, replacements and open holds."""

    owners: Mapping[bytes, UUID]
    settled: Mapping[bytes, UUID] = field(default_factory=dict)
    replaced_by: Mapping[bytes, bytes] = field(default_factory=dict)
    open_holds: Sequence[tuple[bytes, int]] = ()


class Unidentified(Exception):
    """Nobody can say yet whose certificate this is; the holders are those that it might belong to."""

    reason: ClassVar[HoldReason]

    def __init__(self, holders: frozenset[UUID] = frozenset()) -> None:
        super().__init__(self.reason)
        self.holders = holders


class PredecessorUnknown(Unidentified):
    """The certificate followed another one, and nobody knows which."""

    reason = "predecessor_unknown"


class TwoHoldersInOneChain(Unidentified):
    """The certificate's chain touches two holders; they are never merged without a review."""

    reason = "two_holders"


class ReplacementContradicted(Unidentified):
    """A review said that another certificate took this one's place, and here it is used again."""

    reason = "replaced"


def hash_certificate(certificate: CertificateId, *, key: bytes) -> CertificateHash:
    """Return the keyed hash (HMAC-SHA256) that stands for a certificate: its serial is guessable, so never in clear."""
    return CertificateHash(hmac.new(key, certificate.encode(), hashlib.sha256).digest())


def hash_holder(holder_id: UUID, *, key: bytes) -> bytes:
    """Return the keyed hash (HMAC-SHA256) under which the journal speaks of a holder."""
    return hmac.new(key, b"holder" + holder_id.bytes, hashlib.sha256).digest()


def hash_chain(certificate: CertificateId, lineage: Lineage, *, key: bytes) -> list[CertificateHash]:
    """Return a certificate and all that it is known to follow, newest first."""
    predecessors = lineage.predecessors if isinstance(lineage, Renewed) else ()
    return [hash_certificate(link, key=key) for link in (certificate, *predecessors)]


def cut_at_settlement(chain: Sequence[CertificateHash], known: KnownChain) -> Sequence[CertificateHash]:
    """Return the part of a chain that counts: what lies behind a settled conflict is not asked again."""
    settled = next((place for place, link in enumerate(chain) if link in known.settled), len(chain))
    return chain[: settled + 1]


def get_only_holder(chain: Sequence[CertificateHash], known: KnownChain, *, lineage: Lineage) -> UUID | None:
    """Return the one holder that a chain of certificates belongs to; None for somebody who was never seen.

    :raises ReplacementContradicted: when a review put a certificate from outside this chain in the place of one of it.
    :raises TwoHoldersInOneChain: when it touches more than one.
    :raises PredecessorUnknown: when it touches none, and nobody knows what the certificate followed.
    """
    owners = {**known.owners, **known.settled}
    holders = frozenset(owners[link] for link in chain if link in owners)
    unsettled = [link for link in chain if link not in known.settled]
    if any(link in known.replaced_by and known.replaced_by[link] not in chain for link in unsettled):
        raise ReplacementContradicted(holders)
    if len(holders) > 1:
        raise TwoHoldersInOneChain(holders)
    if not holders and isinstance(lineage, UnknownLineage):
        raise PredecessorUnknown
    return next(iter(holders), None)


@dataclass(frozen=True)
class HoldName:
    """What a hold is called: of which certificate, and which of its holds."""

    certificate_hash: bytes
    number: int

    @property
    def key(self) -> dict[str, bytes | int]:
        """The name as the columns of every table about holds."""
        return {"certificate_hash": self.certificate_hash, "number": self.number}

    @property
    def facts(self) -> dict[str, str | int]:
        """The name as the journal has it."""
        return {"certificate": self.certificate_hash.hex(), "number": self.number}


@dataclass(frozen=True)
class RefusedAct:
    """The act that could not be done because nobody knew whose it was."""

    id: UUID
    kind: str
    programme_id: str


@dataclass(frozen=True)
class ProposedDecision:
    """What one person of the office proposes; to attach, they name an earlier act by its receipt's number."""

    decision: Decision
    named_entry_id: UUID | None = None


@dataclass(eq=False)
class HeldForReview(Refusal):
    """Nobody can say yet whose certificate this is: it waits for review under this number."""

    code = "held_for_review"
    hold: str


@dataclass(eq=False)
class RejectedInReview(Refusal):
    """The review could not find out whose certificate this is; the number says which review."""

    code = "rejected_in_review"
    hold: str


class UnableToReview(Refusal):
    """Why a hold is not decided."""


class HoldUnknown(UnableToReview):
    """There is no such hold."""

    code = "hold_unknown"


class HoldClosed(UnableToReview):
    """The hold is closed: two people decided it, or the lineage arrived."""

    code = "hold_closed"


class HoldNotRejected(UnableToReview):
    """Only a rejected hold is reopened, and only the certificate's newest."""

    code = "hold_not_rejected"


class DecisionUnknown(UnableToReview):
    """A hold is decided by one of the listed decisions."""

    code = "decision_unknown"


class DecisionProposed(UnableToReview):
    """A decision is proposed already and waits for the second person."""

    code = "decision_proposed"


class NothingProposed(UnableToReview):
    """The proposal that was to be answered is not the one that stands."""

    code = "nothing_proposed"


class OwnProposal(UnableToReview):
    """The same person proposed this decision; the answer is somebody else's."""

    code = "own_proposal"


class ReleaseImpossible(UnableToReview):
    """The certificate follows others that are known, so its holder is no new person."""

    code = "release_impossible"


class NamedActUnknown(UnableToReview):
    """The number is no done act's, or its certificate belongs to nobody."""

    code = "named_act_unknown"


class NamedActTooLate(UnableToReview):
    """The named act was done after the certificate was held, so it shows nothing of what came before."""

    code = "named_act_too_late"


class NamedHolderMovedOn(UnableToReview):
    """The named act's holder has been seen with another new certificate since: both cannot be theirs."""

    code = "named_holder_moved_on"


class NamedHolderNotTouched(UnableToReview):
    """The certificate's chain does not touch the named act's holder."""

    code = "named_holder_not_touched"


def check_decision(proposed: ProposedDecision, *, reason: HoldReason) -> None:
    """Check that a decision is one that can be made about a hold.

    :raises DecisionUnknown: when it is none of the list.
    :raises ReleaseImpossible: when the certificate's past is known.
    :raises NamedActUnknown: when it is to be attached, and no act is named.
    """
    if proposed.decision not in get_args(Decision):
        raise DecisionUnknown
    if proposed.decision == "release" and reason == "two_holders":
        raise ReleaseImpossible
    if proposed.decision == "attach" and proposed.named_entry_id is None:
        raise NamedActUnknown


def get_outcome(decision: Decision, *, reason: HoldReason) -> Outcome:
    """Return what a confirmed decision comes to: over a known past, it settles which of it counts."""
    if decision == "reject":
        return "rejected"
    if reason != "predecessor_unknown":
        return "settled"
    return "released" if decision == "release" else "attached"


def get_standing(*, outcome: Outcome | None, is_proposed: bool) -> HoldStanding:
    """Return where a hold stands."""
    return outcome or ("awaiting_second_person" if is_proposed else "awaiting_proposal")
