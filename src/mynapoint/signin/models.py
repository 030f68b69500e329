"""Tries at the door as keyed hashes, nothing of what was typed; and invitations."""

from django.db import models


class LoginTry(models.Model):
    """A try that failed, or whose end is not known yet; one that succeeds takes the name's tries with it."""

    pk = models.CompositePrimaryKey("name_hash", "id")
    name_hash = models.BinaryField(max_length=32)
    id = models.UUIDField()
    address_hash = models.BinaryField(max_length=32)
    tried_at = models.DateTimeField()

    class Meta:
        indexes = (
            models.Index(fields=("address_hash", "tried_at"), name="logintry_by_address"),
            models.Index(fields=("tried_at",), name="logintry_by_time"),
        )

    def __str__(self) -> str:
        return f"{self.id}"


class UsedCode(models.Model):
    """A code of an authenticator app that was taken; the primary key takes it once."""

    pk = models.CompositePrimaryKey("user_id", "code_hash")
    user_id = models.IntegerField()
    code_hash = models.BinaryField(max_length=32)
    used_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.user_id}"


class Invitation(models.Model):
    """A link with which a user chooses a password and a second factor; a user's newest counts."""

    id = models.UUIDField(primary_key=True)
    user_id = models.IntegerField()
    number = models.IntegerField()
    secret_hash = models.BinaryField(max_length=32)
    expires_at = models.DateTimeField()
    by_user_id = models.IntegerField(null=True)
    entry_id = models.UUIDField()
    issued_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("user_id", "number"), name="one_invitation_per_number"),)

    def __str__(self) -> str:
        return f"{self.id}"


class FollowedInvitation(models.Model):
    """An invitation whose user now has both factors; the primary key lets it be followed once."""

    invitation_id = models.UUIDField(primary_key=True)
    entry_id = models.UUIDField()
    followed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.invitation_id}"
