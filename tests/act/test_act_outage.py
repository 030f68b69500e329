"""Each of the authority's eight outages as an act meets it: put off, never let through, and done once it is over."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final

import httpx2
import pytest
from asn1crypto.ocsp import CertStatus
from crafted import craft_ocsp_answer
from registry_world import ask_service, sign_as

from cast import AT, INQUIRY, RESERVATION, SITE, Cast
from jpki.certificate import CertificateId, parse_certificate
from jpki.lineage import CertificateName, LineageQuestion
from jpki.registry import Fault, UnusableAnswer
from jpki.registry_http import HttpRegistry
from jpki.virtual.authority import Authority
from jpki.virtual.contents import FileMemory
from jpki.virtual.issuing import IssuingCa
from jpki.virtual.service import AuthorityService
from mynapoint.act.models import AnsweredAct, UsedAct
from mynapoint.act.operations import propose
from mynapoint.act.rules import ActAlreadyUsed, Authorities, TryLater
from mynapoint.holder.models import Hold, Holder
from mynapoint.journal.models import Entry
from mynapoint.reservation.models import Reservation

STALE: Final = timedelta(minutes=10)


class Line(httpx2.BaseTransport):
    """The way to the authority's service, over which one source's answers come otherwise during an outage."""

    def __init__(self, authority: Authority, card: Path, *, path: str) -> None:
        self.authority, self._path = authority, path
        self.name = CertificateId.of(parse_certificate(FileMemory(card).read().credentials.authentication.certificate))
        self.outage: Outage | None = None
        self.earlier = b""
        self._service = AuthorityService(authority, clock=lambda: AT)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        content = ask_service(self._service, request).content
        if request.url.path == self._path and self.outage:
            content = self.outage(self, request, content)
        elif request.url.path == self._path:
            self.earlier = content
        return httpx2.Response(200, stream=httpx2.ByteStream(content))

    def ask(self, body: bytes, *, about: CertificateId, at: timedelta = timedelta(0)) -> bytes:
        """Put a question that was on its way to the authority, about a certificate and at a time of ours."""
        if self._path == "/ocsp":
            old, new = (name.serial.to_bytes(4, "big") for name in (self.name, about))
            return self.authority.answer_ocsp(body.replace(old, new), at=AT + at)
        question = LineageQuestion.model_validate_json(body)
        asked = question.model_copy(update={"certificate": CertificateName.of(about)})
        return self.authority.answer_lineage(asked, at=AT + at)

    def find_ca(self, *, is_issuer: bool) -> IssuingCa:
        return next(ca for ca in self.authority._cas if (ca.key_id == self.name.issuer_key_id) is is_issuer)


Outage = Callable[[Line, httpx2.Request, bytes], bytes]


def be_down(*_: object) -> bytes:
    raise httpx2.ConnectError("refused")


def be_slow(*_: object) -> bytes:
    raise httpx2.ReadTimeout("too slow")


def talk_garbage(*_: object) -> bytes:
    return b"<html>"


def be_stale(line: Line, request: httpx2.Request, _content: bytes) -> bytes:
    return line.ask(request.read(), about=line.name, at=-STALE)


def have_another_sign(line: Line, request: httpx2.Request, content: bytes) -> bytes:
    signer = line.find_ca(is_issuer=False)
    return sign_as(signer.responder_key, signer.responder_certificate)(request, content)


def not_know(line: Line, _request: httpx2.Request, content: bytes) -> bytes:
    def change(basic: object) -> None:
        basic["tbs_response_data"]["responses"][0]["cert_status"] = CertStatus("unknown")  # type: ignore[index]

    return craft_ocsp_answer(content, line.find_ca(is_issuer=True), change=change)


def speak_of_another(line: Line, request: httpx2.Request, _content: bytes) -> bytes:
    return line.ask(request.read(), about=CertificateId(line.name.issuer_key_id, line.name.serial + 1))


def say_it_again(line: Line, _request: httpx2.Request, _content: bytes) -> bytes:
    return line.earlier


FAULTS: Final[dict[Outage, Fault]] = {
    be_down: Fault.UNREACHABLE,
    be_slow: Fault.TOO_SLOW,
    talk_garbage: Fault.UNREADABLE,
    be_stale: Fault.STALE,
    have_another_sign: Fault.UNTRUSTED_SIGNER,
    not_know: Fault.UNKNOWN_CERTIFICATE,
    speak_of_another: Fault.OTHER_CERTIFICATE,
    say_it_again: Fault.REPLAYED,
}
# That a lineage is unknown is an answer: the certificate is held (`test_act.py`).
OUTAGES: Final = [
    (path, mode) for path in ("/ocsp", "/lineage") for mode in FAULTS if (path, mode) != ("/lineage", not_know)
]


@pytest.mark.django_db
class TestOutage:
    @pytest.mark.parametrize(("path", "mode"), OUTAGES)
    def test_puts_an_act_off_and_uses_it_up_and_does_nothing_else(
        self, cast: Cast, programme: str, path: str, mode: Outage
    ) -> None:
        hanako = cast.card("花子")
        line, anchors = Line(cast.authority, hanako, path=path), cast.authority.anchors()
        registry = HttpRegistry("http://authority.invalid", anchors=anchors, transport=line)
        submit = partial(cast.submit, authorities=Authorities(anchors=anchors, registry=registry))
        first, second, third = (propose(what, audience=SITE, at=AT) for what in (INQUIRY, RESERVATION, RESERVATION))
        submit(first, cast.sign(first, hanako))
        before = count_rows()

        line.outage = mode
        signed = cast.sign(second, hanako)
        with pytest.raises(TryLater) as put_off:
            submit(second, signed)
        assert isinstance(put_off.value.__context__, UnusableAnswer)
        assert put_off.value.__context__.fault is FAULTS[mode]
        assert count_rows() == before
        assert UsedAct.objects.filter(id=second.id).exists()
        answer = AnsweredAct.objects.get(id=second.id)
        assert (answer.answer, answer.data, answer.holder_id, answer.entry_id) == ("try_later", {}, None, None)

        line.outage = None
        with pytest.raises(ActAlreadyUsed):
            submit(second, signed)
        submit(third, cast.sign(third, hanako))
        assert Reservation.objects.get().act_id == third.id


def count_rows() -> list[int]:
    """Count whom and what an act leaves behind."""
    return [model.objects.count() for model in (Entry, Holder, Hold, Reservation)]
