"""A period from its roll to its claim, over the wire, with the services' own client."""

import json
from collections.abc import Callable
from datetime import timedelta

import httpx2
import pytest
from django.test import Client
from pytest_django import Settings
from service_api_cast import CLOSING, FUJI, NOON, PERIOD, PROGRAMME, SAKURA, ask, link_accounts, send

from mynapoint.closing.models import JudgedClosing
from mynapoint.closing.operations import reopen_closing
from mynapoint.journal.operations import sequence
from mynapoint.service_api.identity import platform_key
from mynapoint.settlement.operations import raise_missing_claims
from paymentservice.client import PlatformClient, Roll
from paymentservice.closing_book import ClosingBook, fill_roll
from paymentservice.encoding import to_base64url
from paymentservice.exchange import Peer, ProblemAnswered, SignedClient
from paymentservice.messages import Request, SigningKey
from paymentservice.wire import AuditVerdict, ClosingState, SealedTotals
from sealedclaim.roll import roll_digest
from sealedclaim.sealing import SealedClaim, salted, seal

pytestmark = pytest.mark.usefixtures("registered")

MINUTE = timedelta(minutes=1)
WHERE = {"programme": PROGRAMME, "period": PERIOD}
Services = Callable[[SigningKey], PlatformClient]


class InProcess(httpx2.BaseTransport):
    """Hands requests to the platform in this process, so that they are part of the test's transaction."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        headers = {name.title(): value for name, value in request.headers.items()}
        answer = send(
            self._client, Request(method=request.method, url=str(request.url), headers=headers, body=request.read())
        )
        return httpx2.Response(
            answer.status_code, headers=dict(answer.headers), stream=httpx2.ByteStream(answer.content)
        )


@pytest.fixture
def services(client: Client) -> Services:
    """Return each service's way to the platform."""
    key = platform_key()
    peer = Peer(base_url="http://127.0.0.1:8000/service/v1", public_keys={key.keyid: key.private_key.public_key()})
    transport = InProcess(client)

    def client_of(signing_key: SigningKey) -> PlatformClient:
        return PlatformClient(SignedClient(peer=peer, key=signing_key, clock=lambda: NOON, transport=transport))

    return client_of


def sealed_book(tokens: list[bytes], *, points: int) -> SealedClaim:
    return seal(salted([(token, points) for token in sorted(tokens)], closing_key=bytes(32), period=PERIOD))


def kept_book(roll: Roll, points: int, *, attempt: int) -> ClosingBook:
    """Seal a roll as the kit does, everybody with the same points."""
    return ClosingBook.of_rows(
        fill_roll(roll, dict.fromkeys(roll.tokens, points), cap=5000),
        programme=roll.programme,
        service="sakura",
        period=roll.period,
        digest=roll.digest,
        closing_key=bytes(32),
        attempt=attempt,
    )


def totals_of(tokens: list[bytes], book: SealedClaim) -> SealedTotals:
    return SealedTotals(
        roll_digest=to_base64url(roll_digest(sorted(tokens), count=len(tokens))),
        count=len(tokens),
        total=book.commitment.total,
        root=to_base64url(book.commitment.root),
    )


class TestGetRoll:
    def test_names_the_links_of_the_period(self, services: Services) -> None:
        tokens = link_accounts(3)
        link_accounts(1, linked_at=NOON)
        roll = services(SAKURA).get_roll(**WHERE)
        assert roll.tokens == tuple(sorted(tokens))
        assert roll.digest == roll_digest(sorted(tokens), count=3)

    def test_comes_in_pages(self, client: Client) -> None:
        tokens = sorted(link_accounts(5))
        path = f"/service/v1/programmes/{PROGRAMME}/periods/{PERIOD}/roll?limit=2"
        after, seen = "", []
        while after is not None:
            page = json.loads(ask(client, "GET", path + (f"&after={after}" if after else "")).content)
            seen += page["tokens"]
            after = page["next"]
        assert seen == [to_base64url(token) for token in tokens]

    def test_shows_a_service_its_own_links_only(self, services: Services) -> None:
        mine, theirs = link_accounts(2), link_accounts(2, service="fuji")
        assert set(services(SAKURA).get_roll(**WHERE).tokens) == set(mine)
        assert set(services(FUJI).get_roll(**WHERE).tokens) == set(theirs)


