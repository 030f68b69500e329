"""Acts that were proposed, used and answered: three facts, each inserted once."""

from django.db import models


class ProposedAct(models.Model):
    """A statement that waits for a signature."""

    id = models.UUIDField(primary_key=True)
    secret_hash = models.BinaryField()
    kind = models.CharField(max_length=20)
    programme = models.CharField(max_length=40)
    statement = models.BinaryField()
    attachment = models.JSONField()
    expires_at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=("expires_at",), name="act_by_expiry"),)

    def __str__(self) -> str:
        return str(self.id)


class UsedAct(models.Model):
    """The nonce's consumption: its primary key lets one signature through."""

    id = models.UUIDField(primary_key=True)
    used_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.id)


class AnsweredAct(models.Model):
    """How an act ended: done, with its journal entry, or refused, with the reason."""

    id = models.UUIDField(primary_key=True)
    answer = models.CharField(max_length=40)
    data = models.JSONField()
    holder_id = models.UUIDField(null=True)
    entry_id = models.UUIDField(null=True)
    answered_at = models.DateTimeField()

    class Meta:
        indexes = (
            models.Index(fields=("holder_id",), condition=models.Q(holder_id__isnull=False), name="done_by_holder"),
        )

    def __str__(self) -> str:
        return f"{self.id} {self.answer}"
