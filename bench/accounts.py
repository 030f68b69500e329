"""Accounts of a reference service, opened in bulk: `python -m bench.accounts CONFIG COUNT` prints each id and code."""

import json
import os
import sys
from pathlib import Path

import django


def open_accounts(count: int) -> list[tuple[str, str]]:
    """Write the rows that so many openings would leave, in one transaction; return each id with its code."""
    # Models exist only once Django is set up.
    from django.db import transaction  # noqa: PLC0415
    from uuid_utils.compat import uuid7  # noqa: PLC0415

    from paymentservice.reference.accounts import hash_of_codes  # noqa: PLC0415
    from paymentservice.reference.configured import get_config  # noqa: PLC0415
    from paymentservice.reference.models import Account, Instrument  # noqa: PLC0415

    config = get_config()
    start, at = Instrument.objects.count(), config.clock()
    issued = [(f"{number:010}", f"{number % 10**6:06}") for number in range(start, start + count)]
    owners = [Account(id=uuid7(), wallet_key=account, opened_at=at) for account, _ in issued]
    instruments = [
        Instrument(
            account_id=account,
            owner=owner,
            codes_hash=hash_of_codes(account, [code], code_key=config.code_key),
            opened_at=at,
        )
        for (account, code), owner in zip(issued, owners, strict=True)
    ]
    with transaction.atomic():
        Account.objects.bulk_create(owners, batch_size=500)
        Instrument.objects.bulk_create(instruments, batch_size=500)
    return issued


def main() -> None:
    """Open the accounts and print them as JSON."""
    os.environ["PAYMENTSERVICE_CONFIG"] = str(Path(sys.argv[1]).resolve())
    os.environ["DJANGO_SETTINGS_MODULE"] = "paymentservice.reference.settings"
    django.setup()
    from paymentservice.reference.configured import get_config  # noqa: PLC0415
    from paymentservice.reference.database import prepare_database  # noqa: PLC0415

    prepare_database(get_config().service.database)
    print(json.dumps(open_accounts(int(sys.argv[2]))))


if __name__ == "__main__":
    main()
