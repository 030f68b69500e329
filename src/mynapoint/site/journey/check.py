"""確認: all answers on one page, each with the way to change it; then the act that the card signs."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from mynapoint.act.rules import Proposal
from mynapoint.draft.operations import propose_act
from mynapoint.draft.rules import STEPS, DraftChanged, DraftIncomplete, Step
from mynapoint.site.journey.acts import compose_application, compose_reservation
from mynapoint.site.journey.addresses import WAYS, find_address, go_to_step, name_parts
from mynapoint.site.journey.opening import Opened, opening
from mynapoint.site.shell.languages import read_language
from mynapoint.site.shell.limits import check_fields
from mynapoint.site.shell.pages import go_to, show, show_refused


@opening
def check(request: HttpRequest, opened: Opened) -> HttpResponse:
    """Show all answers; propose the act that they make, or lead to the one that waits for its signature already."""
    draft = opened.draft
    if draft.next_step is not None:
        return go_to_step(request, draft, draft.next_step)
    if opened.closed:
        return show_refused(request, "journey/closed", opened.closed, at=opened.at, **name_parts(draft))
    if opened.has_other_terms:
        return go_to_step(request, draft, Step.TERMS)
    if request.method != "POST":
        return show(request, "journey/check", at=opened.at, **_describe(request, opened))
    check_fields(request, "seen")
    try:
        check_seen(request, opened)
        link = propose_act(
            draft.link,
            _compose(request, opened),
            seen=draft.answers.seen,
            audience=settings.SITE_ORIGIN,
            at=opened.at,
        )
    except (DraftChanged, DraftIncomplete):
        return HttpResponseRedirect(find_address(request, "answers", **name_parts(draft)) + "?changed=1")
    return go_to(request, "act", token=link.token)


def check_seen(request: HttpRequest, opened: Opened) -> None:
    """Check that a form was filled in before the answers that it showed were changed, where it says which they were.

    :raises DraftChanged: when another window has changed them since.
    """
    if request.POST.get("seen", opened.draft.answers.seen) != opened.draft.answers.seen:
        raise DraftChanged


def _compose(request: HttpRequest, opened: Opened) -> Proposal:
    language, account = read_language(request), opened.draft.answers.account
    if opened.service is None or account is None:
        return compose_reservation(opened.programme, by_representative=opened.by_representative, language=language)
    return compose_application(
        opened.programme,
        opened.service,
        account,
        terms_since=opened.draft.answers.agreed_terms,
        by_representative=opened.by_representative,
        language=language,
    )


def _describe(request: HttpRequest, opened: Opened) -> dict[str, Any]:
    draft = opened.draft
    return {
        "opened": opened,
        "answers": draft.answers,
        "service": opened.service,
        "parts": name_parts(draft),
        "begin": find_address(request, WAYS[draft.kind]),
        "count": len(STEPS[draft.kind]) + 1,
        "changes": {step.value: find_address(request, "step", **name_parts(draft, step)) for step in STEPS[draft.kind]},
        "back": find_address(request, "step", **name_parts(draft, STEPS[draft.kind][-1])),
        "is_changed": "changed" in request.GET,
    }
