"""Taking a service's signed request: read within its limit, verified, and never twice."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Final

from django.conf import settings
from django.http import HttpRequest

from mynapoint.directory.rules import Service
from mynapoint.service_api import nonces
from mynapoint.service_api.identity import find_signer
from mynapoint.service_api.problems import UNSUPPORTED_CONTENT
from paymentservice.bodies import BODY_LIMIT, BodyRefused, too_large
from paymentservice.messages import Request, SignatureInvalid, verify_request

JSON: Final = "application/json"


@dataclass(frozen=True, kw_only=True)
class Caller:
    """The service that signed a request, when it was taken, and its verified body."""

    service: Service
    at: datetime
    body: bytes = field(repr=False)


class ServiceRequest(HttpRequest):
    """A request whose signature was verified."""

    auth: Caller


class MessageSignature:
    """Lets a request in that a registered service signed (RFC 9421), whole and fresh, for the first time."""

    openapi_security_schema: ClassVar[dict[str, str]] = {
        "type": "http",
        "scheme": "signature",
        "description": "HTTP Message Signatures (RFC 9421): Ed25519, label and tag as in service-api.md.",
    }

    def __init__(self, *, limit: int = BODY_LIMIT) -> None:
        self._limit = limit

    def __call__(self, request: HttpRequest) -> Caller:
        """Check (1) size and kind of the body, (2) the signature, (3) the nonce.

        :raises BodyRefused, UnableToVerify: with the problem to answer.
        """
        at = settings.CLOCK()
        # (1) Its body, within its limits.
        body = read_content(request, limit=self._limit)
        # (2) Whose it is, and that it is whole and fresh.
        message = message_of(request, body=body)
        signer = find_signer(message, at=at)
        verified = verify_request(message, keys=signer.keys if signer else {}, at=at)
        if signer is None:
            raise SignatureInvalid
        # (3) That it comes for the first time.
        nonces.remember(verified=verified, at=at)
        return Caller(service=signer.service, at=at, body=body)


def read_content(request: HttpRequest, *, limit: int) -> bytes:
    """Read a request's body, and no more of it than its limit.

    :raises BodyRefused: when there is more, or something else than JSON.
    """
    body = request.read(limit + 1)
    if len(body) > limit:
        raise BodyRefused(too_large(limit))
    if body and request.content_type != JSON:
        raise BodyRefused(UNSUPPORTED_CONTENT)
    return body


def message_of(request: HttpRequest, *, body: bytes = b"") -> Request:
    """Return a request as its signature sees it: the address is our own origin's, whatever Host says."""
    url = settings.SITE_ORIGIN + request.get_full_path()
    return Request(method=request.method or "", url=url, headers=dict(request.headers), body=body)
