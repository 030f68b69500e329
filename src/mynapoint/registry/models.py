"""What the authority's lists say of certificates, which stand here by their keyed hashes."""

from django.db import models


class ImportedList(models.Model):
    """A list that was taken in; the newest of its name counts, for as long as it is fresh."""

    digest = models.BinaryField(primary_key=True)
    name = models.TextField()
    this_update = models.DateTimeField()
    next_update = models.DateTimeField()
    rows = models.BigIntegerField()
    imported_at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=["name", "-this_update"], name="newest_list_of_a_name"),)

    def __str__(self) -> str:
        return bytes(self.digest).hex()


class RevokedCertificate(models.Model):
    """A certificate on its generation's newest revocation list."""

    certificate_hash = models.BinaryField(primary_key=True)
    list_name = models.TextField()
    revoked_at = models.DateTimeField()
    reason = models.TextField()

    def __str__(self) -> str:
        return bytes(self.certificate_hash).hex()


class KnownLineage(models.Model):
    """A certificate and the one that it follows, if any; two rows that contradict each other make it disputed."""

    certificate_hash = models.BinaryField(primary_key=True)
    predecessor_hash = models.BinaryField(null=True)
    sealed_predecessor = models.BinaryField(null=True)
    is_disputed = models.BooleanField()

    def __str__(self) -> str:
        return bytes(self.certificate_hash).hex()
