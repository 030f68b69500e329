"""Which services gave no answer lately: noted once a minute and service, so that people can be told beforehand."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Max

from mynapoint.service_api.models import NoticedSilence

LATELY: Final = timedelta(minutes=10)
"""how long after a silence people are told of it"""
KEPT: Final = timedelta(days=1)


def note(service_id: str, *, at: datetime) -> None:
    """Take note that a service gave no answer to rely on."""
    minute = at.replace(second=0, microsecond=0)
    NoticedSilence.objects.bulk_create([NoticedSilence(service=service_id, noticed_at=minute)], ignore_conflicts=True)


def list_silent(*, at: datetime) -> Mapping[str, datetime]:
    """Return the services that gave no answer lately, with the last minute in which that was noticed."""
    lately = NoticedSilence.objects.filter(noticed_at__gt=at - LATELY)
    return dict(lately.values_list("service").annotate(Max("noticed_at")).order_by("service"))


def forget_old(*, at: datetime) -> int:
    """Forget the silences of another day; return how many."""
    forgotten, _ = NoticedSilence.objects.filter(noticed_at__lt=at - KEPT).delete()
    return forgotten
