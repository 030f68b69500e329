"""What happened in each counter's line on each day. Numbers, never people."""

from django.db import models


class LineFact(models.Model):
    """One thing that happened in a line; the primary key lets one thing happen at a time.

    A number that was taken brings the keyed hash of the code on its slip.
    """

    pk = models.CompositePrimaryKey("counter", "day", "index")
    counter = models.CharField(max_length=40)
    day = models.DateField()
    index = models.IntegerField()
    kind = models.CharField(max_length=10)
    number = models.IntegerField()
    at = models.DateTimeField()
    slot_at = models.DateTimeField(null=True)
    code_hash = models.BinaryField(null=True)
    terminal = models.CharField(max_length=40, blank=True)
    terminal_name = models.CharField(max_length=200, blank=True)
    user_id = models.IntegerField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("counter", "code_hash"), name="one_number_per_slip"),
            models.UniqueConstraint(
                fields=("counter", "day", "number"), condition=models.Q(kind="taken"), name="one_person_per_number"
            ),
        )

    def __str__(self) -> str:
        return f"{self.counter} {self.day} {self.index} {self.kind}"
