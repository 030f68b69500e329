"""The facts a reference service keeps: accounts, links, the two ledgers, sealed closings. No holder, no card."""

from typing import ClassVar

from django.db import models
from django.db.models import Q


class Account(models.Model):
    """A customer's account; its instruments may change. ``wallet_key`` opens its sample wallet page."""

    id = models.UUIDField(primary_key=True)
    wallet_key = models.CharField(max_length=43, unique=True)
    opened_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.id)


class Instrument(models.Model):
    """A card or wallet number with its security codes, stored as one keyed hash."""

    account_id = models.CharField(primary_key=True, max_length=20)
    owner = models.ForeignKey(Account, on_delete=models.PROTECT)
    codes_hash = models.BinaryField()
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["owner"], condition=Q(closed_at__isnull=True), name="one_open_instrument_per_account"
            )
        ]

    def __str__(self) -> str:
        return f"…{self.account_id[-4:]}"


class WrongTry(models.Model):
    """A failed account check; the id that was tried is kept only as a keyed hash, known or not."""

    id = models.UUIDField(primary_key=True)
    account_hash = models.BinaryField()
    tried_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["account_hash", "tried_at"], name="wrong_tries_of_account")]

    def __str__(self) -> str:
        return str(self.id)


class AccountCheck(models.Model):
    """A confirmed account check, under the hash of the reference that the platform was given."""

    reference_hash = models.BinaryField(primary_key=True)
    owner = models.ForeignKey(Account, on_delete=models.PROTECT)
    programme = models.CharField(max_length=64)
    checked_at = models.DateTimeField()

    def __str__(self) -> str:
        return bytes(self.reference_hash).hex()[:8]


class Link(models.Model):
    """A link token of the platform that stands for an account in one programme, and how it stands by which order."""

    class Standing(models.TextChoices):
        """Whether a link earns: a held one waits, a stopped one is over and has nothing."""

        LINKED = "linked", "ポイントの対象"
        HELD = "held", "確認のため一時停止中"
        STOPPED = "stopped", "終了"

    link_token = models.BinaryField(primary_key=True)
    owner = models.ForeignKey(Account, on_delete=models.PROTECT)
    programme = models.CharField(max_length=64)
    reference_hash = models.BinaryField()
    linked_at = models.DateTimeField()
    standing = models.CharField(max_length=7, choices=Standing, db_default=Standing.LINKED)
    order_number = models.IntegerField(db_default=0)
    stands_since = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["programme", "owner"],
                condition=~Q(standing="stopped"),
                name="one_link_per_programme_and_account",
            )
        ]

    def __str__(self) -> str:
        return bytes(self.link_token).hex()[:8]


class SeenNonce(models.Model):
    """A nonce that a key has used."""

    pk = models.CompositePrimaryKey("keyid", "nonce")
    keyid = models.CharField(max_length=64)
    nonce = models.CharField(max_length=22)
    seen_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.keyid} {self.nonce}"


class MoneyEntry(models.Model):
    """A line of the money ledger (yen); append-only. A reversal has a negative amount and names its entry."""

    class Kind(models.TextChoices):
        """What moved."""

        CHARGE = "charge", "チャージ"
        PURCHASE = "purchase", "お買い物"

    id = models.UUIDField(primary_key=True)
    owner = models.ForeignKey(Account, on_delete=models.PROTECT)
    kind = models.CharField(max_length=8, choices=Kind)
    amount = models.BigIntegerField()
    shop = models.CharField(max_length=64, blank=True)
    entered_at = models.DateTimeField()
    order_key = models.CharField(max_length=64)
    reverses = models.OneToOneField("self", null=True, on_delete=models.PROTECT)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["owner", "order_key"], name="one_money_entry_per_order"),
            models.CheckConstraint(
                condition=Q(amount__gt=0, reverses__isnull=True) | Q(amount__lt=0, reverses__isnull=False),
                name="only_reversals_are_negative",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class PointEntry(models.Model):
    """A line of the points ledger; append-only. Bonuses are the service's own and reach no closing."""

    class Kind(models.TextChoices):
        """Why points came or went."""

        GRANT = "grant", "マイナポイント分"
        BONUS = "bonus", "当社の上乗せ分"
        SPEND = "spend", "ポイントのご利用"

    id = models.UUIDField(primary_key=True)
    owner = models.ForeignKey(Account, on_delete=models.PROTECT)
    kind = models.CharField(max_length=5, choices=Kind)
    points = models.BigIntegerField()
    programme = models.CharField(max_length=64, blank=True)
    shop = models.CharField(max_length=64, blank=True)
    entered_at = models.DateTimeField()
    order_key = models.CharField(max_length=64, null=True)  # noqa: DJ001  # grants follow no order

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["owner", "order_key"], name="one_point_entry_per_order"),
            models.CheckConstraint(condition=~Q(kind="spend") | Q(points__lt=0), name="spending_takes_points"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class StatementRun(models.Model):
    """A month whose statement was completed for a programme: its points are granted."""

    pk = models.CompositePrimaryKey("programme", "month")
    programme = models.CharField(max_length=64)
    month = models.CharField(max_length=7)
    covers_until = models.DateTimeField()
    completed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.programme} {self.month}"


class Closing(models.Model):
    """A sealed closing: what was committed to; a reopened one's next attempt takes its place."""

    pk = models.CompositePrimaryKey("programme", "period")
    programme = models.CharField(max_length=64)
    period = models.CharField(max_length=64)
    attempt = models.IntegerField(db_default=1)
    roll_digest = models.BinaryField()
    count = models.BigIntegerField()
    total = models.BigIntegerField()
    root = models.BinaryField()
    sealed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.programme} {self.period}"


class ClosingRow(models.Model):
    """One row of a sealed closing."""

    pk = models.CompositePrimaryKey("programme", "period", "index")
    programme = models.CharField(max_length=64)
    period = models.CharField(max_length=64)
    index = models.BigIntegerField()
    link_token = models.BinaryField()
    points = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.programme} {self.period} {self.index}"
