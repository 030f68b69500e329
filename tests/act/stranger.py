"""A program for acts by somebody who knows docs/protocol/act.md and nothing else of this project.

Only the standard library, `cryptography` and `httpx2`; the card is whoever answers frames.
"""

import base64
import hashlib
import ipaddress
import json
import re
import unicodedata
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx2
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

DOMAIN_LINE = b"mynapoint act v1\n"
LONGEST = 16 * 1024
HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
COLOURS = {"red", "yellow", "green", "purple", "orange", "blue"}
OBJECTIONS = {
    "not_my_reservation", "not_my_application", "not_my_account", "link_is_wrong", "not_my_look", "other",
}  # fmt: skip


class Stop(Exception):
    """The word that the vectors have for it, or the site's code."""


@dataclass(frozen=True)
class Link:
    """(1)"""

    text: str
    origin: str
    act: str


def read_link(text: str) -> Link:
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
        named = (f"[{host}]" if ":" in host else host) + ("" if parts.port is None else f":{parts.port}")
    except ValueError:
        raise Stop("malformed") from None
    origin = f"{parts.scheme}://{named}"
    token = re.fullmatch(re.escape(origin) + "/act/([A-Za-z0-9_-]{43})", text)
    if token is None or len(text) > 512 or not text.isascii() or not re.fullmatch(r"[a-z0-9.:\[\]-]+", named):
        raise Stop("malformed")
    if parts.scheme not in {"http", "https"}:
        raise Stop("malformed")
    if parts.scheme == "http" and not is_this_machine(host):
        raise Stop("insecure")
    return Link(text, origin, str(uuid.UUID(bytes=decode(token[1])[:16])))


def is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def read_statement(raw: bytes, link: Link, *, now: datetime) -> dict[str, Any]:
    """(3)"""
    if len(raw) > LONGEST or not raw.startswith(DOMAIN_LINE):
        raise Stop("malformed")
    try:
        fields = json.loads(raw.removeprefix(DOMAIN_LINE).decode(), parse_float=refuse, object_pairs_hook=take_once)
        again = json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        is_whole = is_statement(fields) and DOMAIN_LINE + again == raw
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        is_whole = False
    if not is_whole:
        raise Stop("malformed")
    if fields["audience"] != link.origin or fields["act"] != link.act:
        raise Stop("foreign")
    if now >= datetime.fromisoformat(fields["expires_at"]):
        raise Stop("expired")
    return fields


def refuse(_: object) -> None:
    raise ValueError


def take_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError
    return dict(pairs)


def is_statement(fields: dict[str, Any]) -> bool:
    always = {"act", "kind", "audience", "nonce", "created_at", "expires_at", "programme", "content"}
    return (
        always <= fields.keys() <= always | {"place", "grace", "representative"}
        and is_uuid(fields["act"])
        and is_text(fields["audience"])
        and re.fullmatch("[A-Za-z0-9_-]{43}", fields["nonce"]) is not None
        and encode(decode(fields["nonce"])) == fields["nonce"]
        and all(is_instant(fields[name]) for name in ("created_at", "expires_at"))
        and is_named(fields["programme"], "title")
        and is_content(fields["kind"], fields["content"])
        and ("place" not in fields or is_place(fields["place"]))
        and ("grace" not in fields or is_grace(fields["grace"]))
        and fields.get("representative", True) is True
    )


def is_content(kind: str, content: dict[str, Any]) -> bool:
    if kind in {"reservation", "inquiry"}:
        return content == {}
    if kind == "objection":
        return content.keys() == {"reason"} and content["reason"] in OBJECTIONS
    account, grant = content["account"], content["grant"]
    return (
        kind == "application"
        and content.keys() == {"service", "account", "grant", "irrevocable"}
        and is_named(content["service"], "name")
        and account.keys() == {"hint", "hash"}
        and is_text(account["hint"])
        and re.fullmatch("[0-9a-f]{64}", account["hash"]) is not None
        and grant.keys() == {"rate_percent", "cap"}
        and is_whole_number(grant["rate_percent"], 100)
        and is_whole_number(grant["cap"], 1_000_000)
        and content["irrevocable"] is True
    )


def is_grace(grace: dict[str, Any]) -> bool:
    return (
        grace.keys() == {"ticket", "counter", "number", "stood_at"}
        and re.fullmatch("[0-9a-f]{64}", grace["ticket"]) is not None
        and is_named(grace["counter"], "name")
        and is_whole_number(grace["number"], 9999)
        and is_instant(grace["stood_at"])
    )


