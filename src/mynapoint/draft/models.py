"""Drafts: no facts yet, so their rows are written over until the act is signed, and deleted afterwards."""

from django.db import models
from uuid_utils.compat import uuid7


class Draft(models.Model):
    """One citizen's way to one act, as far as it got. In a case at a `counter` it has the case's own id.

    Each time that it is written it gets another `version`.
    """

    id = models.UUIDField(primary_key=True)
    secret_hash = models.BinaryField()
    kind = models.CharField(max_length=20)
    programme = models.CharField(max_length=40)
    who = models.CharField(max_length=20, blank=True)
    service = models.CharField(max_length=40, blank=True)
    prepared_for = models.CharField(max_length=40, blank=True)
    agreed_for = models.CharField(max_length=40, blank=True)
    agreed_terms = models.DateTimeField(null=True)
    agreed_programme = models.CharField(max_length=32, blank=True)
    understood_for = models.CharField(max_length=40, blank=True)
    account_service = models.CharField(max_length=40, blank=True)
    account_hint = models.CharField(max_length=40, blank=True)
    account_reference = models.CharField(max_length=64, blank=True)
    account_hash = models.BinaryField(null=True)
    account_checked_at = models.DateTimeField(null=True)
    is_own_account = models.BooleanField(default=False)
    act_id = models.UUIDField(null=True)
    counter = models.CharField(max_length=40, blank=True)
    begun_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    version = models.UUIDField(default=uuid7)

    class Meta:
        indexes = (models.Index(fields=("expires_at",), name="draft_by_expiry"),)

    def __str__(self) -> str:
        return str(self.id)
