"""The service's side of the wire contract, asked over HTTP."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from service_parties import PLATFORM, STRANGER, public_keys
from service_process import START, ServiceProcess

from paymentservice.bodies import write_body
from paymentservice.encoding import from_base64url, to_base64url
from paymentservice.exchange import ProblemAnswered
from paymentservice.messages import Request, Response, SigningKey, sign_request, verify_response
from paymentservice.problems import Problem, read_problem
from paymentservice.wire import REFERENCE_DAYS, AccountCheck, AccountConfirmed, Linked, LinkOrder

PROGRAMME = "mynapoint-2020"


@dataclass(frozen=True)
class Customer:
    """A customer's id and codes as their wallet shows them."""

    account_id: str
    codes: list[str]
    wallet: str


@pytest.fixture
def customer(hanamaru: ServiceProcess) -> Customer:
    return open_customer(hanamaru)


def open_customer(service: ServiceProcess) -> Customer:
    return Customer(**service.run("account", "open"))


def check(service: ServiceProcess, account_id: str, codes: list[str]) -> AccountConfirmed:
    asked = AccountCheck(programme=PROGRAMME, account_id=account_id, codes=codes)
    with service.client() as client:
        return client.ask(AccountConfirmed, "POST", "/account-checks", content=write_body(asked))


def link(service: ServiceProcess, reference: str, token: bytes, *, programme: str = PROGRAMME) -> Linked:
    order = LinkOrder(programme=programme, link_token=to_base64url(token), account_reference=reference)
    with service.client() as client:
        return client.ask(Linked, "POST", "/links", content=write_body(order))


def problem_of(act: Callable[[], object]) -> Problem:
    with pytest.raises(ProblemAnswered) as refused:
        act()
    return refused.value.problem


def send(service: ServiceProcess, request: Request) -> Response:
    """Send a request as it is, however wrong."""
    answer = httpx2.request(
        request.method, request.url, headers=dict(request.headers), content=request.body, trust_env=False, timeout=30
    )
    return Response(status=answer.status_code, headers=dict(answer.headers), body=answer.content)


def a_link_request(service: ServiceProcess, body: bytes = b"{}") -> Request:
    url = f"{service.config.service.base_url}/links"
    return Request(method="POST", url=url, headers={"Content-Type": "application/json"}, body=body)


def signed(service: ServiceProcess, request: Request, *, key: SigningKey = PLATFORM, age: float = 0) -> Request:
    return sign_request(request, key=key, at=service.clock() - timedelta(seconds=age))


