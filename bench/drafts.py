"""Drafts of people who have come as far as the account: `python -m bench.drafts COUNT` prints each one's token."""

import json
import os
import secrets
import sys
from datetime import timedelta

import django

from bench.stage import AT, PROGRAMME, SERVICE


def begin_drafts(count: int) -> list[str]:
    """Write the rows that so many people leave once they have answered all before the account, in one transaction."""
    # Models exist only once Django is set up.
    from uuid_utils.compat import uuid7  # noqa: PLC0415

    from mynapoint.directory.queries import find_terms_since, get_service  # noqa: PLC0415
    from mynapoint.draft.models import Draft  # noqa: PLC0415
    from mynapoint.draft.rules import DraftLink  # noqa: PLC0415
    from mynapoint.kernel.secret_link import SECRET_BYTES  # noqa: PLC0415
    from mynapoint.programme.queries import get_programme  # noqa: PLC0415
    from mynapoint.site.journey.opening import name_terms  # noqa: PLC0415

    links = [DraftLink(id=uuid7(), secret=secrets.token_bytes(SECRET_BYTES)) for _ in range(count)]
    answered = {
        "who": "myself",
        **dict.fromkeys(("service", "prepared_for", "agreed_for", "understood_for"), SERVICE),
        "agreed_terms": find_terms_since(get_service(SERVICE, at=AT), at=AT),
        "agreed_programme": name_terms(get_programme(PROGRAMME, at=AT)),
    }
    Draft.objects.bulk_create(
        [
            Draft(
                id=link.id,
                secret_hash=link.hash_secret(),
                kind="application",
                programme=PROGRAMME,
                begun_at=AT,
                expires_at=AT + timedelta(days=14),
                **answered,
            )
            for link in links
        ],
        batch_size=500,
    )
    return [link.token for link in links]


def main() -> None:
    """Begin the drafts and print their tokens as JSON."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "mynapoint.settings"
    django.setup()
    print(json.dumps(begin_drafts(int(sys.argv[1]))))


if __name__ == "__main__":
    main()
