"""Opening a draft for one of its pages: found by its link, not over, its programme and its service open."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Concatenate, Final, ParamSpec

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from cardagent.languages import Language
from mynapoint.act.queries import get_view
from mynapoint.act.rules import ActUnknown
from mynapoint.directory.queries import find_terms_since
from mynapoint.directory.rules import (
    ON_SITE,
    Channel,
    Service,
    ServiceClosed,
    ServiceNotOpen,
    ServiceNotThisWay,
    ServiceStartsInOwnApp,
    ServiceUnknown,
)
from mynapoint.draft.operations import get_act
from mynapoint.draft.queries import DraftView, get_draft
from mynapoint.draft.rules import DraftDone, DraftLink, UnableToDraft
from mynapoint.kernel.refusal import Refusal
from mynapoint.programme.queries import get_programme
from mynapoint.programme.rules import Programme, WindowClosed, WindowNotOpen, check_open
from mynapoint.site.journey.addresses import WAYS, name_parts
from mynapoint.site.journey.ways import find_open_service
from mynapoint.site.shell.limits import form_page, small_body
from mynapoint.site.shell.pages import go_to, show_refused
from mynapoint.site.shell.words import get_words

P = ParamSpec("P")
TERMS: Final = tuple(f"journey.terms.platform_{one}" for one in ("card", "held", "purchases"))
"""the programme's terms, a phrase each"""
UNAVAILABLE: Final = (ServiceUnknown, ServiceNotOpen, ServiceClosed, ServiceStartsInOwnApp, ServiceNotThisWay)
"""what stands against a service that was chosen before"""


@dataclass(frozen=True)
class Opened:
    """A draft with what its pages need around it; `service` is the one that was chosen, as long as it is open."""

    draft: DraftView
    programme: Programme
    service: Service | None
    closed: Refusal | None
    at: datetime

    @property
    def by_representative(self) -> bool:
        """Whether a child's legal representative acts."""
        return self.draft.answers.who == "representative"

    @property
    def terms_since(self) -> datetime | None:
        """Since when the service's terms have been what they are."""
        return find_terms_since(self.service, at=self.at) if self.service else None

    @property
    def terms(self) -> tuple[str, ...]:
        """The programme's terms, as names of phrases."""
        return TERMS

    @property
    def wording(self) -> str:
        """The name of how the programme's terms are worded now."""
        return name_terms(self.programme)

    @property
    def has_agreed_before(self) -> bool:
        """Whether the programme's terms, as they are worded now, were agreed to, perhaps earlier in the same case."""
        return self.draft.answers.agreed_programme == self.wording

    @property
    def has_other_terms(self) -> bool:
        """Whether the service's terms, or the programme's, are others by now than those that were agreed to."""
        return not self.has_agreed_before or self.draft.answers.agreed_terms != self.terms_since


def name_terms(programme: Programme) -> str:
    """This will name the programme's terms by their wording in every language, in 32 hexadecimal digits."""
    said = [programme.id, *(get_words(language).say(one) for language in Language for one in TERMS)]
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:32]


OpenedView = Callable[Concatenate[HttpRequest, Opened, P], HttpResponse]
DraftPage = Callable[..., HttpResponse]


def opening(view: OpenedView[P]) -> DraftPage:
    """Open the draft that an address names, and show what stands against going on with it instead of the page.

    A draft is nobody's but whose has its link, binds nobody and needs no cookie: there is no request to forge.
    """

    @csrf_exempt
    @never_cache
    @form_page
    @small_body
    @wraps(view)
    def opened(request: HttpRequest, /, way: str, draft: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        at = settings.CLOCK()
        try:
            found = get_draft(DraftLink.parse(draft), at=at)
        except UnableToDraft as refusal:
            return show_refused(request, "journey/over", refusal, at=at, way=way)
        if WAYS[found.kind] != way:
            raise Http404
        if found.is_done:
            return _show_done(request, found, at=at)
        programme = get_programme(found.programme_id, at=at)
        try:
            check_open(programme.reservation if found.kind == "reservation" else programme.application, at=at)
        except (WindowNotOpen, WindowClosed) as refusal:
            return show_refused(request, "journey/closed", refusal, at=at, way=way)
        return view(request, add_service(found, programme, at=at), *args, **kwargs)

    return opened


def add_service(draft: DraftView, programme: Programme, *, ways: tuple[Channel, ...] = ON_SITE, at: datetime) -> Opened:
    """This will open a draft of a programme with the service that was chosen, or with why it cannot be had."""
    service_id = draft.answers.service
    try:
        service = find_open_service(programme, service_id, ways=ways, at=at) if service_id else None
        return Opened(draft, programme, service, None, at)
    except UNAVAILABLE as closed:
        return Opened(draft, programme, None, closed, at)


def _show_done(request: HttpRequest, draft: DraftView, *, at: datetime) -> HttpResponse:
    """Lead to how the act ended; when its page is no longer shown, say so."""
    act = get_act(draft)
    try:
        if act is not None and get_view(act, at=at):
            return go_to(request, "act", token=act.token)
    except ActUnknown:
        pass
    return show_refused(request, "journey/over", DraftDone(), at=at, **name_parts(draft))