class TestPutClosing:
    def test_seals_once_and_says_so_again(self, client: Client) -> None:
        tokens = link_accounts(3)
        body = totals_of(tokens, sealed_book(tokens, points=5000)).model_dump_json().encode()
        assert [ask(client, "PUT", CLOSING, body=body).status_code for _ in range(2)] == [201, 200]

    def test_refuses_other_totals(self, services: Services) -> None:
        tokens = link_accounts(3)
        for points, code in ((5000, None), (4999, "closing_already_sealed")):
            totals = totals_of(tokens, sealed_book(tokens, points=points))
            if code is None:
                assert services(SAKURA).put_closing(totals, **WHERE).state == "sealed"
                continue
            with pytest.raises(ProblemAnswered) as caught:
                services(SAKURA).put_closing(totals, **WHERE)
            assert caught.value.problem.code == code

    def test_refuses_another_services_roll(self, services: Services) -> None:
        tokens = link_accounts(3)
        with pytest.raises(ProblemAnswered) as caught:
            services(FUJI).put_closing(totals_of(tokens, sealed_book(tokens, points=1)), **WHERE)
        assert caught.value.problem.code == "roll_mismatch"

    @pytest.mark.parametrize(
        ("body", "status", "code"),
        [
            (b"", 400, "malformed_json"),
            (b"{", 400, "malformed_json"),
            (b"\xff", 400, "malformed_json"),
            (b"[]", 422, "invalid_field"),
            (b"{}", 422, "invalid_field"),
            (b'{"shop": "x"}', 422, "unknown_field"),
            (b" " * 65_537, 413, "body_too_large"),
        ],
    )
    def test_refuses_what_is_no_sealed_total(self, client: Client, body: bytes, status: int, code: str) -> None:
        answer = ask(client, "PUT", CLOSING, body=body)
        assert (answer.status_code, json.loads(answer.content)["code"]) == (status, code)

    def test_refuses_another_kind_of_body(self, client: Client) -> None:
        answer = ask(client, "PUT", CLOSING, body=b"{}", content_type="text/plain")
        assert answer.status_code == 415


