"""How people were let in, which tickets were used, and when nothing is taken in."""

from django.db import models


class AdmissionChange(models.Model):
    """One change of how people are let in; the newest counts (distributed as reference)."""

    number = models.BigIntegerField(primary_key=True)
    changed_at = models.DateTimeField()
    first = models.BigIntegerField()
    per_minute = models.IntegerField(null=True)
    reason = models.CharField(max_length=4)
    opened_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(per_minute__gt=0), name="somebody_is_let_in"),
            models.CheckConstraint(
                condition=models.Q(per_minute=None, opened_at=None)
                | models.Q(per_minute__gt=0, opened_at__isnull=False),
                name="opened_since_a_time",
            ),
        )

    def __str__(self) -> str:
        return str(self.number)


class UsedTicket(models.Model):
    """A ticket with which somebody began: the primary key lets nobody begin with it again.

    Where it led can be read only with the ticket in hand: a second click comes to the same place.
    """

    number = models.BigIntegerField(primary_key=True)
    used_at = models.DateTimeField(db_index=True)
    sealed_way = models.BinaryField(null=True)

    def __str__(self) -> str:
        return str(self.number)


class Maintenance(models.Model):
    """A span in which nothing is taken in, as it was announced; the newest announcement counts, empty: none."""

    number = models.IntegerField(primary_key=True)
    from_at = models.DateTimeField(null=True)
    until_at = models.DateTimeField(null=True)
    announced_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(from_at=None, until_at=None) | models.Q(from_at__lt=models.F("until_at")),
                name="maintenance_ends_after_it_begins",
            ),
        )

    def __str__(self) -> str:
        return str(self.number)
