"""Resets, who checked, and how they ended. Nothing of the citizen, and nothing of what they showed but its kind."""

from django.db import models


class OpenedReset(models.Model):
    """A reset that was asked for at a counter, by the keyed hash of its order's code."""

    pk = models.CompositePrimaryKey("counter", "id")
    counter = models.CharField(max_length=40)
    id = models.UUIDField()
    day = models.DateField()
    number = models.IntegerField()
    order_hash = models.BinaryField(db_index=True)
    user_id = models.IntegerField()
    opened_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("counter", "day", "number"), name="one_reset_per_number"),)

    def __str__(self) -> str:
        return f"{self.counter} {self.day} {self.number}"


class IdentityCheck(models.Model):
    """One member's word that somebody is whom their document shows; two rows, by two members, are an order."""

    pk = models.CompositePrimaryKey("counter", "reset_id", "slot")
    counter = models.CharField(max_length=40)
    reset_id = models.UUIDField()
    slot = models.IntegerField()
    user_id = models.IntegerField()
    document = models.CharField(max_length=30)
    entry_id = models.UUIDField()
    checked_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("counter", "reset_id", "user_id"), name="each_member_checks_once"),
            models.CheckConstraint(condition=models.Q(slot__in=(0, 1)), name="two_members_check"),
        )

    def __str__(self) -> str:
        return f"{self.reset_id} {self.slot}"


class EndedReset(models.Model):
    """How a reset ended; the primary key lets it end once, so that one order unblocks one card."""

    pk = models.CompositePrimaryKey("counter", "reset_id")
    counter = models.CharField(max_length=40)
    reset_id = models.UUIDField()
    outcome = models.CharField(max_length=10)
    user_id = models.IntegerField(null=True)
    entry_id = models.UUIDField()
    ended_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.reset_id} {self.outcome}"
