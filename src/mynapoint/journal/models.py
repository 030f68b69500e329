"""Entries, the queue of those that have no place yet, their places, the tree's hashes, and the signed checkpoints."""

from django.db import models


class Entry(models.Model):
    """One act, as it was when it was done."""

    id = models.UUIDField(primary_key=True)
    kind = models.TextField()
    facts = models.TextField()
    recorded_at = models.DateTimeField()
    seal = models.BinaryField()

    def __str__(self) -> str:
        return str(self.id)


class PendingEntry(models.Model):
    """An entry that waits for its place in the tree; only the sequencer deletes it."""

    entry = models.OneToOneField(
        Entry, models.DO_NOTHING, primary_key=True, db_constraint=False, related_name="pending"
    )

    def __str__(self) -> str:
        return str(self.entry_id)


class Position(models.Model):
    """The place of an entry in the tree."""

    entry = models.OneToOneField(
        Entry, models.DO_NOTHING, primary_key=True, db_constraint=False, related_name="position"
    )
    index = models.BigIntegerField(db_index=True)
    seal = models.BinaryField()

    def __str__(self) -> str:
        return str(self.entry_id)


class Node(models.Model):
    """The hash of one complete subtree."""

    pk = models.CompositePrimaryKey("level", "index")
    level = models.SmallIntegerField()
    index = models.BigIntegerField()
    hash = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.level}/{self.index}"


class SignedCheckpoint(models.Model):
    """The tree at one size, signed; `previous_size` is that of the checkpoint before."""

    size = models.BigIntegerField(primary_key=True)
    previous_size = models.BigIntegerField(null=True)
    root = models.BinaryField()
    signed_at = models.DateTimeField()
    note = models.TextField()
    seal = models.BinaryField()

    def __str__(self) -> str:
        return str(self.size)
