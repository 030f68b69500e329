"""Corrections and their steps: facts, each inserted once, distributed by the holder whose link it is."""

from django.db import models
from django.db.models import Q


class Correction(models.Model):
    """A report that a link may be wrong; its id is its journal entry's. Orders to the service go by its number."""

    pk = models.CompositePrimaryKey("holder_id", "id")
    holder_id = models.UUIDField()
    id = models.UUIDField()
    application_id = models.UUIDField()
    number = models.IntegerField()
    programme = models.CharField(max_length=40)
    service = models.CharField(max_length=40)
    source = models.CharField(max_length=10)
    reason = models.CharField(max_length=20)
    act_id = models.UUIDField(null=True)
    user_id = models.IntegerField(null=True)
    reported_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("holder_id", "application_id", "number"), name="one_correction_per_number"),
            models.CheckConstraint(
                condition=Q(source="objection", act_id__isnull=False, user_id__isnull=True)
                | (~Q(source="objection") & Q(act_id__isnull=True, user_id__isnull=False)),
                name="reported_by_card_or_by_staff",
            ),
        )
        indexes = (models.Index(fields=("id",), name="correction_by_id"),)

    def __str__(self) -> str:
        return str(self.id)


class CorrectionStep(models.Model):
    """A step of a correction; the primary key lets one be taken at a time, `two_people_decide` holds four eyes."""

    pk = models.CompositePrimaryKey("holder_id", "correction_id", "index")
    holder_id = models.UUIDField()
    correction_id = models.UUIDField()
    index = models.IntegerField()
    kind = models.CharField(max_length=10)
    word = models.CharField(max_length=20, blank=True)
    round = models.IntegerField()
    user_id = models.IntegerField(null=True)
    entry_id = models.UUIDField()
    taken_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("holder_id", "correction_id", "round", "user_id"),
                condition=Q(kind__in=("proposed", "declined", "decided")),
                name="two_people_decide",
            ),
            models.UniqueConstraint(
                fields=("holder_id", "correction_id", "kind"),
                condition=Q(kind__in=("frozen", "decided", "relinked", "rejected")),
                name="each_turn_once",
            ),
            models.UniqueConstraint(
                fields=("holder_id", "correction_id", "kind", "word"),
                condition=Q(kind__in=("told", "reminded")),
                name="told_and_reminded_once",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=("frozen", "evidence", "proposed", "declined", "decided"), user_id__isnull=False)
                | Q(kind__in=("told", "reminded", "relinked", "rejected"), user_id__isnull=True),
                name="people_decide_platform_follows",
            ),
        )

    def __str__(self) -> str:
        return f"{self.correction_id} {self.index} {self.kind}"


class CorrectionLook(models.Model):
    """One of the office has opened a correction's page, so that its holder can see it."""

    pk = models.CompositePrimaryKey("holder_id", "correction_id", "id")
    holder_id = models.UUIDField()
    correction_id = models.UUIDField()
    id = models.UUIDField()
    role = models.CharField(max_length=10)
    user_id = models.IntegerField()
    looked_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.id)
