"""Tries at the office's door: who tried as keyed hashes, nothing of what was typed."""

from django.db import models


class LoginTry(models.Model):
    """A try that failed, or whose end is not known yet; one that succeeds takes the name's tries with it."""

    pk = models.CompositePrimaryKey("name_hash", "id")
    name_hash = models.BinaryField(max_length=32)
    id = models.UUIDField()
    address_hash = models.BinaryField(max_length=32)
    tried_at = models.DateTimeField()

    class Meta:
        indexes = (
            models.Index(fields=("address_hash", "tried_at"), name="logintry_by_address"),
            models.Index(fields=("tried_at",), name="logintry_by_time"),
        )

    def __str__(self) -> str:
        return f"{self.id}"
