"""Whether a journal has only grown since somebody last looked, by what its site publishes: no database, no secret."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from mynapoint.journal.merkle import ProofRefused, check_consistency
from mynapoint.journal.notes import CheckpointText, NoteRefused, open_checkpoint, read_verifier_key

Reason = Literal["not_signed", "smaller", "not_grown"]


class GrowthRefused(ValueError):
    """Will say what is wrong with a newer checkpoint: another key signed it, it has less, or not what there was."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Watched:
    """What somebody outside keeps of a journal: its verifier key (c2sp.org/signed-note), and the newest note seen."""

    key: str
    note: str

    @classmethod
    def parse(cls, text: str) -> "Watched":
        """Return what was kept as a text."""
        key, _, note = text.partition("\n\n")
        return cls(key, note)

    def __str__(self) -> str:
        return f"{self.key}\n\n{self.note}"

    @property
    def checkpoint(self) -> CheckpointText:
        """The checkpoint in the note.

        :raises NoteRefused: the key is none, or did not sign it.
        """
        origin, key = read_verifier_key(self.key)
        return open_checkpoint(self.note, origin=origin, key=key)


def check_growth(kept: Watched, newer: Watched, *, prove: Callable[[int, int], Sequence[bytes]]) -> None:
    """Check that the journal of one checkpoint has only grown into that of another.

    (1) the key that is kept signed it; (2) it has as many entries at least; (3) what there was is in it, unchanged
    (RFC 9162, section 2.1.4). `prove` is asked for the hashes between the two sizes.

    :raises GrowthRefused: naming the first of these that is not so.
    :raises NoteRefused: the kept note itself is none.
    """
    old = kept.checkpoint
    # (1)
    try:
        new = Watched(kept.key, newer.note).checkpoint
    except NoteRefused:
        raise GrowthRefused("not_signed") from None
    # (2)
    if new.size < old.size:
        raise GrowthRefused("smaller")
    # (3)
    path = prove(old.size, new.size) if old.size < new.size else ()
    try:
        check_consistency(old=old.size, new=new.size, path=path, old_root=old.root, new_root=new.root)
    except ProofRefused:
        raise GrowthRefused("not_grown") from None
