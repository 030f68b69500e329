"""The conformance vectors of docs/protocol/act.md, against both sides of our own code."""

import base64
import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from django.conf import settings as platform
from django.test import Client
from pytest_django import Settings
from uuid_utils.compat import uuid7

from cardagent.link import ActLink, InsecureLink, MalformedLink
from cardagent.statement import ForeignStatement, MalformedStatement, StatementExpired, check_statement, parse_statement
from cast import AT, DAY, PROGRAMME, RESERVATION, SITE
from jpki.certificate import CertificateId, parse_certificate
from jpki.freshness import Update
from jpki.lineage_list import write_lineage_list
from jpki.registry import FirstIssue
from jpki.statement import encode_for_card, is_curve_certificate
from mynapoint.act.models import ProposedAct, UsedAct
from mynapoint.act.operations import propose
from mynapoint.act.rules import Link, SignedAct, read_statement
from mynapoint.case.operations import open_case, report_card, show_act, take_act
from mynapoint.case.rules import Fingerprint, Offer, Seat, fingerprint_of, read_place
from mynapoint.holder.operations import identify
from mynapoint.holder.rules import hash_certificate
from mynapoint.journal.models import Entry
from mynapoint.registry.models import ImportedList, RevokedCertificate
from mynapoint.registry.operations import import_lineages
from mynapoint.registry.rules import name_revocations
from mynapoint.reservation.operations import reserve
from mynapoint.site.shell.refusals import STATUSES

FOLDER: Final = Path(__file__).parents[2] / "vectors" / "act"
PAGE: Final = Path(__file__).parents[2] / "docs" / "protocol" / "act.md"
ROWS: Final[list[tuple[str, str, str]]] = re.findall(
    r"^\| `(\w+)` \| (\d{3}) \|.*\| (.*)\|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE
)
DATA: Final = {code: set(re.findall(r"`(\w+)`", data)) for code, _, data in ROWS}
"""Of each refusal, the values that the protocol's page says it comes with."""


