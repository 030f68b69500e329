"""What can be done with the journal: record an act, and give recorded entries their place in the tree."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from uuid_utils import compat

from mynapoint.journal.merkle import Frontier, leaf_hash
from mynapoint.journal.models import Entry, Node, PendingEntry, Position, SignedCheckpoint
from mynapoint.journal.notes import CheckpointText, sign_checkpoint
from mynapoint.journal.rules import (
    Checkpoint,
    checkpoint_octets,
    entry_octets,
    is_entry_sealed,
    position_octets,
    seal,
    write_facts,
)
from mynapoint.journal.tree import read_frontier, read_note
from mynapoint.kernel.sql import insert, wait_for_turn

BATCH: Final = 4096


def record(*, kind: str, facts: Mapping[str, str | int], at: datetime) -> UUID:
    """Write an entry, without a place yet, into the caller's transaction: one statement, nothing is read.

    :raises FactsRefused: the kind, a name or a value is not of the forms that cannot hold anything personal.
    :raises TransactionManagementError: there is no transaction: an act and its entry are one.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("an entry is recorded in the transaction of its act")
    entry_id, text = compat.uuid7(), write_facts(facts)
    octets = entry_octets(entry_id=entry_id, kind=kind, facts=text, at=at)
    sealed = seal(octets, key=settings.JOURNAL_SEAL_KEY)
    insert(Entry(id=entry_id, kind=kind, facts=text, recorded_at=at, seal=sealed), PendingEntry(entry_id=entry_id))
    return entry_id


@transaction.atomic
def sequence(*, at: datetime, limit: int = BATCH) -> int:
    """Give up to `limit` waiting entries their places, sign a checkpoint over them, and return how many they were.

    (1) one sequencer at a time: a second waits for the first; (2) the tree is the one that was signed last; (3) entries
    in the order of their ids, none that this platform did not write; (4) tree and queue; (5) a checkpoint.

    :raises JournalDamaged: the tree was changed: nothing is appended to it and nothing signed.
    """
    # (1) one sequencer
    wait_for_turn("sequencer")
    # (2) the signed tree
    newest = SignedCheckpoint.objects.order_by("-size").first()
    frontier = read_frontier(newest)
    # (3) what waits
    entries = list(islice(_waiting_entries(limit), limit))
    # (4) places
    _append(entries, frontier=frontier)
    # (5) checkpoint
    if entries or newest is None:
        _sign(frontier, previous=newest, at=at)
    return len(entries)


def _waiting_entries(page: int) -> Iterator[Entry]:
    """Yield waiting entries by id. A row that somebody else put here stays: the next verification names it."""
    waiting = PendingEntry.objects.order_by("entry_id").values_list("entry_id", flat=True)
    ids = list(waiting[:page])
    while ids:
        placed = set(Position.objects.filter(entry_id__in=ids).values_list("entry_id", flat=True))
        for entry in Entry.objects.filter(id__in=ids).order_by("id"):
            if entry.id not in placed and is_entry_sealed(entry, key=settings.JOURNAL_SEAL_KEY):
                yield entry
        ids = list(waiting.filter(entry_id__gt=ids[-1])[:page])


def _append(entries: list[Entry], *, frontier: Frontier) -> None:
    positions, nodes = [], []
    for entry in entries:
        octets = position_octets(entry_id=entry.id, index=frontier.size)
        sealed = seal(octets, key=settings.JOURNAL_SEAL_KEY)
        positions.append(Position(entry_id=entry.id, index=frontier.size, seal=sealed))
        leaf = entry_octets(entry_id=entry.id, kind=entry.kind, facts=entry.facts, at=entry.recorded_at)
        nodes += [Node(level=at.level, index=at.number, hash=octets) for at, octets in frontier.append(leaf_hash(leaf))]
    Position.objects.bulk_create(positions)
    Node.objects.bulk_create(nodes)
    PendingEntry.objects.filter(entry_id__in=[entry.id for entry in entries]).delete()


def _sign(frontier: Frontier, *, previous: SignedCheckpoint | None, at: datetime) -> None:
    origin = read_note(previous.note).origin if previous else settings.JOURNAL_ORIGIN
    text = CheckpointText(origin=origin, size=frontier.size, root=frontier.root)
    note = sign_checkpoint(text, key=settings.JOURNAL_SIGNING_KEY)
    checkpoint = Checkpoint(size=text.size, root=text.root, at=at, note=note)
    previous_size = previous.size if previous else None
    octets = checkpoint_octets(checkpoint, previous_size=previous_size)
    SignedCheckpoint.objects.create(
        size=checkpoint.size,
        previous_size=previous_size,
        root=checkpoint.root,
        signed_at=at,
        note=note,
        seal=seal(octets, key=settings.JOURNAL_SEAL_KEY),
    )
