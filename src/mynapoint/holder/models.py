"""Holders, their certificates, and the reviews of certificates that might be anybody's: facts, each inserted once."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models


class Holder(models.Model):
    """A person, known only by a random name."""

    id = models.UUIDField(primary_key=True)
    first_seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.id)


class HolderCertificate(models.Model):
    """A certificate that belongs to a holder; the primary key decides when two acts claim it at once."""

    certificate_hash = models.BinaryField(primary_key=True)
    holder_id = models.UUIDField()
    recorded_at = models.DateTimeField()

    class Meta:
        # Rows come in the order of time, so a summary per block range finds the newest: it costs an act nothing.
        # By holder, a card at a time: who looks, by card, sees every certificate that counts as theirs.
        indexes = (
            BrinIndex(fields=("recorded_at",), name="certificate_by_time"),
            models.Index(fields=("holder_id",), name="certificate_by_holder"),
        )

    def __str__(self) -> str:
        return bytes(self.certificate_hash).hex()


class Hold(models.Model):
    """A certificate of which nobody knows whose it is: the primary key lets one review of it begin at a time."""

    pk = models.CompositePrimaryKey("certificate_hash", "number")
    certificate_hash = models.BinaryField()
    number = models.IntegerField()
    reason = models.CharField(max_length=30)
    act_id = models.UUIDField()
    kind = models.CharField(max_length=20)
    programme = models.CharField(max_length=40)
    entry_id = models.UUIDField()
    held_at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=("entry_id",), name="hold_by_entry"),)

    def __str__(self) -> str:
        return str(self.entry_id)


class HoldAttempt(models.Model):
    """Another act that was refused while the hold was open: the registry was asked again, and still did not say."""

    pk = models.CompositePrimaryKey("certificate_hash", "number", "act_id")
    certificate_hash = models.BinaryField()
    number = models.IntegerField()
    act_id = models.UUIDField()
    attempted_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.act_id)


class TouchedHolder(models.Model):
    """A holder that the held certificate's chain touches."""

    pk = models.CompositePrimaryKey("certificate_hash", "number", "holder_id")
    certificate_hash = models.BinaryField()
    number = models.IntegerField()
    holder_id = models.UUIDField()

    def __str__(self) -> str:
        return str(self.holder_id)


class HoldStep(models.Model):
    """One person's part in a decision: slot 1 proposes, slot 2 confirms or declines, and after that a new round.

    The primary key allows one of each, the unique rule one for each person: four eyes.
    """

    pk = models.CompositePrimaryKey("certificate_hash", "number", "round", "slot")
    certificate_hash = models.BinaryField()
    number = models.IntegerField()
    round = models.IntegerField()
    slot = models.SmallIntegerField()
    word = models.CharField(max_length=20)
    holder_id = models.UUIDField(null=True)
    named_entry_id = models.UUIDField(null=True)
    user_id = models.IntegerField()
    entry_id = models.UUIDField()
    taken_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("certificate_hash", "number", "round", "user_id"), name="one_step_per_person"
            ),
            models.CheckConstraint(
                condition=models.Q(slot=1, word__in=("release", "attach", "reject"))
                | models.Q(slot=2, word__in=("confirmed", "declined")),
                name="proposal_then_answer",
            ),
            models.CheckConstraint(
                condition=models.Q(word="attach", holder_id__isnull=False, named_entry_id__isnull=False)
                | models.Q(~models.Q(word="attach"), holder_id__isnull=True, named_entry_id__isnull=True),
                name="only_attach_names_a_holder",
            ),
        )

    def __str__(self) -> str:
        return str(self.entry_id)


class HoldOutcome(models.Model):
    """How a hold was closed: the primary key lets the second person or the lineage do it, not both."""

    pk = models.CompositePrimaryKey("certificate_hash", "number")
    certificate_hash = models.BinaryField()
    number = models.IntegerField()
    outcome = models.CharField(max_length=20)
    holder_id = models.UUIDField(null=True)
    entry_id = models.UUIDField()
    closed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.entry_id} {self.outcome}"


class ReplacedCertificate(models.Model):
    """A certificate whose place another one took by a review's word alone: used again, it contradicts the review."""

    certificate_hash = models.BinaryField(primary_key=True)
    replaced_by = models.BinaryField()
    entry_id = models.UUIDField()

    def __str__(self) -> str:
        return bytes(self.certificate_hash).hex()


class HoldLook(models.Model):
    """One of the office has opened a hold's page, so that its holder can see it afterwards."""

    pk = models.CompositePrimaryKey("certificate_hash", "number", "id")
    certificate_hash = models.BinaryField()
    number = models.IntegerField()
    id = models.UUIDField()
    role = models.CharField(max_length=10)
    user_id = models.IntegerField()
    looked_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.id)
