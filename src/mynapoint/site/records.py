"""What anybody may check: the journal's checkpoint and proofs, and the closings' roots and totals."""

from base64 import b64encode
from typing import Final
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from mynapoint.closing.queries import get_closing
from mynapoint.closing.rules import ClosingUnknown
from mynapoint.journal.queries import get_checkpoint, get_consistency_proof, get_inclusion_proof, get_verifier_key
from mynapoint.journal.rules import CheckpointUnknown

KEPT_SECONDS: Final = 86_400
"""for which anybody may keep what never changes"""


@require_safe
def checkpoint(_request: HttpRequest) -> HttpResponse:
    """Answer the newest signed checkpoint (C2SP tlog-checkpoint)."""
    newest = get_checkpoint()
    if newest is None:
        raise Http404
    return HttpResponse(newest.note, content_type="text/plain; charset=utf-8")


@require_safe
def key(_request: HttpRequest) -> HttpResponse:
    """Answer the line by which a verifier knows the journal's key (C2SP signed-note)."""
    line = get_verifier_key()
    if line is None:
        raise Http404
    return HttpResponse(f"{line}\n", content_type="text/plain; charset=utf-8")


@require_safe
@cache_control(public=True, max_age=KEPT_SECONDS, immutable=True)
def consistency(_request: HttpRequest, old: int, new: int) -> HttpResponse:
    """Answer what shows that one checkpoint's tree has only grown into another's (RFC 9162, 2.1.4)."""
    try:
        path = get_consistency_proof(old, new)
    except CheckpointUnknown as unknown:
        raise Http404 from unknown
    return JsonResponse({"path": [b64encode(node).decode() for node in path]})


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
