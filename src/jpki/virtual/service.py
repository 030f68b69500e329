"""The test authority over HTTP (WSGI): what verifiers ask, and what a municipality's counter would do."""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import BaseModel, ConfigDict, ValidationError

from jpki.lineage import LineageQuestion
from jpki.registry import RegistryUnavailable
from jpki.virtual.authority import Authority
from jpki.virtual.contents import SAMPLE_PASSWORD, SAMPLE_PIN, FileMemory, MalformedCardFile, Purpose
from jpki.virtual.errors import (
    CardExists,
    CardNotIssuedHere,
    CertificateAlreadyRevoked,
    CertificateNotIssuedHere,
    UnableToIssue,
)
from jpki.virtual.keys import KeyKind

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

BODY_LIMIT: Final = 64 * 1024
_JSON: Final = "application/json"
_STATUSES: Final = {
    CardExists: HTTPStatus.CONFLICT,
    CertificateAlreadyRevoked: HTTPStatus.CONFLICT,
    CardNotIssuedHere: HTTPStatus.NOT_FOUND,
    CertificateNotIssuedHere: HTTPStatus.NOT_FOUND,
    MalformedCardFile: HTTPStatus.NOT_FOUND,
    RegistryUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    ValidationError: HTTPStatus.UNPROCESSABLE_ENTITY,
}


class _Order(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CardOrder(_Order):
    """What the counter says when it orders a card."""

    label: str
    birth_date: date
    pin: str = SAMPLE_PIN
    password: str = SAMPLE_PASSWORD
    key: KeyKind = KeyKind.RSA_2048


class RevocationOrder(_Order):
    """Why a card's certificates are to be revoked."""

    reason: x509.ReasonFlags


@dataclass(frozen=True, kw_only=True)
class _Reply:
    content: bytes
    content_type: str = _JSON
    status: HTTPStatus = HTTPStatus.OK


class AuthorityService:
    """The authority behind an address: a WSGI application."""

    def __init__(self, authority: Authority, *, clock: Callable[[], datetime]) -> None:
        self._authority = authority
        self._clock = clock
        # What is asked, what its body must be called, and who answers. A body with a name of its own cannot come from
        # a form of a foreign page.
        self._routes: tuple[tuple[str, str, str | None, Callable[..., _Reply]], ...] = (
            ("POST", r"/ocsp", "application/ocsp-request", self._answer_ocsp),
            ("POST", r"/lineage", _JSON, self._answer_lineage),
            ("GET", r"/crl/((?:[0-9a-f]{2})+)\.crl", None, self._publish_revocations),
            ("GET", r"/lineage\.csv", None, self._publish_lineages),
            ("GET", r"/anchors\.pem", None, self._publish_anchors),
            ("POST", r"/cards", _JSON, self._issue),
            ("POST", r"/cards/([^/]+)/renewal", _JSON, self._renew),
            ("POST", r"/cards/([^/]+)/revocation", _JSON, self._revoke),
        )

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """This will answer one request."""
        reply = self._reply(environ)
        headers = [("Content-Type", reply.content_type), ("Content-Length", str(len(reply.content)))]
        start_response(f"{reply.status.value} {reply.status.phrase}", headers)
        return [reply.content]

    def _reply(self, environ: "WSGIEnvironment") -> _Reply:
        path = environ["PATH_INFO"].encode("latin-1").decode(errors="replace")
        for method, pattern, content_type, answer in self._routes:
            match = re.fullmatch(pattern, path)
            if match and method == environ["REQUEST_METHOD"]:
                if content_type and environ.get("CONTENT_TYPE") != content_type:
                    return _refuse(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
                return self._answer(environ, answer, *match.groups())
        return _refuse(HTTPStatus.NOT_FOUND)

    def _answer(self, environ: "WSGIEnvironment", answer: Callable[..., _Reply], *names: str) -> _Reply:
        length = environ.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) > BODY_LIMIT:
            return _refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        try:
            return answer(environ["wsgi.input"].read(int(length)), *names)
        except (UnableToIssue, MalformedCardFile, RegistryUnavailable, ValidationError) as error:
            return _refuse(_STATUSES.get(type(error), HTTPStatus.UNPROCESSABLE_ENTITY), code=type(error).__name__)

    def _answer_ocsp(self, body: bytes) -> _Reply:
        answer = self._authority.answer_ocsp(body, at=self._clock())
        return _Reply(content=answer, content_type="application/ocsp-response")

    def _answer_lineage(self, body: bytes) -> _Reply:
        question = LineageQuestion.model_validate_json(body)
        return _Reply(content=self._authority.answer_lineage(question, at=self._clock()))

    def _publish_revocations(self, _body: bytes, key_id: str) -> _Reply:
        content = self._authority.make_revocation_list_of(bytes.fromhex(key_id), at=self._clock())
        return _Reply(content=content.public_bytes(Encoding.DER), content_type="application/pkix-crl")

    def _publish_lineages(self, _body: bytes) -> _Reply:
        content = "".join(self._authority.make_lineage_list(at=self._clock()))
        return _Reply(content=content.encode(), content_type="text/csv; charset=utf-8")

    def _publish_anchors(self, _body: bytes) -> _Reply:
        anchors = self._authority.anchors().certificates
        pem = b"".join(anchor.public_bytes(Encoding.PEM) for anchor in anchors)
        return _Reply(content=pem, content_type="application/x-pem-file")

    def _issue(self, body: bytes) -> _Reply:
        order = CardOrder.model_validate_json(body)
        self._authority.issue(
            order.label,
            birth_date=order.birth_date,
            at=self._clock(),
            pin=order.pin,
            password=order.password,
            kind=order.key,
        )
        return self._show(order.label, status=HTTPStatus.CREATED)

    def _renew(self, _body: bytes, label: str) -> _Reply:
        self._authority.renew(self._authority.get_card_path(label), at=self._clock())
        return self._show(label)

    def _revoke(self, body: bytes, label: str) -> _Reply:
        order = RevocationOrder.model_validate_json(body)
        path = self._authority.get_card_path(label)
        self._authority.revoke(path, at=self._clock(), reason=order.reason)
        return self._show(label)

    def _show(self, label: str, *, status: HTTPStatus = HTTPStatus.OK) -> _Reply:
        """This will show a card's user-authentication certificate, and nothing of its other one."""
        card = FileMemory(self._authority.get_card_path(label)).read()
        certificate = card.get_credential(Purpose.AUTHENTICATION).model_dump(mode="json")["certificate"]
        return _encode({"label": label, "certificate": certificate}, status=status)


def _refuse(status: HTTPStatus, *, code: str = "") -> _Reply:
    return _encode({"code": code or status.name.title().replace("_", "")}, status=status)


def _encode(content: dict[str, Any], *, status: HTTPStatus) -> _Reply:
    return _Reply(content=json.dumps(content, ensure_ascii=False).encode(), status=status)
