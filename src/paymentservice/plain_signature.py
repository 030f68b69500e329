"""The one spelling in which this kit signs messages (RFC 9421, RFC 9530), written and read without a general parser.

Most messages have this kit on both sides and are in this spelling. Whatever is not, is None here and goes through
http-message-signatures, with the same outcome: a general parser takes ten times as long as the signature itself.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

LABEL: Final = "mynapoint"
TAG: Final = "mynapoint-v1"

Component = tuple[str, str]
"""A covered component: its identifier as it is serialised, and its value."""

# The last letter of a base64 text carries bits that must be zero: two spellings of one value would be two messages.
_DIGEST: Final = re.compile(r"sha-256=:([A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=):")
_SIGNATURE: Final = re.compile(rf"{LABEL}=(:([A-Za-z0-9+/]{{85}}[AQgw]==):)")
_PARAMETERS: Final = re.compile(
    rf"{LABEL}="
    r'(?P<parameters>\((?P<covered>[^()]*)\);created=(?P<created>0|[1-9]\d{0,14});keyid="(?P<keyid>[A-Za-z0-9._-]+)"'
    rf';alg="ed25519";nonce="(?P<nonce>[A-Za-z0-9_-]{{22}})";tag="{TAG}")',
    re.ASCII,
)
_KEYID: Final = re.compile(r"[A-Za-z0-9._-]+")
_METHOD: Final = re.compile(r"[A-Z]+")
_URL: Final = re.compile(
    r"https?://[A-Za-z0-9.-]+(?::\d{1,5})?/(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*", re.ASCII
)
_VALUE: Final = re.compile(r"[!-~](?:[ -~]*[!-~])?")


@dataclass(frozen=True)
class PlainSignature:
    """What a message's signature says and is over; nothing of it is verified yet."""

    base: bytes
    signature: bytes
    digest: bytes
    keyid: str
    nonce: str
    created: int


def is_plain_keyid(keyid: str) -> bool:
    """Say whether a key's name can stand between quotation marks as it is."""
    return _KEYID.fullmatch(keyid) is not None


def fields_of(headers: Mapping[str, str]) -> dict[str, str]:
    """Return header fields by their names in small letters; empty when a name comes twice."""
    fields = {name.lower(): value for name, value in headers.items()}
    return fields if len(fields) == len(headers) else {}


def digest_of(body: bytes) -> str:
    """Return a body's Content-Digest."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def request_components(method: str, url: str, fields: Mapping[str, str], *, body: bytes) -> list[Component] | None:
    """Return what a request's signature covers."""
    target = _target(method, url)
    content = _content(fields, body=body)
    return None if target is None or content is None else [*target, *content]


def response_components(
    status: int, fields: Mapping[str, str], *, body: bytes, method: str, url: str, asked: Mapping[str, str]
) -> list[Component] | None:
    """Return what a response's signature covers, `asked` being the request's fields: that request's signature too."""
    target = _target(method, url)
    content = _content(fields, body=body)
    signature = _SIGNATURE.fullmatch(asked.get("signature", ""))
    if target is None or content is None or signature is None:
        return None
    (digest, *content_type), bound = content, [(f"{name};req", value) for name, value in target]
    request = (f'"signature";req;key="{LABEL}"', signature[1])
    return [('"@status"', str(status)), digest, *bound, *content_type, request]


def compose_parameters(components: list[Component], *, created: datetime, keyid: str, nonce: str) -> str:
    """Return the signature's parameters (RFC 9421, section 2.3)."""
    covered = " ".join(name for name, _ in components)
    return f'({covered});created={int(created.timestamp())};keyid="{keyid}";alg="ed25519";nonce="{nonce}";tag="{TAG}"'


def compose_base(components: list[Component], *, parameters: str) -> bytes:
    """Return the bytes that are signed (RFC 9421, section 2.5)."""
    return "\n".join(
        [f"{name}: {value}" for name, value in [*components, ('"@signature-params"', parameters)]]
    ).encode()


def read_signature(fields: Mapping[str, str], *, components: list[Component] | None) -> PlainSignature | None:
    """Read a message's one signature, if it covers exactly these components in this order."""
    written = _PARAMETERS.fullmatch(fields.get("signature-input", ""))
    signature = _SIGNATURE.fullmatch(fields.get("signature", ""))
    digest = _DIGEST.fullmatch(fields.get("content-digest", ""))
    if components is None or written is None or signature is None or digest is None:
        return None
    if written["covered"] != " ".join(name for name, _ in components):
        return None
    return PlainSignature(
        base=compose_base(components, parameters=written["parameters"]),
        signature=base64.b64decode(signature[2]),
        digest=base64.b64decode(digest[1]),
        keyid=written["keyid"],
        nonce=written["nonce"],
        created=int(written["created"]),
    )


def _target(method: str, url: str) -> list[Component] | None:
    if not (_METHOD.fullmatch(method) and _URL.fullmatch(url)):
        return None
    return [('"@method"', method), ('"@target-uri"', url)]


def _content(fields: Mapping[str, str], *, body: bytes) -> list[Component] | None:
    """Return digest and kind of a body; of no body, the digest alone."""
    named = ["content-digest", "content-type"] if body else ["content-digest"]
    values = [(f'"{name}"', fields.get(name, "")) for name in named]
    return values if all(_VALUE.fullmatch(value) for _, value in values) else None
