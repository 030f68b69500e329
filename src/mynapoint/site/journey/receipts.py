"""受領書: what was done, as a PDF to keep; and the page on which anybody can check that it is in the journal."""

from base64 import b64decode
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mynapoint.act.queries import ActView, get_view
from mynapoint.act.rules import Link, UnableToAct
from mynapoint.journal.queries import find_written, get_inclusion_proof, judge_kept_proof
from mynapoint.journal.rules import Checkpoint, KeptProofRefused
from mynapoint.reservation.queries import find_reservation
from mynapoint.site.journey.addresses import find_address
from mynapoint.site.journey.typed import Mistaken
from mynapoint.site.mine.holdings import Deed, list_applied, list_deeds
from mynapoint.site.paper.typesetting import PaperMissing, answer_pdf, draw_qr, typeset
from mynapoint.site.shell.dates import format_time
from mynapoint.site.shell.languages import LANG_CODES, choose, read_language
from mynapoint.site.shell.limits import check_fields, form_page, small_body
from mynapoint.site.shell.pages import get_served, go_to, show, show_refused
from mynapoint.site.shell.words import get_words

LONGEST_PROOF: Final = 64
"""hashes in a path: a journal of 2^64 entries"""


class KeptReceipt(BaseModel):
    """A receipt's file: an entry's bytes, its place, the path to the root, and the checkpoint, as the site gave it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    entry: str = Field(max_length=4096)
    index: int = Field(ge=0)
    path: list[str] = Field(max_length=LONGEST_PROOF)
    checkpoint: str = Field(max_length=4096)


@csrf_exempt
@never_cache
@form_page
@small_body
def find(request: HttpRequest) -> HttpResponse:
    """Take a receipt's number, or its file, and show what the journal says of it."""
    at, words = settings.CLOCK(), get_words(read_language(request))
    if request.method != "POST" and "number" not in request.GET:
        return show(request, "journey/receipts", at=at)
    check_fields(request, "file", "receipt")
    try:
        if request.method != "POST":
            number = _read_number(request, wrong=words.say("journey.receipts.no_number"))
            return go_to(request, "receipt", number=number)
        proved = _judge(_read_file(request, wrong=words.say("journey.receipts.no_file")))
    except Mistaken as mistaken:
        return show(
            request,
            "journey/receipts",
            at=at,
            status=422,
            wrong=mistaken.wrong,
            faults=mistaken.faults,
            typed=request.GET,
        )
    except KeptProofRefused as refusal:
        return show_refused(request, "journey/receipts", refusal, at=at, anchor="receipt")
    return show(request, "journey/receipts", at=at, proved=proved)


@never_cache
@require_safe
def receipt(request: HttpRequest, number: UUID) -> HttpResponse:
    """Show what the journal says of a receipt's number, to anybody: what kind of act, when, under which checkpoint."""
    at, written = settings.CLOCK(), find_written(number)
    if written is None:
        unknown = Mistaken({"number": get_words(read_language(request)).say("journey.receipts.unknown")})
        typed = {"number": str(number)}
        return show(
            request, "journey/receipts", at=at, status=404, wrong=unknown.wrong, faults=unknown.faults, typed=typed
        )
    proof, language = get_inclusion_proof(number), read_language(request)
    return show(
        request,
        "journey/receipt",
        at=at,
        number=number,
        written=written,
        kind=get_words(language).texts.get(f"journey.kind.{written.kind}", written.kind),
        proof=proof,
        root=proof.checkpoint.root.hex() if proof else "",
    )


@never_cache
@require_safe
def pdf(request: HttpRequest, token: str, number: UUID) -> HttpResponse:
    """Answer the receipt of one of the acts of whoever has this act's link and signed it."""
    at = settings.CLOCK()
    try:
        view = get_view(Link.parse(token), at=at)
    except UnableToAct as refusal:
        return show_refused(request, "journey/over", refusal, at=at, way=None)
    holder_id = view.answer.holder_id if view.answer else None
    deed = next((deed for deed in list_deeds(holder_id) if deed.number == number), None) if holder_id else None
    if holder_id is None or deed is None:
        raise Http404
    try:
        return answer_pdf(typeset("receipt", write_receipt(request, view, holder_id, deed)), name=f"receipt-{number}")
    except PaperMissing as refusal:
        return show_refused(request, "journey/over", refusal, at=at, way=None)


def _read_number(request: HttpRequest, *, wrong: str) -> str:
    try:
        return str(UUID(request.GET["number"].strip()))
    except ValueError:
        raise Mistaken({"number": wrong}) from None


def _read_file(request: HttpRequest, *, wrong: str) -> KeptReceipt:
    """Read a receipt that was uploaded or pasted."""
    uploaded = request.FILES.get("file")
    body = uploaded.read() if uploaded else request.POST.get("receipt", "").encode()
    try:
        return KeptReceipt.model_validate_json(body)
    except ValidationError:
        raise Mistaken({"receipt": wrong}) from None


def _judge(kept: KeptReceipt) -> Checkpoint:
    try:
        path = [b64decode(node, validate=True) for node in kept.path]
    except ValueError:
        raise KeptProofRefused("entry") from None
    return judge_kept_proof(kept.entry.encode(), index=kept.index, path=path, note=kept.checkpoint)


def write_receipt(request: HttpRequest, view: ActView, holder_id: UUID, deed: Deed) -> dict[str, object]:
    """This will give what a receipt's sheet says of one of a holder's acts, in the request's language."""
    language = read_language(request)
    words = get_words(language)
    title, _ = choose(get_served(at=settings.CLOCK()).title, language)
    address = settings.SITE_ORIGIN + find_address(request, "receipt", number=deed.number)
    reserved = find_reservation(holder_id, programme_id=str(view.statement["programme"]["id"]))
    return {
        "title": words.say("journey.receipt.of", kind=words.say(f"journey.kind.{deed.kind}")),
        "lang": LANG_CODES[language],
        "footer": title,
        **({"demo": words.say("shell.demo")} if settings.DEMO else {}),
        "lead": words.say("journey.receipt.lead"),
        "rows": _list_rows(request, view, holder_id, deed, programme=title),
        "mykey": reserved.mykey_id if reserved and deed.kind == "reservation" else None,
        "mykey_label": words.say("journey.row.mykey"),
        "mykey_note": words.say("journey.receipt.mykey_note"),
        "check_title": words.say("journey.receipt.check"),
        "check_text": words.say("journey.receipt.check_text"),
        "qr": draw_qr(address),
        "qr_alt": words.say("journey.receipt.qr"),
        "address": address,
    }


def _list_rows(
    request: HttpRequest, view: ActView, holder_id: UUID, deed: Deed, *, programme: str
) -> list[tuple[str, Any]]:
    language = read_language(request)
    words = get_words(language)
    rows = [
        (words.say("journey.row.number"), str(deed.number)),
        (words.say("journey.row.done_at"), format_time(deed.done_at, language)),
        (words.say("journey.row.programme"), programme),
    ]
    if deed.is_by_representative:
        rows.append((words.say("journey.row.who"), words.say("journey.who.representative")))
    if deed.kind == "application":
        programme_id = str(view.statement["programme"]["id"])
        applied = list_applied(holder_id, programme_id=programme_id, language=language, at=settings.CLOCK())
        chosen = next((one for one in applied if str(one.row.id) == deed.application), None)
        if chosen:
            rows += [
                (words.say("journey.row.service"), chosen.name),
                (words.say("journey.row.account"), chosen.row.account_hint),
            ]
    return rows
