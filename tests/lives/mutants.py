"""Platforms with one error each: the simulation must find every one of them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from uuid_utils.compat import uuid7

from jpki.certificate import CertificateId
from jpki.registry import FirstIssue, Lineage, Renewed, UnknownLineage
from lives.platform import Platform
from mynapoint.holder.models import Holder, HolderCertificate, HoldOutcome
from mynapoint.holder.operations import identify
from mynapoint.holder.queries import get_known_chain
from mynapoint.holder.rules import (
    HeldForReview,
    KnownHolder,
    PredecessorUnknown,
    ReplacementContradicted,
    TwoHoldersInOneChain,
    get_only_holder,
    hash_chain,
)
from mynapoint.programme.rules import Programme, check_renewal_wait

SECOND = timedelta(seconds=1)


def takes_an_unknown_lineage_for_a_first_issue(
    certificate: CertificateId, *, lineage: Lineage, key: bytes, at: datetime
) -> KnownHolder:
    """Make a new person of whoever's past is unknown."""
    told = FirstIssue() if isinstance(lineage, UnknownLineage) else lineage
    return identify(certificate, lineage=told, key=key, at=at)


def looks_up_the_direct_predecessor_only(
    certificate: CertificateId, *, lineage: Lineage, key: bytes, at: datetime
) -> KnownHolder:
    """Lose whoever was renewed twice between two acts."""
    told = Renewed(lineage.predecessors[:1]) if isinstance(lineage, Renewed) else lineage
    return identify(certificate, lineage=told, key=key, at=at)


def merges_on_conflict(certificate: CertificateId, *, lineage: Lineage, key: bytes, at: datetime) -> KnownHolder:
    """Take the first of two holders, without asking anybody."""
    try:
        return identify(certificate, lineage=lineage, key=key, at=at)
    except TwoHoldersInOneChain as conflict:
        return KnownHolder(min(conflict.holders), hash_chain(certificate, lineage, key=key)[0])


def does_not_mind_a_contradiction(
    certificate: CertificateId, *, lineage: Lineage, key: bytes, at: datetime
) -> KnownHolder:
    """Let a card go on whose place another one took."""
    try:
        return identify(certificate, lineage=lineage, key=key, at=at)
    except ReplacementContradicted as contradiction:
        return KnownHolder(min(contradiction.holders), hash_chain(certificate, lineage, key=key)[0])


def does_not_know_a_card_again(
    certificate: CertificateId, *, lineage: Lineage, key: bytes, at: datetime
) -> KnownHolder:
    """Hold whatever has no lineage, also when a review decided it."""
    if isinstance(lineage, UnknownLineage):
        raise PredecessorUnknown
    return identify(certificate, lineage=lineage, key=key, at=at)


def leaves_resolved_holds_open(
    certificate: CertificateId, *, lineage: Lineage, key: bytes, at: datetime
) -> KnownHolder:
    """Forget that the lineage answers what the office is asked."""
    known = identify(certificate, lineage=lineage, key=key, at=at)
    chain = hash_chain(certificate, lineage, key=key)
    HoldOutcome.objects.filter(certificate_hash__in=chain, outcome="identified").delete()
    return known


def records_only_the_card_in_hand(
    certificate: CertificateId, *, lineage: Lineage, key: bytes, at: datetime
) -> KnownHolder:
    """Look the whole chain up, but write down only its end."""
    return _identify_without_looking_again(certificate, lineage, key=key, at=at, recorded=1)


def does_not_look_again(certificate: CertificateId, *, lineage: Lineage, key: bytes, at: datetime) -> KnownHolder:
    """Go on with its own holder when another act was first."""
    return _identify_without_looking_again(certificate, lineage, key=key, at=at, recorded=None)


def _identify_without_looking_again(
    certificate: CertificateId, lineage: Lineage, *, key: bytes, at: datetime, recorded: int | None
) -> KnownHolder:
    chain = hash_chain(certificate, lineage, key=key)
    known = get_known_chain(chain)
    holder_id = get_only_holder(chain, known, lineage=lineage)
    if holder_id is None:
        holder_id = uuid7()
        Holder.objects.create(id=holder_id, first_seen_at=at)
    links = sorted(link for link in chain[:recorded] if link not in known.owners)
    rows = [HolderCertificate(certificate_hash=link, holder_id=holder_id, recorded_at=at) for link in links]
    HolderCertificate.objects.bulk_create(rows, ignore_conflicts=True)
    return KnownHolder(holder_id, chain[0])


def refuses_without_a_list(*_certificate: object, **_about: object) -> HeldForReview:
    """Tell the citizen that somebody will look, and tell nobody."""
    return HeldForReview(hold=str(uuid7()))


def lets_through_a_second_early(programme: Programme, *, renewed_at: datetime | None, at: datetime) -> None:
    """Open a second before the day is over."""
    check_renewal_wait(programme, renewed_at=renewed_at, at=at + SECOND)


def lets_through_a_second_late(programme: Programme, *, renewed_at: datetime | None, at: datetime) -> None:
    """Open a second after the day is over."""
    check_renewal_wait(programme, renewed_at=renewed_at, at=at - SECOND)


Change = dict[str, Callable[..., Any]]
MUTANTS: dict[str, Change] = {
    "takes an unknown lineage for a first issue": {"identify": takes_an_unknown_lineage_for_a_first_issue},
    "looks up the direct predecessor only": {"identify": looks_up_the_direct_predecessor_only},
    "merges on conflict": {"identify": merges_on_conflict},
    "does not mind a contradiction": {"identify": does_not_mind_a_contradiction},
    "does not know a card again": {"identify": does_not_know_a_card_again},
    "leaves resolved holds open": {"identify": leaves_resolved_holds_open},
    "records only the card in hand": {"identify": records_only_the_card_in_hand},
    "does not look again": {"identify": does_not_look_again},
    "refuses without a list": {"hold": refuses_without_a_list},
    "lets through a second early": {"check_wait": lets_through_a_second_early},
    "lets through a second late": {"check_wait": lets_through_a_second_late},
}


def mutate(programme: Programme, change: Change) -> Platform:
    """Return a platform with one error."""
    return Platform(programme, **change)
