"""Wallets, statements, closings: the service's own business, by its commands and its wallet pages."""

import json
import re
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from platform_stub import PlatformStub
from service_parties import PLATFORM, public_keys
from service_process import ServiceProcess

from paymentservice.bodies import write_body
from paymentservice.clock import FileClock
from paymentservice.encoding import to_base64url
from paymentservice.wire import AccountCheck, AccountConfirmed, Linked, LinkOrder
from sealedclaim.receipt import check_receipt, parse_receipt

PROGRAMME = "mynapoint-2020"
OCTOBER = datetime.fromisoformat("2020-10-01T00:00:00+09:00")


def open_linked(service: ServiceProcess, token: bytes) -> dict[str, Any]:
    """Open an account and link it as the platform does."""
    customer = service.run("account", "open")
    asked = AccountCheck(programme=PROGRAMME, account_id=customer["account_id"], codes=customer["codes"])
    with service.client() as client:
        confirmed = client.ask(AccountConfirmed, "POST", "/account-checks", content=write_body(asked))
        order = LinkOrder(
            programme=PROGRAMME, link_token=to_base64url(token), account_reference=confirmed.account_reference
        )
        client.ask(Linked, "POST", "/links", content=write_body(order))
    return customer


def get(url: str) -> httpx2.Response:
    return httpx2.get(url, trust_env=False, timeout=30)


def post(url: str, **form: str) -> httpx2.Response:
    return httpx2.post(url, data=form, trust_env=False, timeout=30)


class TestQrWallet:
    def test_grants_with_every_charge_up_to_the_cap_and_spends_points_in_shops(self, hanamaru: ServiceProcess) -> None:
        account = open_linked(hanamaru, b"1" * 16)["account_id"]
        assert hanamaru.run("wallet", "charge", account, "10001")["points"] == 2500 + 500
        assert hanamaru.run("wallet", "charge", account, "15000")["points"] == 5000 + 1000
        spent = hanamaru.run("wallet", "spend", account, "5500", "--shop", "midori")
        assert (spent["money"], spent["points"]) == (25_001, 500)

    def test_grants_nothing_before_the_link(self, hanamaru: ServiceProcess) -> None:
        account = hanamaru.run("account", "open")["account_id"]
        assert hanamaru.run("wallet", "charge", account, "20000")["points"] == 0

    def test_takes_points_back_with_a_reversed_charge(self, hanamaru: ServiceProcess) -> None:
        account = open_linked(hanamaru, b"2" * 16)["account_id"]
        order = hanamaru.run("wallet", "charge", account, "1000")["order"]
        reversed_ = hanamaru.run("wallet", "reverse", account, order)
        assert (reversed_["money"], reversed_["points"]) == (0, 0)
        assert "entry_unknown" in hanamaru.try_run("wallet", "reverse", account, order).stderr

    def test_carries_everything_over_to_a_reissued_id(self, hanamaru: ServiceProcess) -> None:
        account = open_linked(hanamaru, b"3" * 16)["account_id"]
        hanamaru.run("wallet", "charge", account, "15000")
        reissued = hanamaru.run("account", "reissue", account)["account_id"]
        assert hanamaru.run("wallet", "charge", reissued, "15000")["points"] == 5000 + 1000
        assert "instrument_closed" in hanamaru.try_run("wallet", "charge", account, "1").stderr

    def test_does_an_order_once(self, hanamaru: ServiceProcess) -> None:
        account = hanamaru.run("account", "open")["account_id"]
        for _ in range(2):
            answer = hanamaru.run("wallet", "charge", account, "700", "--order", "morning")
        assert answer["money"] == 700

    @pytest.mark.parametrize(
        ("arguments", "code"),
        [
            (["charge", "{}", "0"], "amount_unusable"),
            (["charge", "{}", "1000001"], "amount_unusable"),
            (["buy", "{}", "1", "--shop", "midori"], "money_short"),
            (["spend", "{}", "1", "--shop", "midori"], "points_short"),
            (["spend", "{}", "1", "--shop", "nowhere"], "shop_unknown"),
            (["charge", "0000000000", "1"], "account_unknown"),
        ],
    )
    def test_says_what_cannot_be_done(self, hanamaru: ServiceProcess, arguments: list[str], code: str) -> None:
        account = hanamaru.run("account", "open")["account_id"]
        done = hanamaru.try_run("wallet", *(argument.format(account) for argument in arguments))
        assert (done.returncode, f"[{code}]" in done.stderr) == (1, True)


