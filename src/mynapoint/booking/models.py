"""Bookings, what became of them, and the places in slots that they hold. Nobody's name, telephone or address."""

from django.db import models


class BookedVisit(models.Model):
    """A booking, by the keyed hash of the code on its slip."""

    code_hash = models.BinaryField(primary_key=True)
    counter = models.CharField(max_length=40)
    booked_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.counter} {self.booked_at.isoformat()}"


class BookingStep(models.Model):
    """Something that became of a booking; the primary key lets one thing become of it at a time."""

    pk = models.CompositePrimaryKey("code_hash", "index")
    code_hash = models.BinaryField()
    index = models.IntegerField()
    kind = models.CharField(max_length=10)
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.index} {self.kind}"


class TakenSeat(models.Model):
    """One of a slot's places, taken as long as its booking is neither moved nor cancelled.

    The primary key gives each place to one booking.
    """

    pk = models.CompositePrimaryKey("counter", "starts_at", "seat")
    counter = models.CharField(max_length=40)
    starts_at = models.DateTimeField()
    seat = models.IntegerField()
    code_hash = models.BinaryField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("counter", "code_hash"), name="one_seat_per_booking"),)

    def __str__(self) -> str:
        return f"{self.counter} {self.starts_at.isoformat()} {self.seat}"
