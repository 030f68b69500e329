"""Rolls, closings and verdicts: facts, each inserted once; every table is distributed by the service."""

from django.db import models


class FixedRoll(models.Model):
    """A period's roll, fixed: the primary key lets one reading of the links count."""

    pk = models.CompositePrimaryKey("service", "programme", "period")
    service = models.CharField(max_length=40)
    programme = models.CharField(max_length=40)
    period = models.CharField(max_length=7)
    count = models.BigIntegerField()
    digest = models.BinaryField()
    fixed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.service} {self.programme} {self.period}"


class RollPart(models.Model):
    """A run of a fixed roll's link tokens, 16 bytes each, one after the other."""

    pk = models.CompositePrimaryKey("service", "programme", "period", "part")
    service = models.CharField(max_length=40)
    programme = models.CharField(max_length=40)
    period = models.CharField(max_length=7)
    part = models.IntegerField()
    last_token = models.BinaryField()
    tokens = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.service} {self.programme} {self.period} {self.part}"


class SealedClosing(models.Model):
    """What a service sealed, and the rules that counted then: the audit goes by these."""

    pk = models.CompositePrimaryKey("service", "programme", "period", "attempt")
    service = models.CharField(max_length=40)
    programme = models.CharField(max_length=40)
    period = models.CharField(max_length=7)
    attempt = models.SmallIntegerField()
    ends_at = models.DateTimeField()
    count = models.BigIntegerField()
    total = models.BigIntegerField()
    root = models.BinaryField()
    cap = models.IntegerField()
    audit_rows = models.SmallIntegerField()
    entry_id = models.UUIDField()
    sealed_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(total__gte=0, total__lte=models.F("count") * models.F("cap")),
                name="sealed_total_possible",
            ),
        )

    def __str__(self) -> str:
        return f"{self.service} {self.programme} {self.period} {self.attempt}"


class JudgedClosing(models.Model):
    """The verdict on a sealed closing, and the checkpoint that its rows were drawn from; no row is kept."""

    pk = models.CompositePrimaryKey("service", "programme", "period", "attempt")
    service = models.CharField(max_length=40)
    programme = models.CharField(max_length=40)
    period = models.CharField(max_length=7)
    attempt = models.SmallIntegerField()
    accepted = models.BooleanField()
    reason = models.CharField(max_length=40, blank=True)
    checkpoint_size = models.BigIntegerField()
    checkpoint_root = models.BinaryField()
    entry_id = models.UUIDField()
    judged_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(accepted=True, reason="") | (models.Q(accepted=False) & ~models.Q(reason="")),
                name="reason_when_rejected",
            ),
        )

    def __str__(self) -> str:
        return f"{self.service} {self.programme} {self.period} {self.attempt}"


class AcceptedClosing(models.Model):
    """A service's accepted closings, numbered in the order of their periods: what settlement pays goes by these."""

    pk = models.CompositePrimaryKey("service", "programme", "number")
    service = models.CharField(max_length=40)
    programme = models.CharField(max_length=40)
    number = models.IntegerField()
    period = models.CharField(max_length=7)
    ends_at = models.DateTimeField()
    total = models.BigIntegerField()
    accepted_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("service", "programme", "period"), name="one_acceptance_per_period"),
        )

    def __str__(self) -> str:
        return f"{self.service} {self.programme} {self.number}"


class ReopenedClosing(models.Model):
    """The office's leave to seal once more after a rejected attempt."""

    pk = models.CompositePrimaryKey("service", "programme", "period", "attempt")
    service = models.CharField(max_length=40)
    programme = models.CharField(max_length=40)
    period = models.CharField(max_length=7)
    attempt = models.SmallIntegerField()
    user_id = models.IntegerField()
    reason = models.CharField(max_length=40)
    entry_id = models.UUIDField()
    reopened_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.service} {self.programme} {self.period} {self.attempt}"
