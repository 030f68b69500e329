"""The citizen's own screen, in the terminal's second window: what is asked, what will be signed, what became of it.

Its address is the terminal's. Every form and every look names the case that it was made for, so that nothing of one
citizen's can reach the next one's case.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec
from urllib.parse import quote

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from cardagent.languages import Language
from mynapoint.application.rules import AccountAlreadyLinked, AccountClosed, AccountInUse, AccountNotConfirmed
from mynapoint.case.operations import continue_case, show_act
from mynapoint.case.rules import Seat, UnableAtCounter
from mynapoint.counter.case.links import find_seat
from mynapoint.counter.case.scene import Scene, Stage, find_scene
from mynapoint.directory.queries import list_service_names
from mynapoint.draft.rules import Step
from mynapoint.grace.rules import UnableByGrace
from mynapoint.kernel.refusal import Refusal
from mynapoint.site.journey.signing import get_link
from mynapoint.site.mine.holdings import describe_held
from mynapoint.site.shell.languages import NAMESPACES, read_language
from mynapoint.site.shell.limits import form_page, small_body
from mynapoint.site.shell.pages import get_served
from mynapoint.site.shell.refusals import explain

P = ParamSpec("P")
CASE: Final = "case"
FORGET: Final = '"cache", "storage"'
LOOK_AGAIN_SECONDS: Final = 3
ENDED_SECONDS: Final = 6
"""How long the end of a case is shown before the screen is ready for the next one."""
_FORMS: Final = frozenset({Stage.ANSWERING, Stage.CHECKING})
_OF_ACCOUNT: Final = frozenset(
    refusal.code for refusal in (AccountInUse, AccountNotConfirmed, AccountClosed, AccountAlreadyLinked)
)
"""What another account may mend."""


@dataclass(frozen=True, slots=True)
class Screen:
    """A terminal's second window, with the case that is open there."""

    seat: Seat
    token: str
    scene: Scene | None
    language: Language
    at: datetime

    def find_address(self, name: str = "display", **parts: str) -> str:
        """This will give one of the screen's addresses, in its language; within a case it names the case."""
        return find_address(name, self.token, self.language, **parts) + self.query

    @property
    def query(self) -> str:
        """The query that names the case."""
        return f"?{CASE}={self.scene.case.name.id}" if self.scene else ""


CaseView = Callable[Concatenate[HttpRequest, Screen, Scene, P], HttpResponse]
Page = Callable[..., HttpResponse]


def find_address(name: str, token: str, language: Language, **parts: str) -> str:
    """This will give one of a display's addresses in a language."""
    namespace = NAMESPACES[language].replace("site", "display")
    return reverse(f"{namespace}:{name}", kwargs={"token": token, **parts})


