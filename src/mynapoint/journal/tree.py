"""The stored tree: its newest checkpoint, its right edge, and the hashes that proofs are made of."""

from collections.abc import Iterable

from django.conf import settings

from mynapoint.journal.merkle import Coordinate, Frontier, Span, complete_subtrees, prove
from mynapoint.journal.models import Node, SignedCheckpoint
from mynapoint.journal.notes import CheckpointText, NoteRefused, open_checkpoint
from mynapoint.journal.rules import (
    Checkpoint,
    Finding,
    JournalDamaged,
    Problem,
    Table,
    checkpoint_octets,
    is_sealed,
)


def as_checkpoint(row: SignedCheckpoint) -> Checkpoint:
    """Return a row as what other rooms may see of it."""
    return Checkpoint(size=row.size, root=bytes(row.root), at=row.signed_at, note=row.note)


def problem_with(row: SignedCheckpoint) -> Problem | None:
    """Tell what is wrong with a checkpoint in itself, if anything is."""
    checkpoint = as_checkpoint(row)
    octets = checkpoint_octets(checkpoint, previous_size=row.previous_size)
    if not is_sealed(octets, seal_=bytes(row.seal), key=settings.JOURNAL_SEAL_KEY):
        return Problem.NOT_SEALED
    try:
        signed = read_note(checkpoint.note)
    except NoteRefused:
        return Problem.OTHER_KEY
    return None if (signed.size, signed.root) == (checkpoint.size, checkpoint.root) else Problem.NOT_THE_SIGNED_TREE


def name_of(note: str) -> str:
    """Return the origin that a note names, whoever signed it."""
    return note.partition("\n")[0]


def read_note(note: str) -> CheckpointText:
    """Return the checkpoint in a note of this journal, under the origin that it names itself.

    The key signs for this journal alone and always under the origin of the first checkpoint, which stays the journal's
    name (c2sp.org/tlog-checkpoint) wherever its site moves to.

    :raises NoteRefused: this journal's key did not sign it.
    """
    return open_checkpoint(note, origin=name_of(note), key=settings.JOURNAL_SIGNING_KEY.public_key())


def read_frontier(newest: SignedCheckpoint | None) -> Frontier:
    """Return the right edge of the tree, once it is sure that this is the tree that was signed.

    :raises JournalDamaged: the checkpoint, the tree or both were changed: nothing may be built or signed on them.
    """
    size = newest.size if newest else 0
    hashes = read_hashes(complete_subtrees(Span(0, size)))
    frontier = Frontier(size=size, hashes=hashes.values())
    if newest and (problem := problem_with(newest)):
        raise JournalDamaged(Finding(Table.CHECKPOINT, str(size), problem))
    if newest and frontier.root != bytes(newest.root):
        raise JournalDamaged(Finding(Table.CHECKPOINT, str(size), Problem.NOT_THE_SIGNED_TREE))
    if Node.objects.filter(level=0, index__gte=size).exists():
        raise JournalDamaged(Finding(Table.NODE, f"0/{size}", Problem.ADDED))
    return frontier


def read_path(spans: list[Span]) -> tuple[bytes, ...]:
    """Return the hash of each span: one query of a few rows, however large the tree.

    :raises JournalDamaged: a hash is missing.
    """
    hashes = read_hashes(coordinate for span in spans for coordinate in complete_subtrees(span))
    return prove(spans, hash_at=hashes.__getitem__)


def read_hashes(coordinates: Iterable[Coordinate]) -> dict[Coordinate, bytes]:
    """Return the hashes of these subtrees, in this order.

    :raises JournalDamaged: one is missing.
    """
    wanted = list(coordinates)
    rows = Node.objects.filter(pk__in=wanted).values_list("level", "index", "hash")
    found = {Coordinate(level, index): bytes(octets) for level, index, octets in rows} if wanted else {}
    for coordinate in wanted:
        if coordinate not in found:
            raise JournalDamaged(Finding(Table.NODE, str(coordinate), Problem.REMOVED))
    return {coordinate: found[coordinate] for coordinate in wanted}