class TestPostOpenings:
    def test_leads_to_a_claim(self, services: Services) -> None:
        tokens = link_accounts(3)
        book = sealed_book(tokens, points=5000)
        service = services(SAKURA)
        service.put_closing(totals_of(tokens, book), **WHERE)
        sequence(at=NOON)
        drawn = service.get_closing(**WHERE)
        assert (drawn.state, drawn.draw, drawn.claim) == ("drawn", [0, 1, 2], None)
        verdict = service.post_openings([book.open_row(index) for index in drawn.draw or ()], **WHERE)
        assert verdict == AuditVerdict(state="accepted")
        claim = service.get_closing(**WHERE).claim
        assert claim is not None
        assert (claim.amount, claim.state) == (15_000, "awaiting_approval")

    def test_names_the_row_that_does_not_hold(self, services: Services) -> None:
        tokens = link_accounts(3)
        book, other = sealed_book(tokens, points=5000), sealed_book(tokens, points=4000)
        service = services(SAKURA)
        service.put_closing(totals_of(tokens, book), **WHERE)
        sequence(at=NOON)
        verdict = service.post_openings([other.open_row(index) for index in range(3)], **WHERE)
        assert (verdict.state, verdict.index) == ("rejected", 0)
        state = service.get_closing(**WHERE)
        assert (state.state, state.claim, state.draw) == ("rejected", None, None)

    def test_are_judged_anew_when_a_rejected_closing_is_reopened_and_corrected(self, services: Services) -> None:
        service = services(SAKURA)
        tokens = link_accounts(3)
        roll = service.get_roll(**WHERE)
        first, second = (kept_book(roll, points, attempt=attempt) for attempt, points in ((1, 5000), (2, 4000)))
        service.put_closing(first.totals, **WHERE)
        sequence(at=NOON)
        assert service.post_openings(second.open_rows(range(3)), **WHERE).state == "rejected"
        reopen_closing(
            service_id="sakura", programme_id=PROGRAMME, period_id=PERIOD, user_id=1, reason="service_corrects", at=NOON
        )
        reopened = service.get_closing(**WHERE)
        assert (reopened.state, reopened.reason) == ("reopened", "root_mismatch")
        assert service.put_closing(second.totals, **WHERE).state == "sealed"
        sequence(at=NOON + MINUTE)
        drawn = service.get_closing(**WHERE).draw or []
        assert service.post_openings(second.open_rows(drawn), **WHERE).state == "accepted"
        claim = service.get_closing(**WHERE).claim
        assert claim is not None
        assert claim.amount == 4000 * len(tokens)

    def test_waits_for_the_draw(self, services: Services) -> None:
        tokens = link_accounts(1)
        book = sealed_book(tokens, points=1)
        services(SAKURA).put_closing(totals_of(tokens, book), **WHERE)
        with pytest.raises(ProblemAnswered) as caught:
            services(SAKURA).post_openings([book.open_row(0)], **WHERE)
        assert caught.value.problem.code == "closing_not_drawn"

    def test_shows_nobody_elses_closing(self, services: Services) -> None:
        tokens = link_accounts(1)
        services(SAKURA).put_closing(totals_of(tokens, sealed_book(tokens, points=1)), **WHERE)
        with pytest.raises(ProblemAnswered) as caught:
            services(FUJI).get_closing(**WHERE)
        assert caught.value.problem.code == "closing_unknown"

    def test_raises_the_claim_later_when_it_crashed_after_the_verdict(
        self, services: Services, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tokens = link_accounts(1)
        book = sealed_book(tokens, points=5000)
        service = services(SAKURA)
        service.put_closing(totals_of(tokens, book), **WHERE)
        sequence(at=NOON)
        monkeypatch.setattr("mynapoint.service_api.api.raise_claims", crash)
        with pytest.raises(ZeroDivisionError):
            service.post_openings([book.open_row(0)], **WHERE)
        assert service.get_closing(**WHERE).claim is None
        raise_missing_claims(at=NOON + MINUTE)
        raise_missing_claims(at=NOON + MINUTE)
        claim = service.get_closing(**WHERE).claim
        assert claim is not None
        assert claim.amount == 5000

    def test_keeps_nothing_of_a_refused_opening(self, client: Client) -> None:
        answer = ask(client, "POST", CLOSING + "/openings", body=b'{"openings": [{"amount": 980}]}')
        assert json.loads(answer.content)["code"] == "unknown_field"
        assert b"980" not in answer.content
        assert not JudgedClosing.objects.exists()

    def test_reads_up_to_four_mebibytes(self, client: Client) -> None:
        limit = 4 * 1024 * 1024
        for size, status in ((limit, 400), (limit + 1, 413)):
            assert ask(client, "POST", CLOSING + "/openings", body=b" " * size).status_code == status


def crash(**_: object) -> int:
    return 1 // 0


class TestClosingState:
    def test_waits_for_the_draw(self, services: Services, settings: Settings) -> None:
        tokens = link_accounts(1)
        put = services(SAKURA).put_closing(totals_of(tokens, sealed_book(tokens, points=1)), **WHERE)
        assert put == services(SAKURA).get_closing(**WHERE) == ClosingState(state="sealed")
