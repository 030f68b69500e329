"""The parties of the service API's tests: two services with their keys, and the time they meet at."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.http import HttpResponse
from django.test import Client

from mynapoint.application.models import Application, LinkStep
from mynapoint.directory.rules import Service
from mynapoint.service_api.identity import platform_key
from paymentservice.keys import public_key_text
from paymentservice.messages import Request, Response, SigningKey, sign_request, verify_response

NOON: Final = datetime(2020, 10, 5, 3, 0, 0, tzinfo=UTC)
LINKED_AT: Final = NOON - timedelta(days=20)
PROGRAMME: Final = "mynapoint-2020"
PERIOD: Final = "2020-09"
ROLL: Final = f"/service/v1/programmes/{PROGRAMME}/periods/{PERIOD}/roll"
CLOSING: Final = f"/service/v1/programmes/{PROGRAMME}/periods/{PERIOD}/closing"

SAKURA: Final = SigningKey(keyid="sakura-1", private_key=Ed25519PrivateKey.from_private_bytes(b"S" * 32))
FUJI: Final = SigningKey(keyid="fuji-1", private_key=Ed25519PrivateKey.from_private_bytes(b"F" * 32))
STRANGER: Final = SigningKey(keyid="stranger-1", private_key=Ed25519PrivateKey.from_private_bytes(b"X" * 32))


def a_service(key: SigningKey, *, address: str = "http://127.0.0.1:9/mynapoint/v1", **changes: Any) -> Service:
    """Return a service's entry in the directory, with this key."""
    entry = {
        "id": key.keyid.removesuffix("-1"),
        "effective_from": "2020-01-01T00:00:00+09:00",
        "name": {"ja": "見本のサービス"},
        "kind": "charge",
        "programmes": [PROGRAMME],
        "summary": {"ja": "見本"},
        "points_when": {"ja": "すぐに"},
        "application_from": "2020-07-01T00:00:00+09:00",
        "application_until": "2021-04-01T00:00:00+09:00",
        "channels": ["pc"],
        "minors": True,
        "needs_registration": False,
        "account": {"label": {"ja": "会員番号"}, "pattern": "[0-9]{12}", "example": "123456789012"},
        "codes": [{"label": {"ja": "セキュリティコード"}, "pattern": "[0-9]{4}", "example": "1234"}],
        "terms": {"ja": "見本の規約"},
        "contact": {"ja": "見本の窓口"},
        "address": address,
        "keys": [
            {
                "id": key.keyid,
                "public_key": public_key_text(key.private_key.public_key()),
                "from": "2020-01-01T00:00:00+09:00",
            }
        ],
        "bank_account": {
            "bank_code": "0999",
            "branch_code": "001",
            "kind": "ordinary",
            "number": "1234567",
            "holder_kana": "ミホン",
        },
    }
    return Service.model_validate({**entry, **changes})


def signed_request(
    method: str,
    path: str,
    *,
    key: SigningKey = SAKURA,
    body: bytes = b"",
    content_type: str = "application/json",
    at: datetime = NOON,
) -> Request:
    """Return a service's signed request to the platform."""
    headers = {"Content-Type": content_type} if body else {}
    request = Request(method=method, url=settings.SITE_ORIGIN + path, headers=headers, body=body)
    return sign_request(request, key=key, at=at)


def send(client: Client, request: Request) -> HttpResponse:
    """Send a request as it is and return the answer."""
    path = request.url.removeprefix(settings.SITE_ORIGIN)
    content_type = request.headers.get("Content-Type", "")
    headers = {name: value for name, value in request.headers.items() if name != "Content-Type"}
    return client.generic(request.method, path, request.body, content_type=content_type, headers=headers)


def ask(client: Client, method: str, path: str, **how: Any) -> HttpResponse:
    """Sign and send a request, check that its answer is signed for it, and return the answer."""
    request = signed_request(method, path, **how)
    answer = send(client, request)
    check_signed(answer, request)
    return answer


def check_signed(answer: HttpResponse, request: Request) -> None:
    """Check that the platform signed an answer for this very request."""
    key = platform_key()
    message = Response(status=answer.status_code, headers=dict(answer.headers), body=answer.content)
    verify_response(message, request=request, keys={key.keyid: key.private_key.public_key()}, at=NOON)


def link_accounts(count: int, *, service: str = "sakura", linked_at: datetime = LINKED_AT) -> list[bytes]:
    """Link accounts to a service, as if it had confirmed them, and return their link tokens."""
    tokens = [secrets.token_bytes(16) for _ in range(count)]
    for token in tokens:
        holder_id, application_id = pending_application(service=service, token=token)
        LinkStep.objects.create(
            holder_id=holder_id, application_id=application_id, state="linked", reached_at=linked_at
        )
    return tokens


def pending_application(*, service: str = "sakura", token: bytes | None = None) -> tuple[UUID, UUID]:
    """Make an application whose service has not answered yet; return its holder's id and its own."""
    application = Application.objects.create(
        holder_id=uuid4(),
        id=uuid4(),
        programme=PROGRAMME,
        service=service,
        account_hash=secrets.token_bytes(32),
        account_hint="●●●● 42",
        account_reference="A" * 43,
        certificate_hash=secrets.token_bytes(32),
        link_token=token or secrets.token_bytes(16),
        act_id=uuid4(),
        applied_at=LINKED_AT,
    )
    return application.holder_id, application.id