def is_place(place: dict[str, Any]) -> bool:
    case = place["case"]
    return (
        place.keys() == {"case", "counter", "terminal"}
        and case.keys() == {"id", "number", "colour"}
        and is_uuid(case["id"])
        and is_whole_number(case["number"], 9999)
        and case["colour"] in COLOURS
        and all(is_named(place[name], "name") for name in ("counter", "terminal"))
    )


def is_named(value: dict[str, Any], name: str) -> bool:
    return value.keys() == {"id", name} and is_text(value["id"]) and is_text(value[name])


def is_text(text: str) -> bool:
    shown = all(unicodedata.category(letter) not in HIDDEN for letter in text)
    return shown and 1 <= len(text) <= 200 and bool(text.strip())


def is_uuid(text: str) -> bool:
    return str(uuid.UUID(text)) == text


def is_whole_number(value: object, most: int) -> bool:
    return type(value) is int and 1 <= value <= most


def is_instant(text: str) -> bool:
    instant = datetime.fromisoformat(text)
    return instant.utcoffset() == timedelta(hours=9) and instant.isoformat(timespec="seconds") == text


Card = Callable[[bytes], bytes]


def have_signed(statement: bytes, card: Card, *, pin: str) -> tuple[bytes, bytes]:
    """(4), (5): the signature as the site wants it, and the certificate."""
    ask(card, "00A4040C0A D392F000260100000001")
    select(card, "000A")
    head = ask(card, "00B0 0000 04")
    certificate = read(card, 4 + int.from_bytes(head[2:], "big"))
    select(card, "0018")
    if card(bytes.fromhex("00200080")) in (b"\x63\xc0", b"\x63\xc1"):
        raise Stop("one try or none")
    ask(card, "0020008004" + pin.encode().hex())
    select(card, "0017")
    prepared = prepare(statement, certificate)
    answer = ask(card, "802A0080" + f"{len(prepared):02x}" + prepared.hex() + "00")
    ask(card, "00A4040C0A D392F000260100000001")
    return finish(answer, certificate), certificate


def ask(card: Card, frame: str) -> bytes:
    answer = card(bytes.fromhex(frame))
    if answer[-2:] != b"\x90\x00":
        raise Stop(f"card {answer[-2:].hex()}")
    return answer[:-2]


def select(card: Card, file: str) -> None:
    ask(card, "00A4020C02" + file)


def read(card: Card, length: int) -> bytes:
    content = b""
    while len(content) < length:
        piece = min(256, length - len(content))
        content += ask(card, f"00B0{len(content):04x}{piece % 256:02x}")
    return content


def prepare(statement: bytes, certificate: bytes) -> bytes:
    """What the card is given, by the certificate's key."""
    if is_on_a_curve(certificate):
        return hashlib.sha384(statement).digest()
    return bytes.fromhex("3031300D060960864801650304020105000420") + hashlib.sha256(statement).digest()


def finish(answer: bytes, certificate: bytes) -> bytes:
    """What the site is sent of the card's answer."""
    if not is_on_a_curve(certificate):
        return answer
    return encode_dss_signature(int.from_bytes(answer[:48], "big"), int.from_bytes(answer[48:], "big"))


def is_on_a_curve(certificate: bytes) -> bool:
    return isinstance(x509.load_der_x509_certificate(certificate).public_key(), ec.EllipticCurvePublicKey)


def sign_act(text: str, card: Card, *, pin: str, now: datetime, trusted: set[str]) -> dict[str, Any]:
    """The way of an act; return the site's answer."""
    link = read_link(text)
    if link.origin not in trusted:
        raise Stop("untrusted")
    with httpx2.Client(trust_env=False, follow_redirects=False) as http:
        got = http.get(f"{text}/statement", headers={"Accept-Encoding": "identity"})
        if got.status_code != 200:
            raise Stop(got.json()["code"])
        read_statement(got.content, link, now=now)
        signature, certificate = have_signed(got.content, card, pin=pin)
        handed = {"signature": encode(signature), "certificate": encode(certificate)}
        answer = http.post(f"{text}/signature", json=handed)
    if answer.status_code != 200:
        raise Stop(answer.json()["code"])
    return dict(answer.json())


def encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