class TestAccountChecks:
    def test_confirm_an_account_with_a_masked_hint(self, hanamaru: ServiceProcess, customer: Customer) -> None:
        confirmed = check(hanamaru, customer.account_id, customer.codes)
        assert len(from_base64url(confirmed.account_reference)) == 32
        assert confirmed.hint == f"はなまる会員番号 ＊＊＊＊＊＊{customer.account_id[-4:]}"

    def test_give_every_check_a_reference_of_its_own(self, hanamaru: ServiceProcess, customer: Customer) -> None:
        first, second = (check(hanamaru, customer.account_id, customer.codes) for _ in range(2))
        assert first.account_reference != second.account_reference

    def test_read_ids_and_codes_as_people_type_them(self, sakura: ServiceProcess) -> None:
        customer = open_customer(sakura)
        wide = customer.account_id.translate({ord(str(digit)): 0xFF10 + digit for digit in range(10)})
        typed = "－".join(wide[start : start + 4] for start in range(0, 16, 4))
        confirmed = check(sakura, typed, [f" {customer.codes[0]}", customer.codes[1].lower()])
        assert confirmed.hint == f"カード番号 ＊＊＊＊ ＊＊＊＊ ＊＊＊＊ {customer.account_id[-4:]}"

    def test_answer_a_wrong_code_and_an_unknown_id_alike(self, hanamaru: ServiceProcess, customer: Customer) -> None:
        wrong_code = problem_of(lambda: check(hanamaru, customer.account_id, ["not it"]))
        unknown_id = problem_of(lambda: check(hanamaru, "0000000000", customer.codes))
        assert wrong_code == unknown_id
        assert wrong_code.code == "account_not_confirmed"

    @pytest.mark.parametrize("change", [lambda c: [*c, c[0]], lambda c: c[:1], lambda c: c[::-1]])
    def test_want_exactly_the_account_s_codes(
        self, sakura: ServiceProcess, change: Callable[[list[str]], list[str]]
    ) -> None:
        customer = open_customer(sakura)
        assert problem_of(lambda: check(sakura, customer.account_id, change(customer.codes))).status == 422

    def test_stop_after_five_wrong_tries_even_for_the_right_codes(
        self, hanamaru: ServiceProcess, customer: Customer
    ) -> None:
        for _ in range(5):
            assert problem_of(lambda: check(hanamaru, customer.account_id, ["000"])).status == 422
        stopped = problem_of(lambda: check(hanamaru, customer.account_id, customer.codes))
        assert (stopped.status, stopped.code) == (429, "too_many_attempts")
        retry_after = stopped.data["retry_after"]
        assert isinstance(retry_after, int)
        assert 0 < retry_after <= 900

    def test_go_on_once_the_time_has_passed(self, tmp_path_factory: pytest.TempPathFactory) -> None:
        service = ServiceProcess.prepare("hanamaru", tmp_path_factory.mktemp("waiting")).start()
        try:
            customer = open_customer(service)
            for _ in range(5):
                problem_of(lambda: check(service, customer.account_id, ["000"]))
            service.set_clock(service.clock() + timedelta(minutes=15))
            assert check(service, customer.account_id, customer.codes)
        finally:
            service.stop()

    def test_stop_for_an_unknown_id_too(self, hanamaru: ServiceProcess) -> None:
        problems = [problem_of(lambda: check(hanamaru, "1111111111", ["000"])).code for _ in range(6)]
        assert problems == ["account_not_confirmed"] * 5 + ["too_many_attempts"]

    def test_never_let_more_than_five_through_at_once(self, hanamaru: ServiceProcess, customer: Customer) -> None:
        with ThreadPoolExecutor(12) as pool:
            codes = list(
                pool.map(lambda _: problem_of(lambda: check(hanamaru, customer.account_id, ["000"])).code, range(12))
            )
        assert codes.count("account_not_confirmed") == 5

    def test_tell_of_a_closed_account_only_who_knows_its_codes(self, hanamaru: ServiceProcess) -> None:
        customer = open_customer(hanamaru)
        hanamaru.run("account", "close", customer.account_id)
        assert problem_of(lambda: check(hanamaru, customer.account_id, ["0"])).code == "account_not_confirmed"
        assert problem_of(lambda: check(hanamaru, customer.account_id, customer.codes)).code == "account_closed"

    def test_refuse_an_account_that_is_linked(self, hanamaru: ServiceProcess, customer: Customer) -> None:
        link(hanamaru, check(hanamaru, customer.account_id, customer.codes).account_reference, b"A" * 16)
        refused = problem_of(lambda: check(hanamaru, customer.account_id, customer.codes))
        assert (refused.status, refused.code) == (409, "account_already_linked")

    def test_refuse_the_reissued_id_of_a_linked_account(self, hanamaru: ServiceProcess, customer: Customer) -> None:
        link(hanamaru, check(hanamaru, customer.account_id, customer.codes).account_reference, b"B" * 16)
        reissued = Customer(**hanamaru.run("account", "reissue", customer.account_id))
        refused = problem_of(lambda: check(hanamaru, reissued.account_id, reissued.codes))
        assert refused.code == "account_already_linked"

    def test_refuse_a_programme_that_the_service_is_not_in(self, hanamaru: ServiceProcess) -> None:
        asked = AccountCheck(programme="city-2022", account_id="1", codes=["1"])
        with hanamaru.client() as client:
            refused = problem_of(
                lambda: client.ask(AccountConfirmed, "POST", "/account-checks", content=write_body(asked))
            )
        assert refused.code == "programme_unknown"


