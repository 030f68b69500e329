"""The conformance vectors of docs/protocol/act.md, against both sides of our own code."""

import base64
import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from django.test import Client
from pytest_django import Settings

from cardagent.link import ActLink, InsecureLink, MalformedLink
from cardagent.statement import ForeignStatement, MalformedStatement, StatementExpired, check_statement, parse_statement
from cast import AT, RESERVATION, SITE
from jpki.certificate import CertificateId, parse_certificate
from jpki.path import TrustAnchors
from jpki.registry import MemoryRegistry, Revocation
from jpki.statement import encode_for_card
from mynapoint.act.models import UsedAct
from mynapoint.act.operations import propose
from mynapoint.act.rules import Authorities, Submission, read_statement
from mynapoint.act.verification import Expected, verify
from mynapoint.kernel.refusal import Refusal
from mynapoint.programme.queries import get_programme
from mynapoint.site.shell.refusals import STATUSES, explain

FOLDER = Path(__file__).parents[2] / "vectors" / "act"


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


class TestSignatures:
    @pytest.mark.parametrize("case", SIGNATURES["cases"], ids=lambda case: case["name"])
    def test_cover_the_digest_that_is_told(self, case: dict[str, Any]) -> None:
        statement, certificate = decode(case["statement"]), decode(case["certificate"])
        assert encode_for_card(statement, certificate=certificate).hex() == case["for_card"]
        assert case["for_card"].endswith(case["digest"])

    @pytest.mark.django_db
    @pytest.mark.parametrize("case", SIGNATURES["cases"], ids=lambda case: case["name"])
    def test_are_answered_as_the_vectors_say(self, programme: str, case: dict[str, Any]) -> None:
        assert _judge_signature(case, programme=programme) == case["expected"]

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


def _judge_signature(case: dict[str, Any], *, programme: str) -> dict[str, object]:
    at, statement = datetime.fromisoformat(case["at"]), decode(case["statement"])
    fields = read_statement(statement)
    expected = Expected(
        statement=statement,
        fields=fields,
        expires_at=datetime.fromisoformat(fields["expires_at"]),
        audience="https://mynapoint.example",
        programme=get_programme(programme, at=at),
    )
    submission = Submission(signature=decode(case["signature"]), certificate=decode(case["certificate"]))
    try:
        verify(submission, expected, authorities=_make_authorities(case), at=at)
    except Refusal as refusal:
        return {"status": explain(refusal.code, refusal.data(), names={}).status, "code": refusal.code}
    return {"status": 200, "kind": fields["kind"]}


def _make_authorities(case: dict[str, Any]) -> Authorities:
    registry = MemoryRegistry()
    if len(decode(case["certificate"])) > 1:
        name = CertificateId.of(parse_certificate(decode(case["certificate"])))
        first = CertificateId(name.issuer_key_id, 1)
        registry.add(first, predecessor=None)
        registry.add(name, predecessor=first if case.get("renewed") else None)
        if case.get("revoked"):
            at = datetime.fromisoformat(case["at"])
            registry.revoke(name, Revocation(revoked_at=at, reason=x509.ReasonFlags.key_compromise))
    anchors = TrustAnchors(x509.load_der_x509_certificate(decode(anchor)) for anchor in SIGNATURES["anchors"])
    return Authorities(anchors=anchors, registry=registry)


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
    PAGE = Path(__file__).parents[2] / "docs" / "protocol" / "act.md"
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
        rows = re.findall(r"^\| `(\w+)` \| (\d{3}) \|", self.PAGE.read_text(encoding="utf-8"), re.MULTILINE)
        expected = {code: str(status) for code, status in STATUSES.items() if code not in self.BEFORE}
        assert dict(rows) == expected
