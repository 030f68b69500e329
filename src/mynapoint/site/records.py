"""What anybody may check: the journal's checkpoint and proofs, and the closings' roots and totals."""

from base64 import b64encode
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from mynapoint.closing.queries import get_closing
from mynapoint.closing.rules import ClosingUnknown
from mynapoint.journal.queries import get_checkpoint, get_inclusion_proof


@require_safe
def checkpoint(_request: HttpRequest) -> HttpResponse:
    """Answer the newest signed checkpoint (C2SP tlog-checkpoint)."""
    newest = get_checkpoint()
    if newest is None:
        raise Http404
    return HttpResponse(newest.note, content_type="text/plain; charset=utf-8")


@require_safe
def entry(_request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Answer an entry's bytes, its inclusion proof (RFC 9162, 2.1.3) and the checkpoint that it proves it under."""
    proof = get_inclusion_proof(entry_id)
    if proof is None:
        raise Http404
    return JsonResponse(
        {
            "entry": proof.octets.decode(),
            "index": proof.index,
            "path": [b64encode(node).decode() for node in proof.path],
            "checkpoint": proof.checkpoint.note,
        }
    )


@require_safe
def closing(_request: HttpRequest, programme_id: str, service_id: str, period_id: str) -> HttpResponse:
    """Answer what a service sealed for a period, so that a row's receipt can be held against it."""
    try:
        view = get_closing(service_id, programme_id, period_id)
    except ClosingUnknown:
        raise Http404 from None
    return JsonResponse({"state": view.state, "count": view.count, "total": view.total, "root": view.root.hex()})
