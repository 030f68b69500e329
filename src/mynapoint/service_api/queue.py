"""How the jobs are doing: those that wait, and how many of them have been tried in vain."""

from dataclasses import dataclass

from django.db.models import Count, Q
from procrastinate.contrib.django.models import ProcrastinateJob

from mynapoint.service_api.tasks import LINKS


@dataclass(frozen=True)
class Queue:
    """Links that wait for their service, and how many of them have been tried already."""

    waiting: int
    tried: int


def get_queue() -> Queue:
    """Return how many links wait to be made."""
    open_jobs = ProcrastinateJob.objects.filter(queue_name=LINKS, status__in=("todo", "doing"))
    counts = open_jobs.aggregate(waiting=Count("id"), tried=Count("id", filter=Q(attempts__gt=0)))
    return Queue(waiting=counts["waiting"], tried=counts["tried"])
