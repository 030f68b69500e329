"""What can be asked of the journal: checkpoints, proofs, and whether all of it is as it was written."""

import json
from collections.abc import Callable, Iterable, Sequence
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from mynapoint.journal.counterparts import Counterparts, Row
from mynapoint.journal.growth import GrowthRefused, Watched, check_growth
from mynapoint.journal.merkle import (
    ProofRefused,
    check_consistency,
    check_inclusion,
    consistency_spans,
    inclusion_spans,
    leaf_hash,
)
from mynapoint.journal.models import Entry, Position, SignedCheckpoint
from mynapoint.journal.notes import NoteRefused, verifier_key
from mynapoint.journal.rules import (
    Checkpoint,
    CheckpointUnknown,
    Finding,
    InclusionProof,
    JournalDamaged,
    KeptProofRefused,
    Problem,
    Report,
    Table,
    WrittenFacts,
    is_entry_sealed,
    octets_of,
)
from mynapoint.journal.tree import as_checkpoint, name_of, read_note, read_path
from mynapoint.journal.verification import verify

__all__ = [
    "Counterparts",
    "GrowthRefused",
    "NoteRefused",
    "Row",
    "Watched",
    "check_growth",
    "find_written",
    "get_checkpoint",
    "get_consistency_proof",
    "get_first_checkpoint_covering",
    "get_inclusion_proof",
    "get_verifier_key",
    "is_sequenced",
    "list_written",
    "verify_journal",
]


def get_checkpoint() -> Checkpoint | None:
    """Return the newest checkpoint; None before the first."""
    newest = SignedCheckpoint.objects.order_by("-size").first()
    return as_checkpoint(newest) if newest else None


def get_verifier_key() -> str | None:
    """Return the line by which anybody knows the journal and its key (c2sp.org/signed-note); None before it began."""
    newest = get_checkpoint()
    return verifier_key(name_of(newest.note), settings.JOURNAL_SIGNING_KEY.public_key()) if newest else None


def get_first_checkpoint_covering(entry_id: UUID) -> Checkpoint | None:
    """Return the checkpoint under which an entry came into the tree; None while it waits."""
    position = Position.objects.filter(entry_id=entry_id).first()
    if position is None:
        return None
    covering = SignedCheckpoint.objects.filter(size__gt=position.index).order_by("size").first()
    return as_checkpoint(covering) if covering else None


def is_sequenced(entry_id: UUID) -> bool:
    """Tell whether an entry has its place in the tree, and so a proof."""
    return Position.objects.filter(entry_id=entry_id).exists()


def get_inclusion_proof(entry_id: UUID) -> InclusionProof | None:
    """Return what shows an entry to be under the newest checkpoint; None while it waits or if there is none such.

    :raises JournalDamaged: the entry or the tree was changed, so that there is no proof.
    """
    position, newest = Position.objects.filter(entry_id=entry_id).first(), get_checkpoint()
    if position is None or newest is None:
        return None
    index, entry = position.index, Entry.objects.filter(id=entry_id).first()
    octets = octets_of(entry) if entry else None
    if octets is None:
        raise JournalDamaged(Finding(Table.ENTRY, str(entry_id), Problem.REMOVED))
    path = read_path(inclusion_spans(index, newest.size))
    try:
        check_inclusion(leaf_hash(octets), index=index, size=newest.size, path=path, root=newest.root)
    except ProofRefused:
        raise JournalDamaged(Finding(Table.ENTRY, str(entry_id), Problem.NOT_THE_SIGNED_TREE)) from None
    return InclusionProof(entry_id=entry_id, octets=octets, index=index, path=path, checkpoint=newest)


def judge_kept_proof(octets: bytes, *, index: int, path: Sequence[bytes], note: str) -> Checkpoint:
    """Check a proof that somebody kept; return the checkpoint under which it proves the entry.

    (1) the note is a checkpoint that this journal signed; (2) the entry is under its root; (3) the journal still has
    this very checkpoint.

    :raises KeptProofRefused: naming the first of these that is not so.
    """
    # (1)
    try:
        text = read_note(note)
    except NoteRefused:
        raise KeptProofRefused("note") from None
    # (2)
    try:
        check_inclusion(leaf_hash(octets), index=index, size=text.size, path=path, root=text.root)
    except ProofRefused:
        raise KeptProofRefused("entry") from None
    # (3)
    kept = SignedCheckpoint.objects.filter(size=text.size).first()
    if kept is None or bytes(kept.root) != text.root:
        raise KeptProofRefused("checkpoint")
    return as_checkpoint(kept)


def find_written(entry_id: UUID) -> WrittenFacts | None:
    """Return what an entry says, if it stands in the journal as this platform wrote it."""
    return list_written([entry_id]).get(entry_id)


def list_written(entry_ids: Iterable[UUID]) -> dict[UUID, WrittenFacts]:
    """Return what entries say, of those that stand in the journal as this platform wrote them."""
    return {
        entry.id: WrittenFacts(kind=entry.kind, facts=json.loads(entry.facts), recorded_at=entry.recorded_at)
        for entry in Entry.objects.filter(id__in=set(entry_ids))
        if is_entry_sealed(entry, key=settings.JOURNAL_SEAL_KEY)
    }


def get_consistency_proof(old: int, new: int) -> tuple[bytes, ...]:
    """Return what shows that the tree of one checkpoint's size has only grown into that of another's.

    :raises CheckpointUnknown: one of the sizes was never signed, or they are the wrong way round.
    :raises JournalDamaged: the tree was changed, so that there is no proof.
    """
    signed = SignedCheckpoint.objects.filter(Q(size=old) | Q(size=new))
    roots = dict(signed.values_list("size", "root"))
    for size in (old, new):
        if size not in roots or old > new:
            raise CheckpointUnknown(size)
    path = read_path(consistency_spans(old, new))
    try:
        check_consistency(old=old, new=new, path=path, old_root=bytes(roots[old]), new_root=bytes(roots[new]))
    except ProofRefused:
        raise JournalDamaged(Finding(Table.CHECKPOINT, str(new), Problem.NOT_THE_SIGNED_TREE)) from None
    return path


def verify_journal(
    *,
    kept_notes: Sequence[str] = (),
    counterparts: Sequence[Counterparts] = (),
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Compute the whole journal again and report every row that was changed, removed or added.

    `counterparts` are the rooms' tables whose every row was written with an entry; their rows are compared too.

    `kept_notes` are checkpoints that somebody kept outside: only they can show that the newest part was cut off as a
    whole. `progress` is told how many entries of how many have been read.
    """
    return verify(kept_notes=kept_notes, counterparts=counterparts, progress=progress or (lambda _done, _total: None))
