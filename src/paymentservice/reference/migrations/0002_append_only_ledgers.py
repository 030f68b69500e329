"""The ledgers are append-only, whoever writes: the database itself refuses to change or remove a line."""

from django.db import migrations

LEDGERS = ["reference_moneyentry", "reference_pointentry"]


def _trigger(ledger: str, change: str) -> migrations.RunSQL:
    name = f"{ledger}_never_{change.lower()}"
    return migrations.RunSQL(
        f"CREATE TRIGGER {name} BEFORE {change} ON {ledger} BEGIN SELECT RAISE(ABORT, '{ledger} is append-only'); END",
        f"DROP TRIGGER {name}",
    )


class Migration(migrations.Migration):
    dependencies = [("reference", "0001_initial")]
    operations = [_trigger(ledger, change) for ledger in LEDGERS for change in ("UPDATE", "DELETE")]
