"""Reservations and the MyKey IDs that they gave."""

from django.db import models


class Reservation(models.Model):
    """One person's place in a programme: the primary key lets them have one."""

    pk = models.CompositePrimaryKey("holder_id", "programme")
    holder_id = models.UUIDField()
    programme = models.CharField(max_length=40)
    mykey_id = models.CharField(max_length=8)
    act_id = models.UUIDField()
    reserved_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.holder_id} {self.programme}"


class IssuedMyKeyId(models.Model):
    """A MyKey ID that was given: the primary key lets nobody have it again."""

    mykey_id = models.CharField(primary_key=True, max_length=8)
    holder_id = models.UUIDField()

    def __str__(self) -> str:
        return self.mykey_id
