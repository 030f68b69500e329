"""Cases and what happened in them: facts, each inserted once. Only what a case lives by is taken away at its end."""

from django.db import models


class OpenedCase(models.Model):
    """A case that was opened, with the words that stand in its statements."""

    pk = models.CompositePrimaryKey("counter", "id")
    counter = models.CharField(max_length=40)
    id = models.UUIDField()
    day = models.DateField()
    number = models.IntegerField()
    counter_name = models.CharField(max_length=200)
    terminal = models.CharField(max_length=40)
    terminal_name = models.CharField(max_length=200)
    user_id = models.IntegerField()
    opened_at = models.DateTimeField()
    closes_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("counter", "day", "number"), name="one_case_per_number"),
            models.CheckConstraint(condition=models.Q(number__gte=1, number__lte=9999), name="number_fits_statement"),
        )

    def __str__(self) -> str:
        return f"{self.counter} {self.day} {self.number}"


class LiveCase(models.Model):
    """The terminal's case that nothing has ended: its key, its card's hash under it, and when that was last there.

    The row is what is locked while something happens to the case, and is gone with its end. The primary key lets a
    terminal have one such case.
    """

    pk = models.CompositePrimaryKey("counter", "terminal")
    counter = models.CharField(max_length=40)
    terminal = models.CharField(max_length=40)
    case_id = models.UUIDField()
    key = models.BinaryField()
    card_hash = models.BinaryField(null=True)
    contact_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("counter", "case_id"), name="each_case_lives_once"),)

    def __str__(self) -> str:
        return f"{self.counter} {self.terminal}"


class CaseFact(models.Model):
    """One thing that happened in a case; the primary key lets one thing happen at a time."""

    pk = models.CompositePrimaryKey("counter", "case_id", "index")
    counter = models.CharField(max_length=40)
    case_id = models.UUIDField()
    index = models.IntegerField()
    kind = models.CharField(max_length=20)
    at = models.DateTimeField()
    act_id = models.UUIDField(null=True)
    word = models.CharField(max_length=20, blank=True)

    def __str__(self) -> str:
        return f"{self.case_id} {self.index} {self.kind}"


class CounterExtension(models.Model):
    """A supervisor's word that a counter stays open longer on one day."""

    pk = models.CompositePrimaryKey("counter", "day", "number")
    counter = models.CharField(max_length=40)
    day = models.DateField()
    number = models.IntegerField()
    until = models.DateTimeField()
    reason = models.CharField(max_length=20)
    user_id = models.IntegerField()
    entry_id = models.UUIDField()
    extended_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.counter} {self.day} {self.number}"


class PausedCase(models.Model):
    """A case that its card can continue with its slip, which has the key to the card's hash.

    Until the slip is used its key is kept as well, sealed, so that it can be printed again.
    """

    id = models.UUIDField(primary_key=True)
    counter = models.CharField(max_length=40, blank=True)
    secret_hash = models.BinaryField()
    card_hash = models.BinaryField()
    sealed_secret = models.BinaryField(null=True)
    times_printed = models.IntegerField(default=1)
    expires_at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=("expires_at",), name="slip_by_expiry"),)

    def __str__(self) -> str:
        return str(self.id)
