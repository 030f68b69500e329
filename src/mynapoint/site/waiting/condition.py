"""How the site is doing, for everybody to see: beginning, services, links, journal, maintenance, database."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from mynapoint.directory.queries import list_service_names
from mynapoint.entrance.queries import Line, get_line
from mynapoint.journal.queries import get_checkpoint
from mynapoint.journal.rules import Checkpoint
from mynapoint.kernel.connection import Unreached, is_database_away
from mynapoint.service_api.queue import Queue, get_queue
from mynapoint.service_api.silences import list_silent
from mynapoint.site.shell.machine import RETRY_SECONDS, UNAVAILABLE
from mynapoint.site.shell.pages import show


@dataclass(frozen=True)
class Condition:
    """Everything that may keep a citizen from going on."""

    line: Line
    silent: Mapping[str, datetime]
    queue: Queue
    checkpoint: Checkpoint | None

    @property
    def is_good(self) -> bool:
        """Tell whether nothing keeps anybody from going on at once."""
        return not self.line.admission.is_waiting_room_open and not self.silent and not self.queue.tried


def get_condition(*, at: datetime) -> Condition:
    """This will ask everything."""
    names = list_service_names(at=at)
    return Condition(
        line=get_line(at=at),
        silent={names.get(service, service): noticed for service, noticed in list_silent(at=at).items()},
        queue=get_queue(),
        checkpoint=get_checkpoint(),
    )


@never_cache
@require_safe
def condition(request: HttpRequest) -> HttpResponse:
    """Show how the site is doing; also without its database."""
    at = settings.CLOCK()
    try:
        return show(request, "waiting/condition", at=at, condition=get_condition(at=at))
    except Unreached as error:
        if not is_database_away(error):
            raise
    answer = render(request, "site/waiting/condition.html", {"condition": None}, status=UNAVAILABLE)
    answer.headers["Retry-After"] = str(RETRY_SECONDS)
    return answer
