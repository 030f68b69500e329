"""Signatures in every spelling that RFC 9421 allows, through http-message-signatures.

The kit's own spelling takes the short way (:mod:`paymentservice.plain_signature`); both come to the same answer.
"""

import base64
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    InvalidSignature,
    VerifyResult,
)
from http_message_signatures.algorithms import ED25519

from paymentservice.encoding import to_base64url
from paymentservice.message import (
    DigestMismatch,
    PublicKeys,
    Request,
    Response,
    SignatureInvalid,
    SignatureMissing,
    SigningKey,
    UnknownKey,
    Verified,
    check_fresh,
)
from paymentservice.plain_signature import LABEL, TAG

_PARAMETERS: Final = frozenset({"created", "nonce", "keyid", "alg", "tag"})
_NONCE: Final = re.compile(r"[A-Za-z0-9_-]{22}")
_REQUEST_COMPONENTS: Final = ("@method", "@target-uri", "content-digest")
_RESPONSE_COMPONENTS: Final = ("@status", "content-digest", '"@method";req', '"@target-uri";req')
_ANSWERED_SIGNATURE: Final = f'"signature";req;key="{LABEL}"'


@dataclass
class _View:
    """What http-message-signatures wants to see of a request."""

    method: str
    url: str
    headers: dict[str, str]


@dataclass
class _Answer:
    """What http-message-signatures wants to see of a response and of the request it answers."""

    status_code: int
    headers: dict[str, str]
    request: _View


class _TrustedKeys(HTTPSignatureKeyResolver):
    def __init__(self, keys: PublicKeys) -> None:
        self._keys = keys

    def resolve_public_key(self, key_id: str) -> Ed25519PublicKey:
        if key_id not in self._keys:
            raise UnknownKey(key_id)
        return self._keys[key_id]


class _Verifier(HTTPMessageVerifier):
    """The library's verifier, with the time handed in instead of read from the wall."""

    def __init__(self, *, keys: PublicKeys, at: datetime) -> None:
        super().__init__(signature_algorithm=ED25519, key_resolver=_TrustedKeys(keys))
        self._at = at

    def validate_created_and_expires(self, sig_input: Any, max_age: timedelta | None = None) -> None:
        """Check that exactly our parameters are there and that ``created`` is near."""
        if set(sig_input.params) != _PARAMETERS or not _NONCE.fullmatch(sig_input.params["nonce"]):
            raise InvalidSignature
        check_fresh(created=sig_input.params["created"], at=self._at)


def sign_any_request(request: Request, *, key: SigningKey, at: datetime) -> Request:
    """Return the request with the fields that sign it."""
    view = _view_of(request)
    _sign(view, body=request.body, covered=_with_content_type(_REQUEST_COMPONENTS, request.body), key=key, at=at)
    return replace(request, headers=view.headers)


def verify_any_request(request: Request, *, keys: PublicKeys, at: datetime) -> Verified:
    """Return who signed the request.

    :raises UnableToVerify: its subclass says why.
    """
    covered = _with_content_type(_REQUEST_COMPONENTS, request.body)
    return _verify(_view_of(request), body=request.body, required=covered, keys=keys, at=at)


def sign_any_response(
    response: Response, *, request: Request, binds_signature: bool, key: SigningKey, at: datetime
) -> Response:
    """Return the response with the fields that sign it, bound to the request's own signature if need be."""
    view = _answer_of(response, request)
    covered = _with_content_type(_RESPONSE_COMPONENTS, response.body)
    if binds_signature:
        covered = (*covered, _ANSWERED_SIGNATURE)
    _sign(view, body=response.body, covered=covered, key=key, at=at)
    return replace(response, headers=view.headers)


def verify_any_response(response: Response, *, request: Request, keys: PublicKeys, at: datetime) -> Verified:
    """Return who signed the response to this very (signed) request.

    :raises UnableToVerify: its subclass says why.
    """
    covered = (*_with_content_type(_RESPONSE_COMPONENTS, response.body), _ANSWERED_SIGNATURE)
    return _verify(_answer_of(response, request), body=response.body, required=covered, keys=keys, at=at)


def _sign(view: _View | _Answer, *, body: bytes, covered: tuple[str, ...], key: SigningKey, at: datetime) -> None:
    prepared = HTTPMessageSigner(signature_algorithm=ED25519).prepare(
        view,
        key_id=key.keyid,
        created=at,
        nonce=to_base64url(secrets.token_bytes(16)),
        label=LABEL,
        tag=TAG,
        covered_component_ids=covered,
        body=body,
    )
    signature = base64.b64encode(key.private_key.sign(prepared.signature_base)).decode()
    # The library's own apply() is for signers elsewhere: it composes the whole message again, in case it has changed.
    _replace(view.headers, "Signature-Input", f"{LABEL}={prepared.signature_params}")
    _replace(view.headers, "Signature", f"{LABEL}=:{signature}:")


def _replace(headers: dict[str, str], name: str, value: str) -> None:
    """Set a field, and remove others of its name in any spelling."""
    for known in [known for known in headers if known.lower() == name.lower()]:
        del headers[known]
    headers[name] = value


def _verify(
    view: _View | _Answer, *, body: bytes, required: tuple[str, ...], keys: PublicKeys, at: datetime
) -> Verified:
    _check_present(view.headers)
    verifier = _Verifier(keys=keys, at=at)
    try:
        results = verifier.verify(view, expect_tag=TAG, expect_label=LABEL, require_components=required)
    except InvalidSignature as error:
        # The library wraps what its key resolver raises.
        if isinstance(error.__cause__, UnknownKey):
            raise error.__cause__ from None
        raise SignatureInvalid from error
    try:
        verifier.verify_body(view, results, body)
    except InvalidSignature as error:
        raise DigestMismatch from error
    return _verified(results[0])


def _verified(result: VerifyResult) -> Verified:
    keyid, nonce, created = (result.parameters[name] for name in ("keyid", "nonce", "created"))
    return Verified(keyid=str(keyid), nonce=str(nonce), created_at=datetime.fromtimestamp(int(created), tz=UTC))


def _check_present(headers: Mapping[str, str]) -> None:
    if not {"signature", "signature-input"} <= {name.lower() for name in headers}:
        raise SignatureMissing


def _with_content_type(components: tuple[str, ...], body: bytes) -> tuple[str, ...]:
    return (*components, "content-type") if body else components


def _view_of(request: Request) -> _View:
    return _View(method=request.method, url=request.url, headers=dict(request.headers))


def _answer_of(response: Response, request: Request) -> _Answer:
    return _Answer(status_code=response.status, headers=dict(response.headers), request=_view_of(request))
