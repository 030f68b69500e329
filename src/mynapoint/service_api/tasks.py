"""Jobs: links that wait for their service, the journal's sequencing, and what has to be looked after regularly.

Every job may run twice, or again from the start after a crash, and changes nothing the second time. No job orders
another one: in a worker, orders are not part of Django's transaction.
"""

from typing import Final
from uuid import UUID

import structlog
from django.conf import settings
from procrastinate.contrib.django import app
from procrastinate.job_context import JobContext
from procrastinate.jobs import Job
from procrastinate.retry import BaseRetryStrategy, RetryDecision

from mynapoint.act.operations import forget
from mynapoint.application.operations import link
from mynapoint.booking import operations as bookings
from mynapoint.case.operations import end_lapsed, forget_slips
from mynapoint.correction.operations import follow, tell_service
from mynapoint.draft import operations as drafts
from mynapoint.entrance import operations as entrance
from mynapoint.grace.operations import forget_shown
from mynapoint.journal.operations import sequence
from mynapoint.journal.rules import JournalDamaged
from mynapoint.service_api import nonces, silences
from mynapoint.service_api.door import get_door
from mynapoint.settlement.operations import raise_missing_claims

log = structlog.get_logger(__name__)

LINKS: Final = "links"
UPKEEP: Final = "upkeep"
LONGEST_PAUSE: Final = 60
"""seconds between two tries of a job"""
DEAD_AFTER: Final = 5.0
"""seconds without a sign of life after which a worker's jobs are given to others"""


class UntilDone(BaseRetryStrategy):
    """Tries again for ever, after 1, 2, 4 … seconds of real time and at most a minute."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision:
        """Return when to try again, whatever happened: an order that is committed must be carried out."""
        return RetryDecision(retry_in={"seconds": pause_after(job.attempts)})


def pause_after(attempts: int) -> int:
    """Return the seconds to wait after this many earlier tries."""
    return int(min(2 ** min(attempts, 16), LONGEST_PAUSE))


@app.task(name="link_application", queue=LINKS, retry=UntilDone())
def link_application(*, holder_id: str, application_id: str) -> None:
    """Have the service link an application's account; the order is part of the application's own transaction."""
    link(UUID(holder_id), UUID(application_id), door=get_door(), at=settings.CLOCK())


@app.task(name="tell_correction", queue=LINKS, retry=UntilDone())
def tell_correction(*, correction_id: str) -> None:
    """Tell a service to hold, resume or stop a link; the order is part of the correction's own step."""
    tell_service(UUID(correction_id), door=get_door(), at=settings.CLOCK())


@app.periodic(cron="* * * * *")
@app.task(name="follow_corrections", queue=UPKEEP, queueing_lock="follow_corrections")
def follow_corrections(timestamp: int) -> None:
    """End the corrections that have come to their end, and remind of those whose next step is late."""
    late = follow(at=settings.CLOCK())
    if late:
        log.warning("corrections_late", count=late)


@app.periodic(cron="* * * * * */5")
@app.task(name="sequence_journal", queue=UPKEEP, queueing_lock="sequence_journal")
def sequence_journal(timestamp: int) -> None:
    """Append new entries to the journal's tree and sign a checkpoint."""
    try:
        while sequence(at=settings.CLOCK()):
            pass
    except JournalDamaged as damaged:
        log.error("journal_damaged", kind=damaged.finding.table, reason=damaged.finding.problem)
        raise


@app.periodic(cron="* * * * *")
@app.task(name="raise_claims", queue=UPKEEP, queueing_lock="raise_claims")
def raise_claims(timestamp: int) -> None:
    """Raise the claims that a crash left between a verdict and its claim."""
    raise_missing_claims(at=settings.CLOCK())


@app.periodic(cron="* * * * *")
@app.task(name="forget_acts", queue=UPKEEP, queueing_lock="forget_acts")
def forget_acts(timestamp: int) -> None:
    """Delete the acts whose page is no longer shown."""
    while forget(at=settings.CLOCK()):
        pass


@app.periodic(cron="* * * * *")
@app.task(name="forget_drafts", queue=UPKEEP, queueing_lock="forget_drafts")
def forget_drafts(timestamp: int) -> None:
    """Delete the drafts whose time is over."""
    while drafts.forget(at=settings.CLOCK()):
        pass


@app.periodic(cron="17 * * * *")
@app.task(name="forget_visits", queue=UPKEEP, queueing_lock="forget_visits")
def forget_visits(timestamp: int) -> None:
    """Delete bookings whose slot is long over, and which ticket was shown in which case."""
    while bookings.forget(at=settings.CLOCK()):
        pass
    forget_shown(at=settings.CLOCK())


@app.periodic(cron="* * * * * */15")
@app.task(name="end_lapsed_cases", queue=UPKEEP, queueing_lock="end_lapsed_cases")
def end_lapsed_cases(timestamp: int) -> None:
    """Forget the keys of cases that time has ended, what was answered in cases, and the slips that are too old."""
    end_lapsed(at=settings.CLOCK())
    drafts.forget_in_ended_cases(at=settings.CLOCK())
    forget_slips(at=settings.CLOCK())


@app.periodic(cron="* * * * *")
@app.task(name="forget_nonces", queue=UPKEEP, queueing_lock="forget_nonces")
def forget_nonces(timestamp: int) -> None:
    """Forget the nonces that can no longer be replayed."""
    nonces.forget_old(at=settings.CLOCK())


@app.periodic(cron="* * * * *")
@app.task(name="forget_tickets", queue=UPKEEP, queueing_lock="forget_tickets")
def forget_tickets(timestamp: int) -> None:
    """Forget the tickets that could not be used again anyway, and which services were silent the day before."""
    while entrance.forget_tickets(at=settings.CLOCK()):
        pass
    silences.forget_old(at=settings.CLOCK())


@app.periodic(cron="* * * * * */5")
@app.task(name="revive_jobs", queue=UPKEEP, queueing_lock="revive_jobs", pass_context=True)
async def revive_jobs(context: JobContext, timestamp: int) -> None:
    """Give the jobs of dead workers to others."""
    jobs = context.app.job_manager
    for job in await jobs.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER):
        await jobs.retry_job(job)
        log.warning("job_revived", task=job.task_name, attempts=job.attempts)