class TestLinks:
    def test_stand_from_the_first_time_on(self, hanamaru: ServiceProcess, customer: Customer) -> None:
        reference = check(hanamaru, customer.account_id, customer.codes).account_reference
        order = LinkOrder(programme=PROGRAMME, link_token=to_base64url(b"C" * 16), account_reference=reference)
        answers = [
            send(hanamaru, signed(hanamaru, a_link_request(hanamaru, write_body(order)))).status for _ in range(3)
        ]
        assert answers == [201, 200, 200]
        assert hanamaru.run("account", "show", customer.account_id)["linked_programmes"] == [PROGRAMME]

    def test_refuse_a_second_token_for_an_account(self, hanamaru: ServiceProcess, customer: Customer) -> None:
        references = [check(hanamaru, customer.account_id, customer.codes).account_reference for _ in range(2)]
        link(hanamaru, references[0], b"D" * 16)
        for reference in references:
            assert problem_of(lambda r=reference: link(hanamaru, r, b"E" * 16)).code == "account_already_linked"

    def test_refuse_a_token_that_stands_for_another_account(self, hanamaru: ServiceProcess, customer: Customer) -> None:
        link(hanamaru, check(hanamaru, customer.account_id, customer.codes).account_reference, b"F" * 16)
        other = open_customer(hanamaru)
        reference = check(hanamaru, other.account_id, other.codes).account_reference
        assert problem_of(lambda: link(hanamaru, reference, b"F" * 16)).code == "link_token_taken"

    def test_refuse_a_reference_from_nowhere(self, hanamaru: ServiceProcess) -> None:
        refused = problem_of(lambda: link(hanamaru, to_base64url(bytes(32)), b"G" * 16))
        assert (refused.status, refused.code) == (422, "reference_unknown")

    def test_are_made_until_the_last_second_of_the_days_that_a_reference_is_kept(
        self, hanamaru: ServiceProcess, customer: Customer
    ) -> None:
        kept_until = START + timedelta(days=REFERENCE_DAYS)
        try:
            hanamaru.set_clock(START, running=False)
            other = open_customer(hanamaru)
            kept, lost = (check(hanamaru, each.account_id, each.codes).account_reference for each in (customer, other))
            hanamaru.set_clock(kept_until - timedelta(seconds=1), running=False)
            assert link(hanamaru, kept, b"M" * 16).state == "linked"
            hanamaru.set_clock(kept_until, running=False)
            assert problem_of(lambda: link(hanamaru, lost, b"N" * 16)).code == "reference_unknown"
        finally:
            hanamaru.set_clock(START)

    def test_refuse_an_account_closed_since_its_check(self, hanamaru: ServiceProcess, customer: Customer) -> None:
        reference = check(hanamaru, customer.account_id, customer.codes).account_reference
        hanamaru.run("account", "close", customer.account_id)
        assert problem_of(lambda: link(hanamaru, reference, b"H" * 16)).code == "account_closed"

    def test_carry_over_to_an_id_reissued_since_the_check(self, hanamaru: ServiceProcess, customer: Customer) -> None:
        reference = check(hanamaru, customer.account_id, customer.codes).account_reference
        reissued = hanamaru.run("account", "reissue", customer.account_id)
        assert link(hanamaru, reference, b"I" * 16).state == "linked"
        assert hanamaru.run("account", "show", reissued["account_id"])["linked_programmes"] == [PROGRAMME]

    def test_are_made_once_when_one_token_comes_many_times_at_once(
        self, hanamaru: ServiceProcess, customer: Customer
    ) -> None:
        reference = check(hanamaru, customer.account_id, customer.codes).account_reference
        order = LinkOrder(programme=PROGRAMME, link_token=to_base64url(b"J" * 16), account_reference=reference)
        barrier = threading.Barrier(8)

        def send_at_once(_: int) -> int:
            request = signed(hanamaru, a_link_request(hanamaru, write_body(order)))
            barrier.wait()
            return send(hanamaru, request).status

        with ThreadPoolExecutor(8) as pool:
            assert sorted(pool.map(send_at_once, range(8))) == [200] * 7 + [201]

    def test_are_made_once_when_two_tokens_race_for_an_account(
        self, hanamaru: ServiceProcess, customer: Customer
    ) -> None:
        references = [check(hanamaru, customer.account_id, customer.codes).account_reference for _ in range(8)]
        barrier = threading.Barrier(8)

        def race(number: int) -> int:
            order = LinkOrder(
                programme=PROGRAMME,
                link_token=to_base64url(bytes([number]) * 16),
                account_reference=references[number],
            )
            request = signed(hanamaru, a_link_request(hanamaru, write_body(order)))
            barrier.wait()
            return send(hanamaru, request).status

        with ThreadPoolExecutor(8) as pool:
            assert sorted(pool.map(race, range(8))) == [201] + [409] * 7


