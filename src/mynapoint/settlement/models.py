"""Claims, approvals and transfers: facts, each inserted once; those about a claim are distributed by its service."""

from django.db import models


class Claim(models.Model):
    """What one accepted closing makes due; its number is the acceptance's: the primary key lets it be raised once."""

    pk = models.CompositePrimaryKey("service", "programme", "number")
    service = models.CharField(max_length=40)
    programme = models.CharField(max_length=40)
    number = models.IntegerField()
    period = models.CharField(max_length=7)
    total = models.BigIntegerField()
    claimed_before = models.BigIntegerField()
    amount = models.BigIntegerField()
    carried = models.BigIntegerField()
    entry_id = models.UUIDField()
    raised_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(total=models.F("claimed_before") + models.F("amount") + models.F("carried")),
                name="claims_add_up_to_total",
            ),
            models.CheckConstraint(
                condition=models.Q(amount__gte=0, carried=0) | models.Q(amount=0, carried__lte=0),
                name="claim_pays_or_carries",
            ),
        )

    def __str__(self) -> str:
        return f"{self.service} {self.programme} {self.number}"


class Approval(models.Model):
    """One of a claim's two approvals: the primary key allows two of them, the unique rule one for each person."""

    pk = models.CompositePrimaryKey("service", "programme", "number", "slot")
    service = models.CharField(max_length=40)
    programme = models.CharField(max_length=40)
    number = models.IntegerField()
    slot = models.SmallIntegerField()
    user_id = models.IntegerField()
    entry_id = models.UUIDField()
    approved_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("service", "programme", "number", "user_id"), name="one_approval_per_person"
            ),
            models.CheckConstraint(condition=models.Q(slot__in=(1, 2)), name="two_approvals_per_claim"),
        )

    def __str__(self) -> str:
        return f"{self.service} {self.programme} {self.number} {self.slot}"


class Transfer(models.Model):
    """A transfer file as it was made, byte for byte (distributed as reference)."""

    id = models.UUIDField(primary_key=True)
    programme = models.CharField(max_length=40)
    transfer_date = models.DateField()
    count = models.IntegerField()
    total = models.BigIntegerField()
    content = models.BinaryField()
    user_id = models.IntegerField()
    entry_id = models.UUIDField()
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.id)


class TransferredClaim(models.Model):
    """A claim that is in a transfer file: the primary key lets it be in one."""

    pk = models.CompositePrimaryKey("service", "programme", "number")
    service = models.CharField(max_length=40)
    programme = models.CharField(max_length=40)
    number = models.IntegerField()
    transfer_id = models.UUIDField()

    def __str__(self) -> str:
        return f"{self.service} {self.programme} {self.number}"
