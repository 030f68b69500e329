"""Write vectors/act with nothing of the code under test but the test authority: by hand, when the protocol changes."""

import base64
import hashlib
import json
import tempfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from jpki.virtual.authority import Authority
from jpki.virtual.contents import Credential, Credentials
from jpki.virtual.keys import KeyKind

FOLDER = Path(__file__).parents[2] / "vectors" / "act"
JST = timezone(timedelta(hours=9))
AT = datetime(2020, 9, 10, 10, 0, tzinfo=JST)
FOUNDED_AT = datetime(2014, 1, 1, tzinfo=JST)
ACT = UUID("01746c00-0000-7000-8000-000000000001")
ORIGIN = "https://mynapoint.example"
KINDS = ("reservation", "application", "inquiry", "objection")
OBJECTION = {"reason": "not_my_account"}
RSA, CURVE = "RSASSA-PKCS1-v1_5 with SHA-256", "ECDSA P-384 with SHA-384"
DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
APPLICATION = {
    "service": {"id": "hanamaru", "name": "はなまるペイ"},
    "account": {"hint": "●●●●-9012", "hash": "0f" * 32},
    "grant": {"rate_percent": 25, "cap": 5000},
    "irrevocable": True,
}
PLACE = {
    "case": {"id": "01746c00-0000-7000-8000-000000000002", "number": 12, "colour": "blue"},
    "counter": {"id": "mihon-shimin", "name": "市民課"},
    "terminal": {"id": "mihon-shimin-2", "name": "2番窓口"},
}

GRACE = {
    "ticket": "5e" * 32,
    "counter": {"id": "mihon-higashi", "name": "東出張所"},
    "number": 31,
    "stood_at": "2020-09-09T16:40:00+09:00",
}


def base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


TOKEN = base64url(ACT.bytes + bytes(range(16)))
LINK = f"{ORIGIN}/act/{TOKEN}"


def fields(kind: str = "reservation", **changed: object) -> dict[str, Any]:
    content = {"application": APPLICATION, "objection": OBJECTION}.get(kind, {})
    return {
        "act": str(ACT),
        "kind": kind,
        "audience": ORIGIN,
        "nonce": base64url(bytes(range(32))),
        "created_at": AT.isoformat(),
        "expires_at": (AT + timedelta(minutes=5)).isoformat(),
        "programme": {"id": "mynapoint-2020", "title": "マイナポイント"},
        "content": content,
    } | changed


