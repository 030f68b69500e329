"""Applications, the two rules of one, and the steps of each link: facts, each inserted once."""

from django.db import models


class Application(models.Model):
    """A signed choice of one service for one account."""

    pk = models.CompositePrimaryKey("holder_id", "id")
    holder_id = models.UUIDField()
    id = models.UUIDField()
    programme = models.CharField(max_length=40)
    service = models.CharField(max_length=40)
    account_hash = models.BinaryField()
    account_hint = models.CharField(max_length=40)
    account_reference = models.CharField(max_length=64)
    certificate_hash = models.BinaryField()
    link_token = models.BinaryField()
    act_id = models.UUIDField()
    applied_at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=("programme", "service"), name="application_by_service"),)

    def __str__(self) -> str:
        return str(self.id)


class StandingChoice(models.Model):
    """One person, one service: the primary key holds it; a refusal or a stop frees it."""

    pk = models.CompositePrimaryKey("holder_id", "programme")
    holder_id = models.UUIDField()
    programme = models.CharField(max_length=40)
    application_id = models.UUIDField()

    def __str__(self) -> str:
        return f"{self.holder_id} {self.programme}"


class AccountInService(models.Model):
    """One account, one person: a table of its own, distributed by the account's hash."""

    pk = models.CompositePrimaryKey("account_hash", "programme", "service")
    account_hash = models.BinaryField()
    programme = models.CharField(max_length=40)
    service = models.CharField(max_length=40)
    holder_id = models.UUIDField()

    def __str__(self) -> str:
        return bytes(self.account_hash).hex()


class LinkStep(models.Model):
    """A state that an application's link has reached."""

    pk = models.CompositePrimaryKey("holder_id", "application_id", "state")
    holder_id = models.UUIDField()
    application_id = models.UUIDField()
    state = models.CharField(max_length=10)
    reason = models.CharField(max_length=40, blank=True)
    reached_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("holder_id", "application_id"),
                condition=models.Q(state__in=("linked", "refused")),
                name="one_answer_per_application",
            ),
        )

    def __str__(self) -> str:
        return f"{self.application_id} {self.state}"


class SecondChoice(models.Model):
    """A holder's leave to choose again after an undone application, for a time, also when the window is closed."""

    pk = models.CompositePrimaryKey("holder_id", "application_id")
    holder_id = models.UUIDField()
    application_id = models.UUIDField()
    programme = models.CharField(max_length=40)
    until = models.DateTimeField()
    given_at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=("programme", "until"), name="second_choice_by_end"),)

    def __str__(self) -> str:
        return f"{self.holder_id} {self.application_id}"


class Objection(models.Model):
    """A holder's word that something held about them is not so, for one reason; it waits for the office."""

    pk = models.CompositePrimaryKey("holder_id", "programme", "reason")
    holder_id = models.UUIDField()
    programme = models.CharField(max_length=40)
    reason = models.CharField(max_length=20)
    act_id = models.UUIDField()
    reported_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.holder_id} {self.programme} {self.reason}"
