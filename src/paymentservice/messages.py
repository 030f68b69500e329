"""Signed HTTP messages between platform and service, in both directions (RFC 9421, RFC 9530).

Pure: a message, keys and the time go in, a signed or a verified message comes out. Which nonces were seen is the
caller's to remember (:class:`NonceStore`).
"""

import base64
import hashlib
import hmac
import math
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

import http_sf
from cryptography.exceptions import InvalidSignature as BrokenSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    InvalidSignature,
    VerifyResult,
)
from http_message_signatures.algorithms import ED25519

from paymentservice.encoding import to_base64url
from paymentservice.plain_signature import (
    LABEL,
    TAG,
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

MAX_AHEAD: Final = timedelta(seconds=10)
MAX_AGE: Final = timedelta(seconds=60)
NONCE_LIFETIME: Final = timedelta(minutes=2)

_PARAMETERS: Final = frozenset({"created", "nonce", "keyid", "alg", "tag"})
_NONCE: Final = re.compile(r"[A-Za-z0-9_-]{22}")
_REQUEST_COMPONENTS: Final = ("@method", "@target-uri", "content-digest")
_RESPONSE_COMPONENTS: Final = ("@status", "content-digest", '"@method";req', '"@target-uri";req')
_ANSWERED_SIGNATURE: Final = f'"signature";req;key="{LABEL}"'


class UnableToVerify(Exception):
    """A message whose sender, integrity or freshness could not be established."""


class SignatureMissing(UnableToVerify):
    """The message carries no signature under our label."""


class SignatureInvalid(UnableToVerify):
    """The signature does not hold over the message, or covers too little of it."""


class DigestMismatch(UnableToVerify):
    """The body is not the one whose digest was signed."""


class Replayed(UnableToVerify):
    """The nonce was seen before. Raised by a :class:`NonceStore`."""


class UnknownKey(UnableToVerify):
    """The signature names a key that we were not given."""

    def __init__(self, keyid: str) -> None:
        super().__init__(keyid)
        self.keyid = keyid


class ClockTooFar(UnableToVerify):
    """The message was signed too long ago, or ahead of our clock.

    ``seconds`` is its age, rounded away from zero: negative when it comes from the future.
    """

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


@dataclass(frozen=True, kw_only=True)
class SigningKey:
    """A private key and the name under which the other side knows its public half."""

    keyid: str
    private_key: Ed25519PrivateKey = field(repr=False)


PublicKeys = Mapping[str, Ed25519PublicKey]


@dataclass(frozen=True, kw_only=True)
class Request:
    """An HTTP request: method in upper case, absolute URL as sent, header fields, body."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, kw_only=True)
class Response:
    """An HTTP response."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, kw_only=True)
class Verified:
    """Who signed a message, when, and with which nonce: exists only after verification."""

    keyid: str
    nonce: str
    created_at: datetime


class NonceStore(Protocol):
    """Remembers nonces for :data:`NONCE_LIFETIME`."""

    def remember(self, *, verified: Verified, at: datetime) -> None:
        """Take note of the message's nonce.

        :raises Replayed: when this key has used this nonce before.
        """


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


def check_fresh(*, created: int, at: datetime) -> None:
    """Check that a signature made at ``created`` (Unix seconds) may still be taken at ``at``.

    :raises ClockTooFar: more than 10 s ahead or more than 60 s old.
    """
    age = at.timestamp() - created
    if not -MAX_AHEAD.total_seconds() <= age <= MAX_AGE.total_seconds():
        raise ClockTooFar(math.floor(age) if age < 0 else math.ceil(age))


def sign_request(request: Request, *, key: SigningKey, at: datetime) -> Request:
    """Return the request with Content-Digest, Signature-Input and Signature added."""
    digest = {"content-digest": digest_of(request.body)}
    fields = fields_of(request.headers)
    components = request_components(request.method, request.url, fields | digest, body=request.body)
    if components is not None and _is_for_plain(fields, key=key):
        added = _sign_plainly(components, digest=digest["content-digest"], key=key, at=at)
        return replace(request, headers={**request.headers, **added})
    view = _view_of(request)
    _sign(view, body=request.body, covered=_with_content_type(_REQUEST_COMPONENTS, request.body), key=key, at=at)
    return replace(request, headers=view.headers)


def verify_request(request: Request, *, keys: PublicKeys, at: datetime) -> Verified:
    """Return who signed the request. The caller must still hand the result to its nonce store.

    :raises UnableToVerify: its subclass says why.
    """
    fields = fields_of(request.headers)
    components = request_components(request.method, request.url, fields, body=request.body)
    plain = read_signature(fields, components=components)
    if plain is not None:
        return _check_plain(plain, body=request.body, keys=keys, at=at)
    covered = _with_content_type(_REQUEST_COMPONENTS, request.body)
    return _verify(_view_of(request), body=request.body, required=covered, keys=keys, at=at)


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
    view = _answer_of(response, request)
    covered = _with_content_type(_RESPONSE_COMPONENTS, response.body)
    if is_signed(request):
        covered = (*covered, _ANSWERED_SIGNATURE)
    _sign(view, body=response.body, covered=covered, key=key, at=at)
    return replace(response, headers=view.headers)


def verify_response(response: Response, *, request: Request, keys: PublicKeys, at: datetime) -> Verified:
    """Return who signed the response to this very (signed) request.

    :raises UnableToVerify: its subclass says why.
    """
    fields = fields_of(response.headers)
    plain = read_signature(fields, components=_response_components(response, fields, request=request))
    if plain is not None:
        return _check_plain(plain, body=response.body, keys=keys, at=at)
    covered = (*_with_content_type(_RESPONSE_COMPONENTS, response.body), _ANSWERED_SIGNATURE)
    return _verify(_answer_of(response, request), body=response.body, required=covered, keys=keys, at=at)


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
