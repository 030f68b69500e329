"""The walk over the whole journal: everything is computed again from the entries and compared, row by row."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from mynapoint.journal.counterparts import Counterparts, compare
from mynapoint.journal.merkle import leaf_hash
from mynapoint.journal.models import Entry, PendingEntry, Position, SignedCheckpoint
from mynapoint.journal.notes import NoteRefused
from mynapoint.journal.regrowth import READ_AT_ONCE, Findings, GrowingTree
from mynapoint.journal.rules import Problem, Report, Table, is_entry_sealed, is_sealed, octets_of, position_octets
from mynapoint.journal.tree import problem_with, read_note

Progress = Callable[[int, int], None]

_PROGRESS_EVERY: Final = 1000


class Count:
    """How many entries have been read, told to whoever waits for it."""

    def __init__(self, progress: Progress, *, total: int) -> None:
        self._progress = progress
        self._total = total
        self.done = 0

    def one(self) -> None:
        """Count one entry."""
        self.done += 1
        if self.done % _PROGRESS_EVERY == 0 or self.done == self._total:
            self._progress(self.done, self._total)


class CheckpointTrail:
    """The signed checkpoints and the notes kept outside, each compared with the tree when it reaches their size."""

    def __init__(self, kept_notes: Sequence[str], findings: Findings) -> None:
        self._findings = findings
        self._rows = SignedCheckpoint.objects.order_by("size").iterator(chunk_size=READ_AT_ONCE)
        self._kept = list(self._read(kept_notes))
        self._previous: int | None = None
        self._unsound: int | None = None
        self.count = 0
        self._next = self._read_next()

    def pass_by(self, tree: GrowingTree) -> None:
        """Compare what was signed at the tree's present size."""
        while self._next and self._next.size <= tree.size:
            if tree.root not in {None, bytes(self._next.root)} or self._next.size < tree.size:
                self._findings.add(Table.CHECKPOINT, self._next, Problem.NOT_THE_SIGNED_TREE)
            self._previous, self._next = self._next.size, self._read_next(self._next.size)
        for number, size, root in self._kept:
            if size == tree.size and tree.root not in {None, root}:
                self._findings.add(Table.NOTE, number, Problem.NOT_THE_SIGNED_TREE)

    def finish(self, tree: GrowingTree) -> None:
        """Note a checkpoint that should be at the tree's end, and notes of a tree that was once larger."""
        if tree.size and tree.size not in {self._previous, self._unsound}:
            self._findings.add(Table.CHECKPOINT, tree.size, Problem.REMOVED)
        for number, size, _ in self._kept:
            if size > tree.size:
                sizes = f"{number} (控えは{size:,}件、いまは{tree.size:,}件)"
                self._findings.add(Table.NOTE, sizes, Problem.CUT_OFF)

    def _read_next(self, previous: int | None = None) -> SignedCheckpoint | None:
        """Return the next checkpoint that is sound in itself, and note those that are not or are missing before it."""
        for row in self._rows:
            self.count += 1
            if problem := problem_with(row):
                self._findings.add(Table.CHECKPOINT, row, problem)
                self._unsound = row.size
                continue
            if row.previous_size not in {previous, self._unsound}:
                self._findings.add(Table.CHECKPOINT, row.previous_size, Problem.REMOVED)
            return row
        return None

    def _read(self, notes: Sequence[str]) -> Iterator[tuple[int, int, bytes]]:
        for number, note in enumerate(notes, 1):
            try:
                signed = read_note(note)
            except NoteRefused:
                self._findings.add(Table.NOTE, number, Problem.NOT_SIGNED)
            else:
                yield number, signed.size, signed.root


def verify(*, kept_notes: Sequence[str], counterparts: Sequence[Counterparts], progress: Progress) -> Report:
    """Read the whole journal in one snapshot and report every row that is not as it was written.

    (1) the entries in the tree's order, and with them the tree and its checkpoints; (2) the entries that wait;
    (3) the rooms' own rows beside the entries that they were written with.
    """
    findings = Findings()
    with _snapshot():
        count = Count(progress, total=Entry.objects.count())
        trail = CheckpointTrail(kept_notes, findings)
        # (1) the tree
        _walk(trail, count, findings)
        sequenced = count.done
        # (2) the queue
        _check_waiting(count, findings)
        _check_queue(findings)
        # (3) the rooms
        for table in counterparts:
            compare(table, findings)
    return Report(
        sequenced=sequenced,
        unsequenced=count.done - sequenced,
        checkpoints=trail.count,
        tables=len(counterparts),
        findings=tuple(findings.kept),
        found=findings.count,
    )


