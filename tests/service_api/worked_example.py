"""The worked example of docs/protocol/service-api.md, made by the code that signs in earnest."""

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from paymentservice.messages import Request, Response, SigningKey, sign_request, sign_response

SERVICE = SigningKey(keyid="example-1", private_key=Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
PLATFORM = SigningKey(keyid="platform-1", private_key=Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64))))
AT = datetime(2020, 10, 5, 3, 0, 0, tzinfo=UTC)
URL = "https://mynapoint.example/service/v1/programmes/mynapoint-2020/periods/2020-09/closing"
BODY = (
    b'{"roll_digest":"r7_zq0V2rp5qXhE9j3xVqz0cIJ3nHwP0bT5bJpZ8m1Y","count":2,"total":7500,'
    b'"root":"3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}'
)
ANSWER = b'{"state":"sealed","draw":null,"reason":null,"claim":null}'


def example(monkeypatch: pytest.MonkeyPatch) -> tuple[Request, Response]:
    """Sign the example's request and its answer, each with a nonce that is known beforehand."""
    headers = {"Content-Type": "application/json"}
    monkeypatch.setattr("secrets.token_bytes", bytes)
    request = sign_request(Request(method="PUT", url=URL, headers=headers, body=BODY), key=SERVICE, at=AT)
    monkeypatch.setattr("secrets.token_bytes", lambda size: b"\xff" * size)
    answer = Response(status=201, headers={"Content-Type": "application/json; charset=utf-8"}, body=ANSWER)
    return request, sign_response(answer, request=request, key=PLATFORM, at=AT)


def request_text(request: Request) -> str:
    """Write a request as the page shows it."""
    return "\n".join([f"{request.method} {request.url}", *_fields(request), "", request.body.decode()])


def answer_text(answer: Response) -> str:
    """Write an answer as the page shows it."""
    return "\n".join([str(answer.status), *_fields(answer), "", answer.body.decode()])


def base_text(request: Request) -> str:
    """Write the signature base of a request (RFC 9421, section 2.5), by hand: an independent reading of the rules."""
    parameters = request.headers["Signature-Input"].removeprefix("mynapoint=")
    return "\n".join(
        [
            f'"@method": {request.method}',
            f'"@target-uri": {request.url}',
            f'"content-digest": {request.headers["Content-Digest"]}',
            f'"content-type": {request.headers["Content-Type"]}',
            f'"@signature-params": {parameters}',
        ]
    )


def answer_base_text(answer: Response, request: Request) -> str:
    """Write the signature base of an answer, by hand."""
    parameters = answer.headers["Signature-Input"].removeprefix("mynapoint=")
    signature = request.headers["Signature"].removeprefix("mynapoint=")
    return "\n".join(
        [
            f'"@status": {answer.status}',
            f'"content-digest": {answer.headers["Content-Digest"]}',
            f'"@method";req: {request.method}',
            f'"@target-uri";req: {request.url}',
            f'"content-type": {answer.headers["Content-Type"]}',
            f'"signature";req;key="mynapoint": {signature}',
            f'"@signature-params": {parameters}',
        ]
    )


def _fields(message: Request | Response) -> list[str]:
    return [f"{name}: {value}" for name, value in message.headers.items()]
