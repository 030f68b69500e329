"""Who gave no answer lately, services or the registry: noted once a minute, so that people can be told beforehand."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Max

from mynapoint.service_api.models import NoticedSilence

LATELY: Final = timedelta(minutes=10)
"""how long after a silence people are told of it"""
KEPT: Final = timedelta(days=1)
REGISTRY: Final = "."
"""stands where others name a service; no service has this name"""


def note(service_id: str, *, at: datetime) -> None:
    """Take note that a service gave no answer to rely on."""
    minute = at.replace(second=0, microsecond=0)
    NoticedSilence.objects.bulk_create([NoticedSilence(service=service_id, noticed_at=minute)], ignore_conflicts=True)


def list_silent(*, at: datetime) -> Mapping[str, datetime]:
    """Return the services that gave no answer lately, with the last minute in which that was noticed."""
    lately = NoticedSilence.objects.filter(noticed_at__gt=at - LATELY).exclude(service=REGISTRY)
    return dict(lately.values_list("service").annotate(Max("noticed_at")).order_by("service"))


def find_registry_silence(*, at: datetime) -> datetime | None:
    """Return the last minute lately in which an act was put off because the registry could not be asked."""
    lately = NoticedSilence.objects.filter(service=REGISTRY, noticed_at__gt=at - LATELY)
    return lately.order_by("-noticed_at").values_list("noticed_at", flat=True).first()


def forget_old(*, at: datetime) -> int:
    """Forget the silences of another day; return how many."""
    forgotten, _ = NoticedSilence.objects.filter(noticed_at__lt=at - KEPT).delete()
    return forgotten
