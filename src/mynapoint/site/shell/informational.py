"""Pages that only inform: the same for everybody, so that every cache on the way may keep them for a while."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, Final, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_cache_control, set_response_etag
from django.views.decorators.http import require_safe

MAX_AGE: Final = 60
P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def informational(view: View[P]) -> View[P]:
    """Let a page be kept for a minute, and answer 304 to whoever has it already (RFC 9110, 13.1.2; RFC 9111).

    Such a page reads nothing of its visitor: no session, no cookie. What it says of time may be a minute old.
    """

    @wraps(view)
    @require_safe
    def informing(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        answer = view(request, *args, **kwargs)
        if answer.status_code != 200:
            return answer
        patch_cache_control(answer, public=True, max_age=MAX_AGE)
        set_response_etag(answer)
        kept = get_conditional_response(request, etag=answer["ETag"], response=answer)
        return kept if isinstance(kept, HttpResponse) else answer

    return informing


def informational_at_first(view: View[P]) -> View[P]:
    """Let what a page shows be kept like one that only informs, until its button begins something: a POST goes on.

    Nobody is told apart by the form either: it has no token, for to begin binds nobody. Put it above the gate.
    """
    showing = informational(view)

    @wraps(view)
    def showing_or_beginning(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        return (view if request.method == "POST" else showing)(request, *args, **kwargs)

    return showing_or_beginning
