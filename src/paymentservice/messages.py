"""Signed HTTP messages between platform and service, in both directions (RFC 9421, RFC 9530).

Pure: a message, keys and the time go in, a signed or a verified message comes out. Which nonces were seen is the
caller's to remember (:class:`NonceStore`).
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import http_sf
from cryptography.exceptions import InvalidSignature as BrokenSignature

from paymentservice.any_signature import sign_any_request, sign_any_response, verify_any_request, verify_any_response
from paymentservice.encoding import to_base64url
from paymentservice.message import (
    MAX_AGE,
    MAX_AHEAD,
    NONCE_LIFETIME,
    ClockTooFar,
    DigestMismatch,
    NonceStore,
    PublicKeys,
    Replayed,
    Request,
    Response,
    SignatureInvalid,
    SignatureMissing,
    SigningKey,
    UnableToVerify,
    UnknownKey,
    Verified,
    check_fresh,
)
from paymentservice.plain_signature import (
    LABEL,
    Component,
    PlainSignature,
    compose_base,
    compose_parameters,
    digest_of,
    fields_of,
    is_plain_keyid,
    read_signature,
    request_components,
    response_components,
)

__all__ = [
    "MAX_AGE",
    "MAX_AHEAD",
    "NONCE_LIFETIME",
    "ClockTooFar",
    "DigestMismatch",
    "NonceStore",
    "PublicKeys",
    "Replayed",
    "Request",
    "Response",
    "SignatureInvalid",
    "SignatureMissing",
    "SigningKey",
    "UnableToVerify",
    "UnknownKey",
    "Verified",
    "check_fresh",
    "is_signed",
    "sign_request",
    "sign_response",
    "verify_request",
    "verify_response",
]


def sign_request(request: Request, *, key: SigningKey, at: datetime) -> Request:
    """Return the request with Content-Digest, Signature-Input and Signature added."""
    digest = {"content-digest": digest_of(request.body)}
    fields = fields_of(request.headers)
    components = request_components(request.method, request.url, fields | digest, body=request.body)
    if components is not None and _is_for_plain(fields, key=key):
        added = _sign_plainly(components, digest=digest["content-digest"], key=key, at=at)
        return replace(request, headers={**request.headers, **added})
    return sign_any_request(request, key=key, at=at)


def verify_request(request: Request, *, keys: PublicKeys, at: datetime) -> Verified:
    """Return who signed the request. The caller must still hand the result to its nonce store.

    :raises UnableToVerify: its subclass says why.
    """
    fields = fields_of(request.headers)
    components = request_components(request.method, request.url, fields, body=request.body)
    plain = read_signature(fields, components=components)
    if plain is not None:
        return _check_plain(plain, body=request.body, keys=keys, at=at)
    return verify_any_request(request, keys=keys, at=at)


def sign_response(response: Response, *, request: Request, key: SigningKey, at: datetime) -> Response:
    """Return the response signed and bound to the request that it answers.

    A request that carried no signature of ours cannot be bound by it; only its method and address then are.
    """
    digest = {"content-digest": digest_of(response.body)}
    fields = fields_of(response.headers)
    components = _response_components(response, fields | digest, request=request)
    if components is not None and _is_for_plain(fields, key=key):
        added = _sign_plainly(components, digest=digest["content-digest"], key=key, at=at)
        return replace(response, headers={**response.headers, **added})
    return sign_any_response(response, request=request, binds_signature=is_signed(request), key=key, at=at)


def verify_response(response: Response, *, request: Request, keys: PublicKeys, at: datetime) -> Verified:
    """Return who signed the response to this very (signed) request.

    :raises UnableToVerify: its subclass says why.
    """
    fields = fields_of(response.headers)
    plain = read_signature(fields, components=_response_components(response, fields, request=request))
    if plain is not None:
        return _check_plain(plain, body=response.body, keys=keys, at=at)
    return verify_any_response(response, request=request, keys=keys, at=at)


def is_signed(request: Request) -> bool:
    """Tell whether the request has a well-formed Signature field with our label, valid or not."""
    value = ", ".join(value for name, value in request.headers.items() if name.lower() == "signature")
    try:
        labels = http_sf.parse(value.encode("ascii"), tltype="dictionary")
    except ValueError:
        return False
    return isinstance(labels, dict) and LABEL in labels


def _sign_plainly(components: list[Component], *, digest: str, key: SigningKey, at: datetime) -> dict[str, str]:
    """Return the fields that sign a message in this kit's own spelling."""
    nonce = to_base64url(secrets.token_bytes(16))
    parameters = compose_parameters(components, created=at, keyid=key.keyid, nonce=nonce)
    signature = base64.b64encode(key.private_key.sign(compose_base(components, parameters=parameters))).decode()
    signed = {"Signature-Input": f"{LABEL}={parameters}", "Signature": f"{LABEL}=:{signature}:"}
    return {"Content-Digest": digest, **signed}


def _check_plain(plain: PlainSignature, *, body: bytes, keys: PublicKeys, at: datetime) -> Verified:
    """Verify a signature in this kit's own spelling."""
    check_fresh(created=plain.created, at=at)
    if plain.keyid not in keys:
        raise UnknownKey(plain.keyid)
    try:
        keys[plain.keyid].verify(plain.signature, plain.base)
    except BrokenSignature:
        raise SignatureInvalid from None
    if not hmac.compare_digest(plain.digest, hashlib.sha256(body).digest()):
        raise DigestMismatch
    created_at = datetime.fromtimestamp(plain.created, tz=UTC)
    return Verified(keyid=plain.keyid, nonce=plain.nonce, created_at=created_at)


def _response_components(response: Response, fields: Mapping[str, str], *, request: Request) -> list[Component] | None:
    asked = fields_of(request.headers)
    return response_components(
        response.status, fields, body=response.body, method=request.method, url=request.url, asked=asked
    )


def _is_for_plain(fields: Mapping[str, str], *, key: SigningKey) -> bool:
    """Say whether nothing is there yet that a signature brings, and the key's name needs no quoting."""
    return is_plain_keyid(key.keyid) and not {"content-digest", "signature", "signature-input"} & fields.keys()