class TestLedgers:
    @pytest.mark.parametrize("change", ["UPDATE {} SET entered_at = 0", "DELETE FROM {}"])
    @pytest.mark.parametrize("ledger", ["reference_moneyentry", "reference_pointentry"])
    def test_are_append_only(self, hanamaru: ServiceProcess, ledger: str, change: str) -> None:
        account = open_linked(hanamaru, ledger[10:18].encode() + change[:8].encode())["account_id"]
        hanamaru.run("wallet", "charge", account, "1000")
        connected = closing(sqlite3.connect(hanamaru.folder / "hanamaru.sqlite3"))
        with connected as database, pytest.raises(sqlite3.IntegrityError, match="append-only"):
            database.execute(change.format(ledger))


class TestWalletPage:
    def test_is_a_marked_sample_under_a_strict_policy(self, hanamaru: ServiceProcess) -> None:
        page = get(hanamaru.run("account", "open")["wallet"])
        assert page.status_code == 200
        assert "見本" in page.text
        assert "<script" not in page.text
        assert " style=" not in page.text
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
        assert "unsafe" not in page.headers["Content-Security-Policy"]
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert "no-store" in page.headers["Cache-Control"]
        assert not page.cookies

    def test_has_its_style_sheet(self, hanamaru: ServiceProcess) -> None:
        page = get(hanamaru.run("account", "open")["wallet"])
        sheet = re.search(r'href="(/static/[^"]+\.css)"', page.text)
        assert sheet
        assert get(hanamaru.origin + sheet[1]).headers["Content-Type"].startswith("text/css")

    def test_shows_new_codes_once(self, hanamaru: ServiceProcess) -> None:
        customer = hanamaru.run("account", "open")
        assert "新しい確認番号を発行する" in get(customer["wallet"]).text
        shown = re.findall(r'class="number">(\d{6})<', post(f"{customer['wallet']}codes").text)
        asked = AccountCheck(programme=PROGRAMME, account_id=customer["account_id"], codes=shown)
        with hanamaru.client() as client:
            assert client.ask(AccountConfirmed, "POST", "/account-checks", content=write_body(asked))
        assert shown[0] not in get(customer["wallet"]).text

    @pytest.mark.parametrize("path", ["", "charge", "receipts/mynapoint-2020/2020-09", "receipts/a/b"])
    def test_does_not_exist_under_another_address(self, hanamaru: ServiceProcess, path: str) -> None:
        for method in ("GET", "POST"):
            answer = httpx2.request(method, f"{hanamaru.origin}/wallet/{'A' * 43}/{path}", trust_env=False)
            assert answer.status_code in {404, 405}
            assert answer.status_code == 405 or "ページがありません" in answer.text