class TestSignatures:
    def test_are_wanted_for_every_address_but_the_wallets(self, hanamaru: ServiceProcess) -> None:
        base = hanamaru.config.service.base_url
        for method, url in [
            ("POST", f"{base}/links"),
            ("POST", f"{base}/account-checks"),
            ("GET", f"{base}/links"),
            ("GET", base),
            ("GET", f"{base}/nothing/here"),
            ("GET", hanamaru.origin),
            ("DELETE", f"{hanamaru.origin}/admin/"),
        ]:
            answer = send(hanamaru, Request(method=method, url=url))
            assert (answer.status, read_problem(answer.body).code) == (401, "signature_missing")

    def test_are_on_every_answer(self, hanamaru: ServiceProcess) -> None:
        request = signed(hanamaru, a_link_request(hanamaru))
        answer = send(hanamaru, request)
        assert answer.status == 422
        keys = public_keys(hanamaru.config.signing_key)
        assert verify_response(answer, request=request, keys=keys, at=hanamaru.clock()).keyid == "hanamaru-1"

    @pytest.mark.parametrize(
        ("key", "age", "code"),
        [(STRANGER, 0, "unknown_key"), (PLATFORM, 70, "clock_too_far"), (PLATFORM, -20, "clock_too_far")],
    )
    def test_of_foreign_keys_and_stale_clocks_are_refused(
        self, hanamaru: ServiceProcess, key: SigningKey, age: float, code: str
    ) -> None:
        answer = send(hanamaru, signed(hanamaru, a_link_request(hanamaru), key=key, age=age))
        assert (answer.status, read_problem(answer.body).code) == (401, code)

    def test_are_taken_once(self, hanamaru: ServiceProcess) -> None:
        request = signed(hanamaru, a_link_request(hanamaru))
        codes = [read_problem(send(hanamaru, request).body).code for _ in range(2)]
        assert codes == ["invalid_field", "replayed"]

    def test_are_taken_once_when_they_come_at_once(self, hanamaru: ServiceProcess) -> None:
        request = signed(hanamaru, a_link_request(hanamaru))
        with ThreadPoolExecutor(8) as pool:
            answers = pool.map(lambda _: read_problem(send(hanamaru, request).body).code, range(8))
            assert sorted(answers) == ["invalid_field"] + ["replayed"] * 7

    def test_do_not_hold_for_another_service(self, hanamaru: ServiceProcess, sakura: ServiceProcess) -> None:
        request = signed(hanamaru, a_link_request(sakura))
        answer = send(hanamaru, replace(request, url=a_link_request(hanamaru).url))
        assert read_problem(answer.body).code == "signature_invalid"

    def test_do_not_hold_for_another_body(self, hanamaru: ServiceProcess) -> None:
        answer = send(hanamaru, replace(signed(hanamaru, a_link_request(hanamaru)), body=b"[]"))
        assert (answer.status, read_problem(answer.body).code) == (400, "digest_mismatch")

    @settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        # No client sends a value with blanks around it (RFC 9110, 5.5).
        st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=80).map(str.strip),
        st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=80).map(str.strip),
        st.binary(max_size=80),
    )
    def test_of_random_text_are_refused_with_a_problem(
        self, hanamaru: ServiceProcess, inputs: str, signature: str, body: bytes
    ) -> None:
        answer = httpx2.post(
            a_link_request(hanamaru).url,
            headers=[(b"Signature-Input", inputs.encode("latin-1")), (b"Signature", signature.encode("latin-1"))],
            content=body,
            trust_env=False,
        )
        assert answer.status_code in {400, 401}
        assert read_problem(answer.content)