def _walk(trail: CheckpointTrail, count: Count, findings: Findings) -> None:
    tree, size = GrowingTree(findings), _signed_size()
    lost = _note_lost_entries(findings)
    trail.pass_by(tree)
    for index, leaf in _leaves(count, findings):
        if index < tree.size:
            findings.add(Table.POSITION, index, Problem.ADDED)
            continue
        _fill(tree, until=index, trail=trail, lost=lost, findings=findings)
        tree.append(leaf)
        trail.pass_by(tree)
    _fill(tree, until=size, trail=trail, lost=lost, findings=findings)
    trail.finish(tree)
    tree.finish()


def _leaves(count: Count, findings: Findings) -> Iterator[tuple[int, bytes | None]]:
    """Yield place and hash of each entry that has a sound place; None for the hash of one that is not sound itself."""
    placed = Entry.objects.filter(position__isnull=False).select_related("position").order_by("position__index", "id")
    for entry in placed.iterator(chunk_size=READ_AT_ONCE):
        count.one()
        is_sound = _check_entry(entry, findings)
        position = entry.position
        octets = position_octets(entry_id=entry.id, index=position.index)
        if not is_sealed(octets, seal_=bytes(position.seal), key=settings.JOURNAL_SEAL_KEY):
            findings.add(Table.POSITION, entry, Problem.NOT_SEALED)
            continue
        content = octets_of(entry) if is_sound else None
        yield position.index, leaf_hash(content) if content else None


def _fill(tree: GrowingTree, *, until: int, trail: CheckpointTrail, lost: set[int], findings: Findings) -> None:
    """Go on over places without an entry by the stored hashes, so that what comes after can be compared."""
    while tree.size < until:
        if tree.size not in lost:
            findings.add(Table.POSITION, tree.size, Problem.REMOVED)
        tree.append(None)
        trail.pass_by(tree)


def _signed_size() -> int:
    """Return how many entries the newest sound checkpoint covers."""
    newest_first = SignedCheckpoint.objects.order_by("-size").iterator(chunk_size=READ_AT_ONCE)
    return next((row.size for row in newest_first if problem_with(row) is None), 0)


def _note_lost_entries(findings: Findings) -> set[int]:
    """Note the entries that have a place but are gone, and return their places."""
    lost = set()
    without_entry = Position.objects.filter(~Exists(Entry.objects.filter(id=OuterRef("entry_id"))))
    for position in without_entry.iterator(chunk_size=READ_AT_ONCE):
        octets = position_octets(entry_id=position.entry_id, index=position.index)
        if is_sealed(octets, seal_=bytes(position.seal), key=settings.JOURNAL_SEAL_KEY):
            findings.add(Table.ENTRY, position.entry_id, Problem.REMOVED)
            lost.add(position.index)
        else:
            findings.add(Table.POSITION, position, Problem.NOT_SEALED)
    return lost


def _check_waiting(count: Count, findings: Findings) -> None:
    """Check the entries without a place: each sound, each in the queue."""
    waiting = Entry.objects.filter(position__isnull=True).select_related("pending").order_by("id")
    for entry in waiting.iterator(chunk_size=READ_AT_ONCE):
        count.one()
        if _check_entry(entry, findings) and not hasattr(entry, "pending"):
            findings.add(Table.ENTRY, entry, Problem.UNPLACED)


def _check_queue(findings: Findings) -> None:
    """Check that the queue has rows only for entries that are there and have no place yet."""
    for pending in PendingEntry.objects.filter(~Exists(Entry.objects.filter(id=OuterRef("entry_id")))):
        findings.add(Table.PENDING, pending, Problem.WITHOUT_ENTRY)
    for pending in PendingEntry.objects.filter(Exists(Position.objects.filter(entry_id=OuterRef("entry_id")))):
        findings.add(Table.PENDING, pending, Problem.ADDED)


def _check_entry(entry: Entry, findings: Findings) -> bool:
    is_sound = is_entry_sealed(entry, key=settings.JOURNAL_SEAL_KEY)
    if not is_sound:
        findings.add(Table.ENTRY, entry, Problem.NOT_SEALED)
    return is_sound


@contextmanager
def _snapshot() -> Iterator[None]:
    """Read one moment of the journal, however long the reading takes and whatever is recorded meanwhile."""
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if is_outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield
