"""Grace tickets and their uses."""

from django.db import models


class GraceTicket(models.Model):
    """A ticket for a number that could not be served in time; a number has one for a programme."""

    pk = models.CompositePrimaryKey("counter", "code_hash")
    counter = models.CharField(max_length=40)
    code_hash = models.BinaryField(db_index=True)
    programme = models.CharField(max_length=40)
    day = models.DateField()
    number = models.IntegerField()
    stood_at = models.DateTimeField()
    city_code = models.CharField(max_length=6)
    user_id = models.IntegerField()
    entry_id = models.UUIDField()
    issued_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("counter", "day", "number", "programme"), name="one_grace_per_number"),
        )

    def __str__(self) -> str:
        return f"{self.counter} {self.day} {self.number}"


class ShownGrace(models.Model):
    """The ticket that was shown in a case: every act that is proposed in it goes by it."""

    pk = models.CompositePrimaryKey("counter", "case_id")
    counter = models.CharField(max_length=40)
    case_id = models.UUIDField()
    code_hash = models.BinaryField()
    shown_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return str(self.case_id)


class UsedGrace(models.Model):
    """An act that was done by a ticket; the primary key lets one of each kind be done by it."""

    pk = models.CompositePrimaryKey("counter", "code_hash", "kind")
    counter = models.CharField(max_length=40)
    code_hash = models.BinaryField()
    kind = models.CharField(max_length=20)
    holder_id = models.UUIDField()
    act_id = models.UUIDField()
    used_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.act_id)