class TestBodies:
    @pytest.mark.parametrize(
        ("body", "status", "code"),
        [
            (b"", 400, "malformed_json"),
            (b"nonsense", 400, "malformed_json"),
            (b"[]", 422, "invalid_field"),
            (b'{"programme":"mynapoint-2020","link_token":"AAAA","account_reference":"AAAA"}', 422, "invalid_field"),
            (b'{"holder":"Hanako"}', 422, "unknown_field"),
        ],
    )
    def test_that_do_not_fit_are_refused(self, hanamaru: ServiceProcess, body: bytes, status: int, code: str) -> None:
        answer = send(hanamaru, signed(hanamaru, a_link_request(hanamaru, body)))
        assert (answer.status, read_problem(answer.body).code) == (status, code)

    def test_over_64_kib_are_refused(self, hanamaru: ServiceProcess) -> None:
        answers = [
            send(hanamaru, signed(hanamaru, a_link_request(hanamaru, b" " * size))) for size in (65_536, 65_537, 10**6)
        ]
        assert [answer.status for answer in answers] == [400, 413, 413]

    @settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        st.binary(max_size=200)
        | st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5).map(
            lambda value: str(value).encode("utf-8", "replace")
        )
        | st.dictionaries(st.sampled_from(["programme", "link_token", "account_reference", "x"]), st.text()).map(
            lambda value: json.dumps(value).encode()
        )
    )
    def test_of_random_bytes_are_refused_with_a_problem(self, hanamaru: ServiceProcess, body: bytes) -> None:
        answer = send(hanamaru, signed(hanamaru, a_link_request(hanamaru, body)))
        assert answer.status in {400, 422}
        assert read_problem(answer.body)

    def test_are_not_logged(self, hanamaru: ServiceProcess) -> None:
        body = b'{"programme":"mynapoint-2020","tattle":"TATTLETALE"}'
        send(hanamaru, signed(hanamaru, a_link_request(hanamaru, body)))
        assert "TATTLETALE" not in (hanamaru.folder / "log").read_text()


class TestAddresses:
    @pytest.mark.parametrize(
        ("method", "path", "status", "code"),
        [
            ("GET", "/links", 405, "method_not_allowed"),
            ("PUT", "/account-checks", 405, "method_not_allowed"),
            ("POST", "/elsewhere", 404, "not_found"),
            ("POST", "/links/", 404, "not_found"),
            ("POST", "", 404, "not_found"),
        ],
    )
    def test_that_do_not_exist_are_refused(
        self, hanamaru: ServiceProcess, method: str, path: str, status: int, code: str
    ) -> None:
        url = hanamaru.config.service.base_url + path
        answer = send(hanamaru, signed(hanamaru, Request(method=method, url=url)))
        assert (answer.status, read_problem(answer.body).code) == (status, code)