def encode(value: object) -> bytes:
    """RFC 8785 for what statements hold: ASCII names, whole numbers, no control characters."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return b"mynapoint act v1\n" + text.encode()


def statement_case(
    name: str, statement: bytes, expected: str, *, at: datetime = AT, link: str = LINK
) -> dict[str, Any]:
    return {"name": name, "link": link, "at": at.isoformat(), "statement": base64url(statement), "expected": expected}


def statements() -> list[dict[str, Any]]:
    good = encode(fields())
    end = AT + timedelta(minutes=5)
    changed = {
        "an unknown field": fields() | {"fee": 1},
        "an unknown kind": fields(kind="transfer"),
        "a missing field": {name: value for name, value in fields().items() if name != "nonce"},
        "content of another kind": fields(content=APPLICATION),
        "a choice that is not for good": fields("application", content=APPLICATION | {"irrevocable": False}),
        "one for true": fields("application", content=APPLICATION | {"irrevocable": 1}),
        "a text that hides text": fields(programme={"id": "x", "title": "a\u202eb"}),
        "a short nonce": fields(nonce="AAAA"),
        "a place that is null": fields(place=None),
        "a place without its case": fields(place={name: PLACE[name] for name in ("counter", "terminal")}),
        "a case without its number": fields(place=PLACE | {"case": {"id": PLACE["case"]["id"], "colour": "blue"}}),
        "a case in no known colour": fields(place=PLACE | {"case": PLACE["case"] | {"colour": "black"}}),
        "a case of no number": fields(place=PLACE | {"case": PLACE["case"] | {"number": 0}}),
        "a place with an unknown field": fields(place=PLACE | {"clerk": "x"}),
        "a grace ticket that is null": fields(grace=None),
        "a grace ticket without its number": fields(grace={n: v for n, v in GRACE.items() if n != "number"}),
        "a grace ticket whose hash is short": fields(grace=GRACE | {"ticket": "5e"}),
        "a grace ticket with an unknown field": fields(grace=GRACE | {"name": "x"}),
        "an objection for no reason": fields("objection", content={}),
        "an objection in words of one's own": fields("objection", content={"reason": "I moved"}),
        "a representative who does not act": fields(representative=False),
        "a representative that is null": fields(representative=None),
        "one for a representative": fields(representative=1),
        "an instant in another zone": fields(created_at="2020-09-10T01:00:00+00:00"),
    }
    spaced = b"mynapoint act v1\n" + json.dumps(fields(), ensure_ascii=False, sort_keys=True).encode()
    return [
        *(statement_case(f"a good {kind}", encode(fields(kind)), "shown") for kind in KINDS),
        *(statement_case(f"a good {kind} at a counter", encode(fields(kind, place=PLACE)), "shown") for kind in KINDS),
        *(statement_case(f"a good {kind} by a grace ticket", encode(fields(kind, place=PLACE, grace=GRACE)), "shown")
          for kind in ("reservation", "application")),
        *(statement_case(f"a good {kind} by a representative", encode(fields(kind, representative=True)), "shown")
          for kind in KINDS),
        statement_case("the last moment", good, "shown", at=end - timedelta(seconds=1)),
        statement_case("the end", good, "expired", at=end),
        statement_case("another site's", encode(fields(audience="https://other.example")), "foreign"),
        statement_case("another act's", encode(fields(act=str(ACT)[:-1] + "2")), "foreign"),
        statement_case("a link of another site", good, "foreign", link=LINK.replace("mynapoint.", "www.mynapoint.")),
        *(statement_case(name, encode(value), "malformed") for name, value in changed.items()),
        statement_case("spaces", spaced, "malformed"),
        statement_case("a name twice", good[:-1] + b',"kind":"inquiry"}', "malformed"),
        statement_case("a number with a point", good[:-1] + b',"x":1.0}', "malformed"),
        statement_case("no domain line", good.partition(b"\n")[2], "malformed"),
        statement_case("another version", good.replace(b"v1", b"v2", 1), "malformed"),
        statement_case("nothing", b"", "malformed"),
        statement_case("too long", good + b" " * 16384, "malformed"),
    ]  # fmt: skip


def links() -> list[dict[str, str]]:
    good = [
        LINK,
        LINK.replace("example", "example:8443"),
        f"http://127.0.0.1:8000/act/{TOKEN}",
        f"http://[::1]/act/{TOKEN}",
    ]
    malformed = [
        "", LINK + "/", LINK + "?x=1", LINK + "#x", LINK[:-1], LINK + "A", LINK.replace("/act/", "/acts/"),
        LINK.upper(),
        LINK.replace("https://", "https://user@"), LINK.replace("https", "ftp"), " " + LINK,
        LINK.replace("example", "ex ample"),
        LINK.replace("mynapoint", "マイナ"), LINK.replace("/act", ":/act"), LINK.replace("https://", "//"),
    ]  # fmt: skip
    return [
        *({"link": link, "expected": "act", "act": str(ACT)} for link in good),
        *({"link": link, "expected": "malformed"} for link in malformed),
        {"link": LINK.replace("https", "http"), "expected": "insecure"},
    ]


def load_key(credential: Credential) -> rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey:
    key = serialization.load_der_private_key(credential.key, password=None)
    assert isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
    return key


def sign(credential: Credential, statement: bytes) -> bytes:
    key = load_key(credential)
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(statement, padding.PKCS1v15(), hashes.SHA256())
    return key.sign(statement, ec.ECDSA(hashes.SHA384()))


def describe_digest(credential: Credential, statement: bytes) -> dict[str, str]:
    """What the card is given, by its key: a DigestInfo, or on a curve the digest alone."""
    if isinstance(load_key(credential), rsa.RSAPrivateKey):
        digest = hashlib.sha256(statement).digest()
        return {"algorithm": RSA, "digest": digest.hex(), "for_card": (DIGEST_INFO + digest).hex()}
    digest = hashlib.sha384(statement).digest()
    return {"algorithm": CURVE, "digest": digest.hex(), "for_card": digest.hex()}


def signature_case(
    name: str,
    credential: Credential,
    expected: dict[str, object],
    *,
    statement: bytes | None = None,
    signature: bytes | None = None,
    at: datetime = AT,
    **known: bool,
) -> dict[str, Any]:
    statement = encode(fields()) if statement is None else statement
    return {
        "name": name,
        "at": at.isoformat(),
        "statement": base64url(statement),
        **describe_digest(credential, statement),
        "signature": base64url(sign(credential, statement) if signature is None else signature),
        "certificate": base64url(credential.certificate),
        **known,
        "expected": expected,
    }


def done(kind: str) -> dict[str, object]:
    return {"status": 200, "kind": kind, "done_at": AT.isoformat()}


def refused(code: str, status: int = 422, **data: datetime) -> dict[str, object]:
    return {"status": status, "code": code} | {name: instant.isoformat() for name, instant in data.items()}


def signatures() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "authority"
        authority = Authority.create(folder, at=FOUNDED_AT)
        made = (_done_cases, _certificate_cases, _registry_cases, _room_cases, _signature_cases, _curve_cases)
        cases = [case for make in made for case in make(authority)]
        return {"anchors": [base64url(_read_der(path)) for path in sorted((folder / "anchors").glob("*.pem"))],
                "cases": cases}  # fmt: skip


def _issue(
    authority: Authority, name: str, *, at: datetime = AT - timedelta(days=100), kind: KeyKind = KeyKind.RSA_2048
) -> Credentials:
    return authority.make_card(name, birth_date=date(1985, 4, 12), at=at, kind=kind).credentials


def _done_cases(authority: Authority) -> Iterator[dict[str, Any]]:
    mine = _issue(authority, "hanako").authentication
    for kind in KINDS:
        statement = encode(fields(kind))
        known = {"reserved": True} if kind == "application" else {}
        yield signature_case(kind, mine, done(kind), statement=statement, **known)
    at_counter = encode(fields("application", place=PLACE))
    yield signature_case(
        "application at a counter", mine, done("application"), statement=at_counter, reserved=True, at_counter=True
    )


def _certificate_cases(authority: Authority) -> Iterator[dict[str, Any]]:
    card = _issue(authority, "kazuko")
    mine, end = card.authentication, AT + timedelta(minutes=5)
    nothing = mine.of(certificate=b"0", ca_certificate=b"", key=mine.key)
    foreign = encode(fields(audience="https://x.example"))
    old = _issue(authority, "old", at=AT - timedelta(days=6 * 365)).authentication
    yield signature_case("too late", mine, refused("act_expired", 410, expired_at=end), at=end)
    yield signature_case("handed in before", mine, refused("act_already_used", 409), used=True)
    yield signature_case("another site's", mine, refused("audience_mismatch", 409), statement=foreign)
    yield signature_case("the signing certificate", card.signing, refused("certificate_not_accepted"))
    with tempfile.TemporaryDirectory() as folder:
        stranger = Authority.create(Path(folder) / "stranger", at=FOUNDED_AT)
        unknown = _issue(stranger, "x").authentication
    yield signature_case("a stranger's authority", unknown, refused("certificate_not_accepted"))
    yield signature_case("no certificate", nothing, refused("certificate_not_accepted"))
    yield signature_case("an old certificate", old, refused("certificate_expired"))


def _registry_cases(authority: Authority) -> Iterator[dict[str, Any]]:
    mine, a_day = _issue(authority, "yoshiko").authentication, timedelta(hours=24)
    fresh = _issue(authority, "fresh", at=AT - a_day + timedelta(seconds=1)).authentication
    rested = _issue(authority, "rested", at=AT - a_day).authentication
    waits = refused("within_renewal_wait", open_from=AT + timedelta(seconds=1))
    yield signature_case("a revoked certificate", mine, refused("certificate_revoked"), revoked=True)
    yield signature_case("an authority that does not answer", mine, refused("try_later", 503), silent=True)
    yield signature_case("a certificate of unknown past", mine, refused("held_for_review", 409), past_unknown=True)
    yield signature_case("a day after renewal but one second", fresh, waits, renewed=True)
    yield signature_case("a day after renewal", rested, done("reservation"), renewed=True)


def _room_cases(authority: Authority) -> Iterator[dict[str, Any]]:
    mine = _issue(authority, "sakura").authentication
    first = refused("not_reserved")
    again = refused("already_reserved", 409, reserved_at=AT - timedelta(days=1))
    yield signature_case("an application before a reservation", mine, first, statement=encode(fields("application")))
    yield signature_case("a second reservation", mine, again, reserved=True)
    elsewhere = encode(fields(place=PLACE))
    yield signature_case("at a counter that has no such case", mine, refused("case_unknown", 404), statement=elsewhere)


def _signature_cases(authority: Authority) -> Iterator[dict[str, Any]]:
    mine, other = (_issue(authority, name).authentication for name in ("saburo", "taro"))
    statement = encode(fields())
    good = sign(mine, statement)
    wrong = {
        "one bit changed": bytes([good[0] ^ 1]) + good[1:],
        "another's signature": sign(other, statement),
        "over another statement": sign(mine, statement + b" "),
        "over the digest's bytes": sign(mine, hashlib.sha256(statement).digest()),
        "with PSS padding": _sign_pss(mine, statement),
        "cut short": good[:-1],
        "empty": b"",
    }
    for name, signature in wrong.items():
        yield signature_case(name, mine, refused("signature_invalid"), signature=signature)


def _curve_cases(authority: Authority) -> Iterator[dict[str, Any]]:
    card = _issue(authority, "jiro", kind=KeyKind.ECDSA_P384)
    mine, statement = card.authentication, encode(fields("application"))
    other = _issue(authority, "goro", kind=KeyKind.ECDSA_P384).authentication
    key = load_key(mine)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    good = sign(mine, statement)
    yield signature_case("on a curve", mine, done("application"), statement=statement, signature=good, reserved=True)
    yield signature_case(
        "on a curve: the signing certificate", card.signing, refused("certificate_not_accepted"), statement=statement
    )
    wrong = {
        "another's signature": sign(other, statement),
        "over another statement": sign(mine, statement + b" "),
        "over SHA-256": key.sign(statement, ec.ECDSA(hashes.SHA256())),
        "as the card answers it, not in DER": b"".join(one.to_bytes(48, "big") for one in decode_dss_signature(good)),
        "with a byte behind it": good + b"\0",
        "empty": b"",
    }
    for name, signature in wrong.items():
        yield signature_case(
            f"on a curve: {name}", mine, refused("signature_invalid"), statement=statement, signature=signature
        )


def _sign_pss(credential: Credential, statement: bytes) -> bytes:
    key = load_key(credential)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key.sign(statement, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())


def _read_der(pem: Path) -> bytes:
    return x509.load_pem_x509_certificate(pem.read_bytes()).public_bytes(serialization.Encoding.DER)


def bodies() -> list[dict[str, str]]:
    good = {"signature": base64url(b"s" * 256), "certificate": base64url(b"c" * 1500)}
    wrong: dict[str, object] = {
        "padding": good | {"signature": base64.urlsafe_b64encode(b"s" * 256).decode()},
        "the other base64": good | {"signature": "+" * 4},
        "loose bits at the end": good | {"signature": "QUJDRB"},
        "no certificate": {"signature": good["signature"]},
        "an unknown field": good | {"pin": ""},
        "a number": good | {"signature": 1},
        "a long signature": good | {"signature": "A" * 1028},
        "a long certificate": good | {"certificate": "A" * 8196},
        "a list": [good],
    }
    return [
        *({"name": name, "body": json.dumps(body)} for name, body in wrong.items()),
        {"name": "no JSON", "body": "{"},
        {"name": "nothing", "body": ""},
    ]


def write(name: str, content: object) -> None:
    (FOLDER / f"{name}.json").write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write("links", links())
    write("statements", statements())
    write("signatures", signatures())
    write("bodies", bodies())
