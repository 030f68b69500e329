"""Who works where and which terminals there are: facts, each inserted once, an end being one too."""

from django.db import models


class Affiliation(models.Model):
    """The one city, or the office (empty), that a user works for: whoever changes gets a new user."""

    user_id = models.IntegerField(primary_key=True)
    city = models.CharField(max_length=6, blank=True)

    def __str__(self) -> str:
        return str(self.user_id)


class GivenMembership(models.Model):
    """A post that was given; the primary key has a user's posts given one after the other."""

    pk = models.CompositePrimaryKey("user_id", "number")
    user_id = models.IntegerField()
    number = models.IntegerField()
    role = models.CharField(max_length=12)
    counter = models.CharField(max_length=40, blank=True)
    from_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True)
    by_user_id = models.IntegerField(null=True)
    entry_id = models.UUIDField()
    given_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(until_at=None) | models.Q(from_at__lt=models.F("until_at")),
                name="membership_ends_after_it_begins",
            ),
        )

    def __str__(self) -> str:
        return f"{self.user_id} {self.number}"


class EndedMembership(models.Model):
    """A membership that ends before its time; of several ends the first counts."""

    pk = models.CompositePrimaryKey("user_id", "number", "ends_at")
    user_id = models.IntegerField()
    number = models.IntegerField()
    ends_at = models.DateTimeField()
    by_user_id = models.IntegerField(null=True)
    entry_id = models.UUIDField()
    ended_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.user_id} {self.number}"


class RegisteredTerminal(models.Model):
    """One of a counter's seats, under a name that stands on its screens and in its statements."""

    id = models.UUIDField(primary_key=True)
    counter = models.CharField(max_length=40)
    name = models.CharField(max_length=40)
    by_user_id = models.IntegerField(null=True)
    entry_id = models.UUIDField()
    registered_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.id}"


class StandingTerminal(models.Model):
    """A terminal that is not revoked; goes with its revocation, so that its name can be given again."""

    pk = models.CompositePrimaryKey("counter", "name")
    counter = models.CharField(max_length=40)
    name = models.CharField(max_length=40)
    terminal_id = models.UUIDField(db_index=True)

    def __str__(self) -> str:
        return f"{self.terminal_id}"


class TerminalCode(models.Model):
    """A code with which a browser becomes the terminal's. The newest counts, and so does the browser it made."""

    pk = models.CompositePrimaryKey("terminal_id", "number")
    terminal_id = models.UUIDField()
    number = models.IntegerField()
    code_hash = models.BinaryField(max_length=32)
    expires_at = models.DateTimeField()
    by_user_id = models.IntegerField(null=True)
    entry_id = models.UUIDField()
    issued_at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=("code_hash",), name="terminal_by_code"),)

    def __str__(self) -> str:
        return f"{self.terminal_id} {self.number}"


class TerminalDevice(models.Model):
    """The browser that a code made the terminal's; the primary key lets a code make one."""

    pk = models.CompositePrimaryKey("terminal_id", "number")
    terminal_id = models.UUIDField()
    number = models.IntegerField()
    secret_hash = models.BinaryField(max_length=32)
    entry_id = models.UUIDField()
    claimed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.terminal_id} {self.number}"


class RevokedTerminal(models.Model):
    """A terminal that is no longer one, for good."""

    terminal_id = models.UUIDField(primary_key=True)
    by_user_id = models.IntegerField(null=True)
    entry_id = models.UUIDField()
    revoked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.terminal_id}"
