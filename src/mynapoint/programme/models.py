"""The programmes' texts and the places that are taken."""

from django.db import models

from mynapoint.kernel.register import Revision


class ProgrammeRevision(Revision):
    """One text of one programme."""


class PlaceShard(models.Model):
    """A part of a programme's places, counted apart so that two reservations seldom wait for each other."""

    pk = models.CompositePrimaryKey("programme", "shard")
    programme = models.CharField(max_length=40)
    shard = models.SmallIntegerField()
    taken = models.IntegerField()

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(taken__gte=0), name="places_taken_not_negative"),)

    def __str__(self) -> str:
        return f"{self.programme}/{self.shard}"