def on_display(view: Callable[Concatenate[HttpRequest, Screen, P], HttpResponse]) -> Page:
    """Open the terminal's screen that an address names. Who has it can answer and look; only the card can bind."""

    @csrf_exempt
    @never_cache
    @form_page
    @small_body
    @wraps(view)
    def opened(request: HttpRequest, /, token: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        at = settings.CLOCK()
        seat = find_seat(token, "display", at=at)
        if seat is None:
            raise Http404
        return view(request, Screen(seat, token, find_scene(seat, at=at), read_language(request), at), *args, **kwargs)

    return opened


def within_case(view: CaseView[P]) -> Page:
    """Let a page or a form through only while the case that it names is the open one; else lead to the first page."""

    @on_display
    @wraps(view)
    def within(request: HttpRequest, screen: Screen, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        named = (request.POST if request.method == "POST" else request.GET).get(CASE, "")
        scene = screen.scene
        if scene is None or named != str(scene.case.name.id):
            over = find_address("display", screen.token, screen.language)
            return HttpResponseRedirect(f"{over}?{CASE}={quote(named[:36])}")
        try:
            return view(request, screen, scene, *args, **kwargs)
        except (UnableAtCounter, UnableByGrace) as refusal:
            return show_refused(request, screen, refusal)

    return within


@on_display
def display(request: HttpRequest, screen: Screen) -> HttpResponse:
    """Show what there is to see now."""
    named, scene = request.GET.get(CASE), screen.scene
    if named and (scene is None or named != str(scene.case.name.id)):
        return _show_ended(request, screen)
    if scene is None:
        return _look_again(show(request, screen, "idle"), screen)
    if scene.stage in _FORMS:
        return _lead_to_answers(screen, scene)
    pages: dict[Stage, Callable[[HttpRequest, Screen, Scene], HttpResponse]] = {
        Stage.SIGNING: _show_act,
        Stage.DONE: _show_done,
        Stage.REFUSED: _show_act_refused,
    }
    if scene.stage in pages:
        return pages[scene.stage](request, screen, scene)
    return _look_again(show(request, screen, str(scene.stage)), screen)


@on_display
def state(_request: HttpRequest, screen: Screen) -> HttpResponse:
    """Answer the page's script whether there is something else to see, and whether the case is about to end."""
    scene = screen.scene
    return JsonResponse({"mark": scene.mark if scene else "", "is_warned": bool(scene and scene.is_warned)})


@within_case
def go_on(request: HttpRequest, screen: Screen, scene: Scene) -> HttpResponse:
    """続ける: the citizen is still there."""
    if request.method == "POST":
        continue_case(scene.turn, at=screen.at)
    return HttpResponseRedirect(screen.find_address())


def show(request: HttpRequest, screen: Screen, page: str, *, status: int = 200, **context: Any) -> HttpResponse:
    """This will show one of the screen's pages."""
    around = {
        "screen": screen,
        "scene": screen.scene,
        "programme": get_served(at=screen.at),
        "here": screen.find_address(),
        "continue": screen.find_address("continue"),
        "state": find_address("state", screen.token, screen.language),
        "tongues": [(one, find_address("display", screen.token, one) + screen.query) for one in Language],
    }
    template = page if page.endswith(".html") else f"counter/display/{page}.html"
    return render(request, template, {**around, **context}, status=status)


def show_refused(request: HttpRequest, screen: Screen, refusal: Refusal) -> HttpResponse:
    """This will say on the screen why something was not done."""
    sentence = explain(
        refusal.code, refusal.data(), names=list_service_names(at=screen.at), language=read_language(request)
    )
    return _look_again(show(request, screen, "stopped", status=sentence.status, sentence=sentence), screen)


def _lead_to_answers(screen: Screen, scene: Scene) -> HttpResponse:
    step = scene.draft.next_step if scene.draft else None
    page = screen.find_address("step", step=step.value) if step else screen.find_address("check")
    return HttpResponseRedirect(page)


def _show_act(request: HttpRequest, screen: Screen, scene: Scene) -> HttpResponse:
    """Show what will be signed; from now on it can be."""
    assert scene.link is not None
    try:
        show_act(scene.turn, scene.link.id, at=screen.at)
    except UnableAtCounter as refusal:
        return show_refused(request, screen, refusal)
    link = get_link(scene.link.token)
    program = f"{settings.CARD_PROGRAM}/{screen.language}/sign?link={quote(link, safe='')}"
    return _look_again(show(request, screen, "signing", act=scene.act, program=program), screen)


def _show_done(request: HttpRequest, screen: Screen, scene: Scene) -> HttpResponse:
    assert scene.act is not None
    held = describe_held(scene.act, language=screen.language, at=screen.at)
    return _look_again(show(request, screen, "done", act=scene.act, **held), screen)


def _show_act_refused(request: HttpRequest, screen: Screen, scene: Scene) -> HttpResponse:
    assert scene.act is not None
    assert scene.act.answer is not None
    answer = scene.act.answer
    sentence = explain(
        answer.code, answer.data, names=list_service_names(at=screen.at), language=read_language(request)
    )
    account = screen.find_address("step", step=Step.ACCOUNT.value) if answer.code in _OF_ACCOUNT else None
    shown = show(request, screen, "refused", act=scene.act, sentence=sentence, change_account=account)
    return _look_again(shown, screen)


def _show_ended(request: HttpRequest, screen: Screen) -> HttpResponse:
    """Say that the case is over, have the browser forget it, and be ready for the next one, in Japanese."""
    ended = replace(screen, scene=None)
    shown = show(request, ended, "ended")
    shown["Refresh"] = f"{ENDED_SECONDS}; url={find_address('display', screen.token, Language.JAPANESE)}"
    shown["Clear-Site-Data"] = FORGET
    return shown


def _look_again(answer: HttpResponse, screen: Screen) -> HttpResponse:
    answer["Refresh"] = f"{LOOK_AGAIN_SECONDS}; url={screen.find_address()}"
    return answer
