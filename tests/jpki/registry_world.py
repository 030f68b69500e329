"""The authority's service for tests: in this process as a transport, with a hand on every answer."""

import io
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import httpx2
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from jpki.lineage import DOMAIN_LINE, SignedLineage
from jpki.virtual.issuing import Extensions, IssuingCa, Validity, make_key_usage
from jpki.virtual.keys import SigningKey, choose_hash, sign
from jpki.virtual.service import AuthorityService

Spoil = Callable[[httpx2.Request, bytes], bytes]


def ask_service(service: AuthorityService, request: httpx2.Request) -> httpx2.Response:
    body = request.read()
    environ = {
        "REQUEST_METHOD": request.method,
        "PATH_INFO": httpx2.URL(request.url).path.encode().decode("latin-1"),
        "CONTENT_TYPE": request.headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
    }
    status: list[str] = []
    content = b"".join(service(environ, lambda line, _headers: status.append(line)))  # type: ignore[arg-type]
    return httpx2.Response(int(status[0][:3]), content=content)


class ServiceTransport(httpx2.BaseTransport):
    """The way to a service without a network; what comes back may be spoilt."""

    def __init__(self, service: AuthorityService, *, spoil: Spoil = lambda _request, content: content) -> None:
        self._service = service
        self._spoil = spoil

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        answer = ask_service(self._service, request)
        return httpx2.Response(answer.status_code, stream=httpx2.ByteStream(self._spoil(request, answer.content)))


class SetClock:
    """A clock that stands where it is put."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


def validity_of(ca: IssuingCa) -> Validity:
    return Validity(not_before=ca.certificate.not_valid_before_utc, not_after=ca.certificate.not_valid_after_utc)


_SIGNS = (make_key_usage(digital_signature=True), True)
_ANSWERS = (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False)
_UNCHECKED = (x509.OCSPNoCheck(), False)
FIT_RESPONDER: Extensions = (_SIGNS, _ANSWERS, _UNCHECKED)
UNFIT_RESPONDERS: dict[str, Extensions] = {
    "for clients": (_SIGNS, (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False), _UNCHECKED),
    "for anything": (_SIGNS, (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE]), False), _UNCHECKED),
    "without a purpose": (_SIGNS, _UNCHECKED),
    "without a usage": (_ANSWERS, _UNCHECKED),
    "for encipherment": ((make_key_usage(key_encipherment=True), True), _ANSWERS, _UNCHECKED),
    "that may be revoked": (_SIGNS, _ANSWERS),
    "that is an authority": (_SIGNS, _ANSWERS, _UNCHECKED, (x509.BasicConstraints(ca=True, path_length=None), True)),
    "that must be understood": (
        _SIGNS,
        _ANSWERS,
        _UNCHECKED,
        (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), b"\x05\x00"), True),
    ),
}


def sign_as(key: SigningKey, certificate: x509.Certificate) -> Spoil:
    """Every answer as it was, but signed by this key, with this certificate beside it."""

    def spoil(request: httpx2.Request, content: bytes) -> bytes:
        if request.url.path == "/ocsp":
            return _sign_ocsp_answer(content, key, certificate)
        statement = SignedLineage.model_validate_json(content).statement
        envelope = SignedLineage.model_construct(
            statement=statement,
            signature=sign(key, DOMAIN_LINE + statement),
            responder=certificate.public_bytes(Encoding.DER),
        )
        return envelope.model_dump_json().encode()

    return spoil


def break_signature(request: httpx2.Request, content: bytes) -> bytes:
    """The answer as it was, but for one bit of its signature."""
    if request.url.path == "/ocsp":
        signature = ocsp.load_der_ocsp_response(content).signature
        return content.replace(signature, signature[:-1] + bytes([signature[-1] ^ 1]))
    envelope = SignedLineage.model_validate_json(content)
    broken = envelope.signature[:-1] + bytes([envelope.signature[-1] ^ 1])
    return envelope.model_copy(update={"signature": broken}).model_dump_json().encode()


def _sign_ocsp_answer(der: bytes, key: SigningKey, certificate: x509.Certificate) -> bytes:
    answer = ocsp.load_der_ocsp_response(der)
    builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
        issuer_name_hash=answer.issuer_name_hash,
        issuer_key_hash=answer.issuer_key_hash,
        serial_number=answer.serial_number,
        algorithm=answer.hash_algorithm,
        cert_status=answer.certificate_status,
        this_update=answer.this_update_utc,
        next_update=answer.next_update_utc,
        revocation_time=answer.revocation_time_utc,
        revocation_reason=answer.revocation_reason,
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.NAME, certificate).certificates([certificate])
    for extension in answer.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    return builder.sign(key, choose_hash(key)).public_bytes(Encoding.DER)


@contextmanager
def serve_slowly(begin: bytes, *, pace: float | None) -> Iterator[str]:
    """A server that never comes to an end: it says nothing, or begins and goes on with one byte now and then."""
    stop = threading.Event()

    def dawdle(peer: socket.socket) -> None:
        with peer:
            if pace is None:
                stop.wait(10)
                return
            peer.sendall(begin)
            while not stop.wait(pace):
                try:
                    peer.sendall(b"0")
                except OSError:
                    return

    def accept(listener: socket.socket) -> None:
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=dawdle, args=(peer,), daemon=True).start()

    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=accept, args=(listener,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        stop.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)