class TestS4Spending:
    """Points are spent as that service's own points, in its shops (S4)."""

    def test_charges_buys_and_spends(self, hanamaru: ServiceProcess) -> None:
        customer = open_linked(hanamaru, b"4" * 16)
        wallet = customer["wallet"]
        answers = [
            post(f"{wallet}charge", amount="２０，０００", order="c1"),
            post(f"{wallet}buy", amount="300", shop="midori", order="b1"),
            post(f"{wallet}spend", amount="5000", shop="hidamari", order="s1"),
        ]
        assert [answer.status_code for answer in answers] == [303] * 3
        shown = hanamaru.run("account", "show", customer["account_id"])
        assert (shown["money"], shown["points"]) == (19_700, 1000)
        page = get(wallet).text
        assert "<b>19,700</b> 円" in page
        assert "<b>1,000</b> ポイント" in page
        lines = re.findall(r'<td>([^<]*)</td><td class="sum">([^<]*)</td><td class="sum">([^<]*)</td>', page)
        assert [line[1:] for line in lines] == [
            ("", "-5,000"), ("-300", ""), ("", "1,000"), ("", "5,000"), ("20,000", ""),
        ]  # fmt: skip
        assert "ひだまり食堂" in lines[0][0]

    def test_does_a_form_sent_twice_at_once_only_once(self, hanamaru: ServiceProcess) -> None:
        customer = hanamaru.run("account", "open")
        with ThreadPoolExecutor(8) as pool:
            statuses = list(
                pool.map(
                    lambda _: post(f"{customer['wallet']}charge", amount="100", order="same").status_code, range(8)
                )
            )
        assert statuses == [303] * 8
        assert hanamaru.run("account", "show", customer["account_id"])["money"] == 100

    def test_never_spends_the_same_points_twice(self, hanamaru: ServiceProcess) -> None:
        customer = open_linked(hanamaru, b"5" * 16)
        hanamaru.run("wallet", "charge", customer["account_id"], "400")
        with ThreadPoolExecutor(8) as pool:
            url = f"{customer['wallet']}spend"
            statuses = list(
                pool.map(lambda n: post(url, amount="100", shop="midori", order=f"s{n}").status_code, range(8))
            )
        assert sorted(statuses) == [303] + [422] * 7

    @pytest.mark.parametrize("amount", ["", "0", "-5", "1e3", "９９９９９９９９９９", "十", "5 0 0 円", "\x00"])
    def test_says_which_amounts_it_takes(self, hanamaru: ServiceProcess, amount: str) -> None:
        wallet = hanamaru.run("account", "open")["wallet"]
        answer = post(f"{wallet}charge", amount=amount, order="x")
        assert (answer.status_code, "できませんでした" in answer.text) == (422, True)


class TestCreditCard:
    @pytest.fixture
    def service(self, tmp_path: Path) -> Iterator[tuple[ServiceProcess, PlatformStub]]:
        """A card service and a platform that know each other."""
        clock = FileClock(tmp_path / "clock.json")
        stub = PlatformStub(key=PLATFORM, service_keys={}, clock=clock)
        service = ServiceProcess.prepare("sakura", tmp_path, platform_url=stub.base_url)
        stub.service_keys = public_keys(service.config.signing_key)
        yield service.start(), stub
        service.stop()
        stub.stop()

    def test_grants_by_statement_and_closes_what_it_granted(self, service: tuple[ServiceProcess, PlatformStub]) -> None:
        sakura, platform = service
        tokens = [bytes([number]) * 16 for number in (3, 1, 2)]
        customers = [open_linked(sakura, token)["account_id"] for token in tokens]
        for amount in ("3", "9998", "12000"):
            sakura.run("wallet", "buy", customers[0], amount, "--shop", "kawasemi")
        sakura.run("wallet", "buy", customers[1], "7", "--shop", "midori")
        assert sakura.run("account", "show", customers[0])["points"] == 0
        assert "not_offered" in sakura.try_run("wallet", "charge", customers[0], "1").stderr
        assert "month_not_over" in sakura.try_run("statement", "run", "--month", "2020-09").stderr
        assert "period_not_ended" in sakura.try_run("close", "--period", "2020-09").stderr

        sakura.set_clock(OCTOBER)
        platform.roll = tokens
        assert "statement_outstanding" in sakura.try_run("close", "--period", "2020-09").stderr
        for _ in range(2):
            sakura.run("statement", "run", "--month", "2020-09")
        points = [sakura.run("account", "show", customer)["points"] for customer in customers]
        assert points == [5000, 1, 0]

        sealed = [sakura.run("close", "--period", "2020-09") for _ in range(2)]
        assert (sealed[0]["count"], sealed[0]["total"]) == (3, 5001)
        assert sealed[0] == sealed[1]
        audited = sakura.run("answer-audit", "--period", "2020-09")
        assert (audited["state"], audited["opened"]) == ("accepted", 3)
        assert sakura.run("answer-audit", "--period", "2020-09")["state"] == "accepted"
        self._check_receipts(sakura, platform, customers)

    def _check_receipts(self, sakura: ServiceProcess, platform: PlatformStub, customers: list[str]) -> None:
        out = sakura.folder / "receipt.json"
        sakura.run("receipt", "--account", customers[1], "--period", "2020-09", "--out", str(out))
        receipt = parse_receipt(out.read_bytes())
        check_receipt(receipt)
        assert receipt.opening.points == 1
        assert to_base64url(receipt.commitment.root) == platform.sealed["2020-09"].root
        wallet = sakura.run("account", "show", customers[1])["wallet"]
        assert get(f"{wallet}receipts/mynapoint-2020/2020-09").content == out.read_bytes()

    def test_says_what_keeps_a_period_open(self, service: tuple[ServiceProcess, PlatformStub]) -> None:
        sakura, platform = service
        assert "period_unknown" in sakura.try_run("close", "--period", "1999-01").stderr
        assert "not_sealed" in sakura.try_run("answer-audit", "--period", "2020-09").stderr
        assert "month_malformed" in sakura.try_run("statement", "run", "--month", "September").stderr
        sakura.set_clock(OCTOBER)
        sakura.run("statement", "run", "--month", "2020-09")
        platform.roll = [b"?" * 16]
        assert "links_unknown" in sakura.try_run("close", "--period", "2020-09").stderr
        platform.stop()
        assert "peer_unreachable" in sakura.try_run("close", "--period", "2020-09").stderr


