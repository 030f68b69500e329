"""The nonces that registered services have used, and when a service was silent."""

from django.db import models


class SeenNonce(models.Model):
    """A nonce that a service's key has used; kept for as long as its request could be taken again."""

    pk = models.CompositePrimaryKey("nonce", "key_id")
    nonce = models.CharField(max_length=22)
    key_id = models.CharField(max_length=60)
    seen_at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=("seen_at",), name="seennonce_by_time"),)

    def __str__(self) -> str:
        return f"{self.key_id} {self.seen_at.isoformat()}"


class NoticedSilence(models.Model):
    """A minute in which a service gave no answer to rely on."""

    pk = models.CompositePrimaryKey("service", "noticed_at")
    service = models.CharField(max_length=40)
    noticed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.service} {self.noticed_at.isoformat()}"