def read(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


SIGNATURES = read("signatures")


class TestLinks:
    @pytest.mark.parametrize("case", read("links"), ids=lambda case: case["link"])
    def test_are_read_as_the_vectors_say(self, case: dict[str, str]) -> None:
        assert _read_link(case["link"]) == (case["expected"], case.get("act"))


class TestStatements:
    @pytest.mark.parametrize("case", read("statements"), ids=lambda case: case["name"])
    def test_are_shown_or_refused_as_the_vectors_say(self, case: dict[str, str]) -> None:
        assert _judge_statement(case) == case["expected"]


@pytest.fixture(scope="module")
def anchors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("anchors")
    for number, anchor in enumerate(SIGNATURES["anchors"]):
        certificate = x509.load_der_x509_certificate(decode(anchor))
        (folder / f"{number}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    return folder


@pytest.fixture
def site(programme: str, anchors: Path, settings: Settings, client: Client) -> Client:
    """The vectors' site, which knows what the authority's lists tell, over HTTP."""
    settings.SITE_ORIGIN = "https://mynapoint.example"
    settings.REGISTRY, settings.TRUST_ANCHORS = "files:lists", anchors
    return client


class TestSignatures:
    @pytest.mark.parametrize("case", SIGNATURES["cases"], ids=lambda case: case["name"])
    def test_cover_the_digest_that_is_told(self, case: dict[str, Any]) -> None:
        statement, certificate = decode(case["statement"]), decode(case["certificate"])
        assert encode_for_card(statement, on_curve=is_curve_certificate(certificate)).hex() == case["for_card"]
        assert case["for_card"].endswith(case["digest"])

    @pytest.mark.parametrize("case", SIGNATURES["cases"], ids=lambda case: case["name"])
    def test_are_answered_as_the_vectors_say(self, site: Client, settings: Settings, case: dict[str, Any]) -> None:
        """By the site itself, over HTTP; with every field that the protocol's page names, and no other."""
        settings.CLOCK = lambda: datetime.fromisoformat(case["at"])
        body = {name: case[name] for name in ("signature", "certificate")}
        answer = site.post(f"/act/{_prepare(case)}/signature", body, content_type="application/json")
        told = answer.json() | {"status": answer.status_code}
        if answer.status_code == 200:
            _check_done(told)
        else:
            _check_refused(told, DATA[told["code"]])
        assert {name: _compare(told[name]) for name in case["expected"]} == {
            name: _compare(value) for name, value in case["expected"].items()
        }

    def test_meet_every_check_of_a_signature(self) -> None:
        """Each of the refusals that stand before the rooms' own on the protocol's page."""
        codes = [code for code, *_ in ROWS]
        before = set(codes[: codes.index("case_unknown") + 1])
        met = {case["expected"].get("code") for case in SIGNATURES["cases"]}
        assert before - met == {"act_unknown", "submission_malformed", "rejected_in_review"}

    def test_are_judged_alike_by_a_plain_verification(self) -> None:
        accepted = [case for case in SIGNATURES["cases"] if case["expected"]["status"] == 200]
        invalid = [case for case in SIGNATURES["cases"] if case["expected"].get("code") == "signature_invalid"]
        assert len(accepted) == 7
        assert all(_is_signed(case) for case in accepted)
        assert not any(_is_signed(case) for case in invalid)


class TestBodies:
    @pytest.mark.django_db
    @pytest.mark.parametrize("case", read("bodies"), ids=lambda case: case["name"])
    def test_that_cannot_be_read_use_no_act_up(
        self, programme: str, settings: Settings, client: Client, case: dict[str, str]
    ) -> None:
        settings.CLOCK = lambda: AT
        settings.REGISTRY, settings.DEMO = f"authority:{FOLDER}", True
        link = propose(RESERVATION, audience=SITE, at=AT)
        answer = client.post(f"/act/{link.token}/signature", case["body"], content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (400, "submission_malformed")
        assert answer["Content-Type"] == "application/problem+json"
        assert not UsedAct.objects.exists()


def _read_link(link: str) -> tuple[str, str | None]:
    try:
        return "act", str(ActLink.parse(link).act_id)
    except MalformedLink:
        return "malformed", None
    except InsecureLink:
        return "insecure", None


def _judge_statement(case: dict[str, str]) -> str:
    try:
        statement = parse_statement(decode(case["statement"]))
        check_statement(statement, link=ActLink.parse(case["link"]), at=datetime.fromisoformat(case["at"]))
    except MalformedStatement:
        return "malformed"
    except ForeignStatement:
        return "foreign"
    except StatementExpired:
        return "expired"
    return "shown"


def _prepare(case: dict[str, Any]) -> str:
    """Have the platform know what a case says of it, with its statement waiting; return the link's last part."""
    statement, der = decode(case["statement"]), decode(case["certificate"])
    fields = read_statement(statement)
    link = Link(id=UUID(fields["act"]), secret=bytes(range(16)))
    ProposedAct.objects.create(
        id=link.id,
        secret_hash=link.hash_secret(),
        kind=fields["kind"],
        programme=fields["programme"]["id"],
        statement=statement,
        attachment={"account_reference": "R" * 43},
        expires_at=datetime.fromisoformat(fields["expires_at"]),
    )
    if case.get("used"):
        UsedAct.objects.create(id=link.id, used_at=AT)
    if len(der) > 1:
        name = CertificateId.of(parse_certificate(der))
        _tell_lists(case, name)
        if case.get("reserved"):
            _reserve(name, at=AT - DAY)
    if case.get("at_counter"):
        _open_case(fields["place"], fingerprint_of(der), link.id)
    return link.token


def _tell_lists(case: dict[str, Any], name: CertificateId) -> None:
    """Take in what the authority's lists of the day say of a certificate, if it gives any."""
    if case.get("silent"):
        return
    first = CertificateId(name.issuer_key_id, 1)
    lineages = (
        {first: None} if case.get("past_unknown") else {first: None, name: first if case.get("renewed") else None}
    )
    update, key = Update(this_update=AT, next_update=AT + DAY), platform.HOLDER_KEY
    content = "".join(write_lineage_list(lineages, update=update)).encode()
    import_lineages(content, issuers=frozenset({name.issuer_key_id}), key=key, at=AT)
    revoked = name_revocations(name.issuer_key_id)
    ImportedList.objects.create(digest=b"", name=revoked, this_update=AT, next_update=AT + DAY, rows=1, imported_at=AT)
    if case.get("revoked"):
        word = {"list_name": revoked, "revoked_at": AT, "reason": "keyCompromise"}
        RevokedCertificate.objects.create(certificate_hash=hash_certificate(name, key=key), **word)


def _reserve(name: CertificateId, *, at: datetime) -> None:
    holder = identify(name, lineage=FirstIssue(), key=platform.HOLDER_KEY, at=at)
    reserve(SignedAct(uuid7(), "reservation", PROGRAMME, content={}, attachment={}, holder=holder, at=at))


def _open_case(place: dict[str, Any], card: Fingerprint, act_id: UUID) -> None:
    """Open the case that a statement names, with this card in it and this act on the citizen's screen."""
    turn = read_place(place)
    seat = Seat(*(place[one][word] for one in ("counter", "terminal") for word in ("id", "name")))
    open_case(turn.case, seat, user_id=1, closes_at=AT + DAY, at=AT)
    report_card(seat.counter, seat.terminal, card, put_down_at=AT, at=AT)
    take_act(Offer(turn, 0), act_id, at=AT)
    show_act(turn, act_id, at=AT)


def _check_done(answer: dict[str, Any]) -> None:
    assert answer.keys() == {"status", "receipt", "kind", "done_at", "words"}
    assert Entry.objects.get(id=answer["receipt"]).kind == answer["kind"]
    assert answer["words"]
    assert all(type(sentence) is str and sentence for sentence in answer["words"])


def _check_refused(answer: dict[str, Any], data: set[str]) -> None:
    assert answer.keys() == {"type", "title", "status", "detail", "code"} | data
    assert answer["type"] == f"urn:mynapoint:problem:{answer['code']}"
    assert answer["title"]
    assert answer["detail"]
    if "hold" in data:
        assert Entry.objects.get(id=answer["hold"]).kind == "hold"


def _compare(value: object) -> object:
    """Return a value of an answer so that one instant equals itself, however it is written."""
    return datetime.fromisoformat(value) if isinstance(value, str) and value.startswith("2020-") else value


def _is_signed(case: dict[str, Any]) -> bool:
    key = x509.load_der_x509_certificate(decode(case["certificate"])).public_key()
    signature, statement = decode(case["signature"]), decode(case["statement"])
    try:
        if case["algorithm"].startswith("RSA"):
            assert isinstance(key, rsa.RSAPublicKey)
            key.verify(signature, statement, padding.PKCS1v15(), hashes.SHA256())
        else:
            assert isinstance(key, ec.EllipticCurvePublicKey)
            key.verify(signature, statement, ec.ECDSA(hashes.SHA384()))
    except InvalidSignature:
        return False
    return True


class TestProtocolPage:
    # Refusals of the site's forms, before there is an act.
    BEFORE = frozenset(
        {"account_not_confirmed", "account_closed", "account_already_linked", "too_many_attempts",
         "service_unreachable", "typed_wrong", "terms_not_accepted", "service_not_this_way",
         "draft_unknown", "draft_expired", "draft_done", "draft_incomplete", "draft_changed", "paper_missing",
         "kept_proof_refused", "no_card_in_case", "form_outdated", "counter_closed", "slip_unknown",
         "slip_not_printable", "slip_used", "booking_unknown", "booking_over", "no_bookings_here",
         "slot_unknown", "slot_full", "booked_another_day",
         "booked_elsewhere", "too_many_bookings", "number_unknown", "not_waiting", "line_closed", "line_full",
         "extension_not_later"}
    )  # fmt: skip

    def test_lists_every_refusal_of_an_act_with_its_status(self) -> None:
        expected = {code: str(status) for code, status in STATUSES.items() if code not in self.BEFORE}
        assert {code: status for code, status, _ in ROWS} == expected
