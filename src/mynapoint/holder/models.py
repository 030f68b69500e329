"""Holders, the certificates they were seen with, and the certificates that wait for review."""

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

    def __str__(self) -> str:
        return bytes(self.certificate_hash).hex()


class Hold(models.Model):
    """A certificate whose predecessor is unknown, waiting for review."""

    certificate_hash = models.BinaryField(primary_key=True)
    held_at = models.DateTimeField()

    def __str__(self) -> str:
        return bytes(self.certificate_hash).hex()
