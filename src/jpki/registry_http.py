"""The authority over HTTP: OCSP and lineage, one question at a time; whatever is not a good answer is none."""

from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import httpx2
from cryptography import x509

from deadline import ends_within, keep_to_end
from jpki.certificate import CertificateId, HolderCertificate
from jpki.lineage import LineageQuestion
from jpki.ocsp import OcspQuestion
from jpki.path import TrustAnchors
from jpki.registry import Fault, Lineage, UnusableAnswer

ANSWER_LIMIT: Final = 64 * 1024
"""bytes; an answer with its responder's certificate has less than four thousand"""

_LIMITS: Final = httpx2.Limits(max_connections=64, max_keepalive_connections=32, keepalive_expiry=30.0)
_OCSP_REQUEST: Final = "application/ocsp-request"
_JSON: Final = "application/json"


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerLimits:
    """What is borne of each source: how old an answer may be, and how long it may take in all."""

    ocsp_max_age: timedelta = timedelta(minutes=10)
    lineage_max_age: timedelta = timedelta(minutes=10)
    wait: timedelta = timedelta(seconds=3)


class HttpRegistry:
    """A registry that asks the authority's responder and lineage service; safe to share between threads."""

    def __init__(
        self,
        url: str,
        *,
        anchors: TrustAnchors,
        limits: AnswerLimits | None = None,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self._url = url.rstrip("/")
        self._anchors = anchors
        self._limits = limits or AnswerLimits()
        self._transport = transport or _open_connections()

    def check_not_revoked(self, certificate: HolderCertificate, *, at: datetime) -> None:
        """See `Registry`."""
        issuer = self._find_issuer(CertificateId.of(certificate))
        question = OcspQuestion.about(certificate, issuer=issuer)
        answer = self._ask("/ocsp", question.request, content_type=_OCSP_REQUEST)
        question.check_answer(answer, max_age=self._limits.ocsp_max_age, at=at)

    def get_lineage(self, certificate_id: CertificateId, *, at: datetime) -> Lineage:
        """See `Registry`."""
        issuer = self._find_issuer(certificate_id)
        question = LineageQuestion.about(certificate_id)
        answer = self._ask("/lineage", question.model_dump_json().encode(), content_type=_JSON)
        return question.check_answer(answer, issuer=issuer, max_age=self._limits.lineage_max_age, at=at)

    def close(self) -> None:
        """This will close all connections."""
        self._transport.close()

    def _find_issuer(self, certificate_id: CertificateId) -> x509.Certificate:
        issuer = self._anchors.find_generation(certificate_id.issuer_key_id)
        if issuer is None:
            raise UnusableAnswer(Fault.UNTRUSTED_SIGNER)
        return issuer

    def _ask(self, path: str, body: bytes, *, content_type: str) -> bytes:
        seconds = self._limits.wait.total_seconds()
        request = httpx2.Request(
            "POST",
            self._url + path,
            content=body,
            headers={"Content-Type": content_type, "Accept-Encoding": "identity"},
            extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), seconds)},
        )
        try:
            with ends_within(seconds), closing(self._transport.handle_request(request)) as answer:
                return _read(answer)
        except httpx2.TimeoutException:
            raise UnusableAnswer(Fault.TOO_SLOW) from None
        except httpx2.HTTPError:
            raise UnusableAnswer(Fault.UNREACHABLE) from None


def _open_connections() -> httpx2.HTTPTransport:
    connections = httpx2.HTTPTransport(limits=_LIMITS, trust_env=False)
    keep_to_end(connections)
    return connections


def _read(answer: httpx2.Response) -> bytes:
    if answer.status_code != httpx2.codes.OK or "content-encoding" in answer.headers:
        raise UnusableAnswer(Fault.NO_ANSWER)
    content = bytearray()
    for chunk in answer.iter_raw():
        content += chunk
        if len(content) > ANSWER_LIMIT:
            raise UnusableAnswer(Fault.UNREADABLE)
    return bytes(content)
