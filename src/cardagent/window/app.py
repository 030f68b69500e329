"""The window as a WSGI application: addresses, forms and pages."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from cardagent.languages import Language, get_phrases
from cardagent.sentences import STOPS, find_sentence
from cardagent.window.desk import Desk, DeskBusy
from cardagent.window.guard import MAX_BODY, ForgedRequest, check_request, dress
from cardagent.window.visits import StaleForm, Visit, VisitOver
from cardagent.words import put_into_words

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_SEE_OTHER: Final = 303
_LEFT_ALONE_SECONDS: Final = 2
"""So long after it was shown a page at a counter begins to wait for its act's end."""
_READ_SECONDS: Final = 10
"""For so long a page at a counter tells what became of its act, which the citizen's screen tells as well."""
_LANGUAGES: Final = "any(" + ",".join(Language) + ")"
_ROUTES: Final = Map(
    [
        Rule("/", endpoint="start"),
        Rule("/sign", endpoint="receive"),
        Rule(f"/<{_LANGUAGES}:language>/sign", endpoint="receive"),
        Rule("/static/card.css", endpoint="style"),
        Rule(f"/<{_LANGUAGES}:language>/", endpoint="home"),
        Rule(f"/<{_LANGUAGES}:language>/visits/<visit_id>", endpoint="visit"),
        Rule(f"/<{_LANGUAGES}:language>/visits/<visit_id>/end", endpoint="end"),
    ],
    strict_slashes=False,
)
_PAGES: Final = Environment(
    loader=PackageLoader("cardagent.window"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
# What the window itself has to say, beside the stops of signing.
_OWN_STOPS: Final[Mapping[type[Exception], str]] = {
    VisitOver: "visit_over",
    StaleForm: "stale_form",
    ForgedRequest: "forged_request",
}


class _SmallRequest(Request):
    max_content_length = MAX_BODY
    max_form_memory_size = MAX_BODY
    max_form_parts = 8


@dataclass(frozen=True, kw_only=True)
class Window:
    """The pages at one origin, over one desk."""

    origin: str
    desk: Desk

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """This will answer one request (PEP 3333)."""
        request = _SmallRequest(environ)
        return self._answer(request)(environ, start_response)

    def _answer(self, request: Request) -> Response:
        language = _choose_language(request)
        try:
            check_request(request, origin=self.origin)
            endpoint, values = _ROUTES.bind_to_environ(request.environ).match()
            view: Callable[..., Response] = getattr(self, f"_{endpoint}")
            return view(request, **values)
        except ForgedRequest as forged:
            return self._stop(language, "forged_request", status=forged.status)
        except VisitOver:
            return self._stop(language, "visit_over", status=404)
        except DeskBusy:
            return self._stop(language, "desk_busy", status=503)
        except HTTPException as refused:
            return self._stop(language, "no_such_page", status=refused.code or 400)

    def _stop(self, language: Language, name: str, *, status: int) -> Response:
        sentence = _say_stop(name, language)
        return _page("stop", language, status=status, sentence=sentence, is_demo=self.desk.cards.is_virtual)

    def _start(self, request: Request) -> Response:
        return _go_to(f"/{_choose_language(request)}/")

    def _style(self, _request: Request) -> Response:
        css = resources.files("cardagent.window").joinpath("static", "card.css").read_bytes()
        return dress(Response(css, content_type="text/css; charset=utf-8"))

    def _home(self, _request: Request, *, language: str) -> Response:
        return _page("home", Language(language), here="/", sites=self.desk.sites, is_demo=self.desk.cards.is_virtual)

    def _receive(self, request: Request, **_named: str) -> Response:
        """This will take the link with which the site sent the person here, in the language that the address names."""
        language = _choose_language(request)
        try:
            visit = self.desk.open_visit(request.args.get("link", ""), language=language)
        except STOPS as stop:
            sentence = find_sentence(stop, language=language)
            return _page("stop", language, status=400, sentence=sentence, is_demo=self.desk.cards.is_virtual)
        return _go_to(f"/{language}/visits/{visit.id}")

    def _visit(self, request: Request, *, language: str, visit_id: str) -> Response:
        visit = self.desk.visits.find(visit_id)
        if request.method == "POST":
            with visit.lock:
                return self._take_form(request, visit, language=Language(language))
        return self._show(visit, Language(language))

    def _end(self, request: Request, *, visit_id: str, **_named: str) -> Response:
        """This will keep the browser waiting until a visit's act is over or too many wait, and lead back.

        A page whose successor (Refresh) has not answered yet stays as it is and can be typed in: no script is needed.
        A visit whose act has ended elsewhere is forgotten; one that was signed here tells what became of it.
        """
        visit = self.desk.visits.find(visit_id)
        is_gone: Callable[[], bool] = request.environ["waitress.client_disconnected"]
        if self.desk.wait_for_end(visit, is_gone=is_gone):
            with visit.lock:
                if not visit.is_over:
                    self.desk.visits.close(visit)
        return _go_to(visit.act.link.get_address())

    def _take_form(self, request: Request, visit: Visit, *, language: Language) -> Response:
        """This will do what one form asks for, once, and lead to a page that can be looked at again."""
        self.desk.note_press()
        back = f"/{language}/visits/{visit.id}"
        if not visit.is_over:
            try:
                visit.use_form(request.form.get("token", ""))
            except StaleForm as stale:
                visit.stop = stale
                return _go_to(back)
            if request.form.get("do") == "cancel":
                self.desk.visits.close(visit)
                return _go_to(visit.act.link.get_address())
            self._do(request, visit, language=language)
        return _go_to(back if visit.answer is None else visit.act.link.get_address())

    def _do(self, request: Request, visit: Visit, *, language: Language) -> None:
        form = request.form
        visit.stop = None
        if "place" in form:
            visit.take_digits()
            visit.place_id, visit.seen = form["place"] or None, None
        elif "key" in form:
            visit.press(form["key"], typed=form.get("pin", ""))
        else:
            self.desk.sign(visit, typed=form.get("pin", ""), language=language)

    def _show(self, visit: Visit, language: Language) -> Response:
        back = visit.act.link.get_address()
        if not visit.is_over:
            if self.desk.is_ended_elsewhere(visit):
                self.desk.visits.close(visit)
                return _go_to(back)
            self.desk.check_in_time(visit)
        common: dict[str, Any] = {
            "here": f"/visits/{visit.id}",
            "visit": visit,
            "back": back,
            "sentence": None if visit.stop is None else _find_sentence(visit.stop, language),
            "form_target": visit.site.origin,
            "is_demo": self.desk.cards.is_virtual,
        }
        if visit.is_over:
            return _lead_on(_page("over", language, **common), visit, back, after=_READ_SECONDS)
        card = self.desk.look_at_card(visit)
        page = _page(
            "visit",
            language,
            **common,
            wording=put_into_words(visit.act.statement, language=language),
            card=card,
            card_sentence=None if card.stop is None else find_sentence(card.stop, language=language),
        )
        return _lead_on(page, visit, f"/{language}/visits/{visit.id}/end", after=_LEFT_ALONE_SECONDS)


def _lead_on(page: Response, visit: Visit, address: str, *, after: int) -> Response:
    """This will have a page at a counter lead on by itself: the next person must not find it there."""
    if visit.is_at_counter:
        page.headers["Refresh"] = f"{after}; url={address}"
    return page


def _find_sentence(stop: Exception, language: Language) -> Any:
    name = _OWN_STOPS.get(type(stop))
    return find_sentence(stop, language=language) if name is None else _say_stop(name, language)


def _say_stop(name: str, language: Language) -> dict[str, str]:
    phrases = get_phrases(language)
    return {part: phrases.say(f"stop.{name}.{part}") for part in ("title", "advice")}


def _page(
    template: str,
    language: Language,
    *,
    status: int = 200,
    here: str | None = None,
    form_target: str | None = None,
    **context: Any,
) -> Response:
    phrases = get_phrases(language)
    languages = [(other, get_phrases(other)) for other in Language]
    html = _PAGES.get_template(f"{template}.html").render(
        phrases=phrases, say=phrases.say, language=language, languages=languages, here=here, **context
    )
    return dress(Response(html, status=status, content_type="text/html; charset=utf-8"), form_target=form_target)


def _go_to(address: str) -> Response:
    return dress(redirect(address, code=_SEE_OTHER))


def _choose_language(request: Request) -> Language:
    """This will choose English for a browser that prefers it to Japanese, else Japanese."""
    first = request.path.split("/")[1]
    if first in list(Language):
        return Language(first)
    return Language.ENGLISH if request.accept_languages.best_match(("ja", "en")) == "en" else Language.JAPANESE