class TestConfig:
    @pytest.mark.parametrize(
        ("old", "new", "field"),
        [
            ('kind = "charge"', 'kind = "lottery"', "service.kind"),
            ("rate_percent = 25", "rate_percent = 101", "programmes.0.rate_percent"),
            ("cap = 5000", 'cap = "much"', "programmes.0.cap"),
            (
                "earning_from = 2020-09-01T00:00:00+09:00",
                "earning_from = 2020-09-01T00:00:00",
                "programmes.0.earning_from",
            ),
            ("cap = 5000", "cap = 5000\nmykey = 1", "programmes.0.mykey"),
            ('pattern = "[0-9]{6}"', 'pattern = "[0-9"', "accounts.codes.0.pattern"),
            ("/mynapoint/v1", "/mynapoint/v1/", "service.base_url"),
            ("[service]", "[service", "not TOML"),
        ],
    )
    def test_names_the_field_that_is_wrong(self, tmp_path: Path, old: str, new: str, field: str) -> None:
        service = ServiceProcess.prepare("hanamaru", tmp_path)
        text = service.config_path.read_text(encoding="utf-8")
        assert old in text
        service.config_path.write_text(text.replace(old, new, 1), encoding="utf-8")
        done = service.run_alone("account", "open")
        assert (done.returncode, field in done.stderr) == (1, True)

    def test_names_the_key_that_cannot_be_read(self, tmp_path: Path) -> None:
        service = ServiceProcess.prepare("hanamaru", tmp_path)
        (tmp_path / "hanamaru.code-key").unlink()
        done = service.run_alone("account", "open")
        assert (done.returncode, "hanamaru.code-key" in done.stderr) == (1, True)

    def test_stops_the_start_when_a_platform_key_is_none(self, tmp_path: Path) -> None:
        service = ServiceProcess.prepare("hanamaru", tmp_path)
        text = service.config_path.read_text(encoding="utf-8")
        service.config_path.write_text(re.sub(r'platform-1 = "[^"]*"', 'platform-1 = "AAAA"', text), encoding="utf-8")
        done = service.run_alone("serve")
        assert (done.returncode, "platform-1" in done.stderr) == (1, True)

    def test_generates_keys_once(self, tmp_path: Path) -> None:
        service = ServiceProcess.prepare("hanamaru", tmp_path)
        for path in tmp_path.glob("hanamaru.*key"):
            path.unlink()
        first, second = (service.run_alone("keys", "generate", "--json").stdout for _ in range(2))
        assert json.loads(first) == json.loads(second)
