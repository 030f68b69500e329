"""The journey: what happens in town, step by step, each step checked."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from demo.commands import CommandFailed
from demo.counter import Terminal
from demo.counter_story import help_at_counter
from demo.office import OFFICE, Clerk, find, open_browser, press
from demo.people import OK, Page, Person, check_refused
from demo.story import StepFailed, Story, check, wait_for
from demo.town import PROGRAMME, Town
from demo.window import Window
from jpki.client import PinLocked, WrongPin
from mynapoint.kernel.period import JST
from mynapoint.site.shell.dates import format_time

RECORD_SIZE: Final = 120
CONFLICT: Final = 409
SECOND: Final = timedelta(seconds=1)


@dataclass
class Journey:
    """The people and what they have, as the story goes on."""

    town: Town
    story: Story
    people: dict[str, Person] = field(default_factory=dict)
    accounts: dict[str, dict[str, Any]] = field(default_factory=dict)
    clerks: dict[str, Clerk] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    seats: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.terminal_browser = open_browser(self.town)

    def tell(self) -> None:
        """Tell the whole story.

        :raises StepFailed: at the first step that does not do what it should.
        """
        for chapter in (
            self.hanako_applies,
            self.taro_waits,
            self.jiro_locks,
            self.saburo_tries_again,
            self.authority_rests,
            self.service_rests,
        ):
            chapter()
        for chapter in (
            self.hanako_earns,
            self.hanamaru_closes,
            self.state_pays,
            self.sakura_closes,
            self.city_sits_down,
            self.ichiro_comes,
            self.anyone_checks,
        ):
            chapter()

    # 予約と申込

    def hanako_applies(self) -> None:
        """Hanako's reservation and application."""
        self.story.chapter("花子さん: 予約と申込")
        with self.story.step("花子さんがカードを受け取る") as said:
            hanako = self._move_in("花子")
            said.append(f"暗証番号の残り {hanako.tries_left()} 回")
        with self.story.step("花子さんが予約する(カードで署名)") as said:
            done = hanako.sign(hanako.reserve())
            said.append(f"マイキーID {done.find('mykey')}")
        with self.story.step("花子さんがはなまるペイの口座を開く") as said:
            account = self._open_account("花子", "hanamaru")
            said.append(f"会員番号 {account['account_id']}、確認番号 {' '.join(account['codes'])}")
        with self.story.step("花子さんが申し込む(カードで署名)") as said:
            page = hanako.apply("hanamaru", account)
            hint = page.read("アカウント")
            check(account["account_id"] not in page.html, "the whole account id is on the act's page")
            page = hanako.sign(page)
            said.append(f"署名した相手は {hint}")
        with self.story.step("はなまるペイが口座を結び付ける") as said:
            self._wait_until_linked(hanako, page)
            said.append("結び付け済み")

    def taro_waits(self) -> None:
        """Taro renewed his certificate less than a day ago."""
        self.story.chapter("太郎さん: 電子証明書を更新したばかり")
        taro = self._move_in("太郎")
        with self.story.step("太郎さんが電子証明書を更新し、すぐに予約しようとする") as said:
            renewed_at = self.town.clock().replace(microsecond=0)
            self.town.command("card", "renew", str(taro.card))
            refused = taro.try_to_sign(taro.reserve())
            check_refused(refused, "within_renewal_wait")
            said.append(f"断られた: {refused.detail if refused else ''}")
        with self.story.step("24時間の1秒前") as said:
            opens = self._renewal_of(taro) + timedelta(hours=24)
            check(renewed_at <= opens - timedelta(hours=24), "the certificate is older than its renewal")
            self.town.set_clock(opens - SECOND, running=False)
            check_refused(taro.try_to_sign(taro.reserve()), "within_renewal_wait")
            said.append(f"{format_time(opens - SECOND)} はまだ断られる")
        with self.story.step("24時間ちょうど") as said:
            self.town.set_clock(opens)
            done = taro.sign(taro.reserve())
            said.append(f"{format_time(opens)} に予約できた。マイキーID {done.find('mykey')}")

    def jiro_locks(self) -> None:
        """Jiro forgot his PIN."""
        self.story.chapter("次郎さん: 暗証番号を忘れた")
        jiro = self._move_in("次郎")
        with self.story.step("次郎さんが暗証番号を3回間違える") as said:
            page = jiro.reserve()
            for left in (2, 1):
                said.append(f"残り {_left_after_wrong_pin(jiro, page)} 回、")
                check(jiro.tries_left() == left, "the card counts otherwise")
            check(_is_locked(jiro, page, pin="0000"), "the third wrong PIN does not lock")
            said.append("ロックされた。")
        with self.story.step("正しい番号でももう使えない") as said:
            check(_is_locked(jiro, page, pin=jiro.pin), "the right PIN opens a locked card")
            check("まで" in jiro.look(page.address).words, "the act is used up")
            said.append("窓口で再設定する。手続には何も届いていない")

    def saburo_tries_again(self) -> None:
        """Saburo applies once, and then four times more."""
        self.story.chapter("三郎さん: 申込は一人一つ")
        saburo = self._move_in("三郎")
        with self.story.step("三郎さんが予約し、さくらカードで申し込む") as said:
            saburo.sign(saburo.reserve())
            page = saburo.sign(saburo.apply("sakura", self._open_account("三郎", "sakura")))
            self._wait_until_linked(saburo, page)
            said.append("結び付け済み")
        second = self._open_account("三郎の二枚目", "sakura")
        for who, service, account, code in (
            ("もう一枚のさくらカードで", "sakura", second, "already_applied"),
            ("はなまるペイで", "hanamaru", self._open_account("三郎のはなまる", "hanamaru"), "another_service_chosen"),
        ):
            with self.story.step(f"三郎さんが{who}もう一度申し込む") as said:
                refused = saburo.try_to_sign(saburo.apply(service, account))
                check_refused(refused, code)
                said.append(f"断られた: {refused.detail if refused else ''}")
        with self.story.step("三郎さんが花子さんの口座で申し込む") as said:
            page = saburo.apply("hanamaru", self.accounts["花子"])
            check("すでに結び付けられています" in page.words, page.words)
            said.append("断られた: この口座はすでに結び付けられている(はなまるペイの答え)")
        with self.story.step("三郎さんが電子証明書を更新し、一日待って、また申し込む") as said:
            self.town.command("card", "renew", str(saburo.card))
            self.town.set_clock(self.town.clock() + timedelta(days=1, minutes=1))
            refused = saburo.try_to_sign(saburo.apply("sakura", second))
            check_refused(refused, "already_applied_before_renewal")
            said.append(f"断られた: {refused.detail if refused else ''}")

    def authority_rests(self) -> None:
        """Nobody answers for certificates: what cannot be checked is put off, and nobody is let through."""
        authority = self.town.authority
        if authority is None:
            return
        self.story.chapter("良子さん: 電子証明書の失効情報に届かない")
        yoshiko = self._move_in("良子")
        with self.story.step("認証局が止まり、良子さんが予約に署名する") as said:
            authority.kill()
            refused = yoshiko.try_to_sign(yoshiko.reserve())
            check_refused(refused, "try_later")
            said.append(f"断られた: {refused.title}。{refused.detail}" if refused else "")
        with self.story.step("認証局が戻り、良子さんが予約しなおす") as said:
            authority.start()
            done = yoshiko.sign(yoshiko.reserve())
            said.append(f"マイキーID {done.find('mykey')}")

    def service_rests(self) -> None:
        """A service is down while somebody applies with it."""
        self.story.chapter("良子さん: 決済サービスが止まっている")
        yoshiko = self.people["良子"]
        sakura = self.town.services["sakura"]
        with self.story.step("さくらカードが止まり、良子さんが署名する") as said:
            page = yoshiko.apply("sakura", self._open_account("良子", "sakura"))
            sakura.process.kill()
            page = yoshiko.sign(page)
            check("返事を待っています" in page.words, page.words)
            said.append("申込は受け付け、結び付けは返事待ち")
        with self.story.step("さくらカードが戻る") as said:
            sakura.process.start()
            self._wait_until_linked(yoshiko, page)
            said.append("手続なしに結び付いた")

    # 付与と利用

    def hanako_earns(self) -> None:
        """Hanako charges and spends; Saburo shops."""
        self.story.chapter("花子さん: ポイントをもらい、使う")
        hanamaru, sakura = self.town.services["hanamaru"], self.town.services["sakura"]
        account = self.accounts["花子"]["account_id"]
        self.town.set_clock(datetime(2020, 9, 12, 15, tzinfo=JST))
        with self.story.step("花子さんが 20,000 円チャージする") as said:
            wallet = hanamaru.ask("wallet", "charge", account, "20000")
            check(wallet["points"] >= 5000, f"{wallet['points']} points")
            bonus = wallet["points"] - 5000
            said.append(f"残高 {wallet['money']:,} 円、国の 5,000 ポイントとはなまるペイの上乗せ {bonus:,} ポイント")
        with self.story.step("花子さんがみどり書店で 1,200 ポイント使う") as said:
            wallet = hanamaru.ask("wallet", "spend", account, "1200", "--shop", "midori")
            said.append(f"残り {wallet['points']:,} ポイント")
        with self.story.step("三郎さんがさくらカードで 8,000 円の買い物をする") as said:
            wallet = sakura.ask("wallet", "buy", self.accounts["三郎"]["account_id"], "8000", "--shop", "kawasemi")
            said.append("ポイントは明細のときに付く")

    # 締めと精算

    def hanamaru_closes(self) -> None:
        """The service seals September; the platform audits it."""
        self.story.chapter("はなまるペイ: 9月の締め")
        self.town.set_clock(datetime(2020, 10, 1, 0, 10, tzinfo=JST))
        with self.story.step("はなまるペイが締めを封緘して送る") as said:
            said.append(_describe(self._close("hanamaru", "2020-09")))
        with self.story.step("国がくじで行を選び、開いた行を確かめる") as said:
            said.append(_describe_verdict(self._audit("hanamaru", "2020-09")))

    def state_pays(self) -> None:
        """Two people of the office approve; the bank gets its file."""
        self.story.chapter("事務局: 承認と振込")
        with self.story.step("事務局の一人目が承認する") as said:
            aoi = self._hire("aoi", "kumo-to-sora-2020")
            midori = self._hire("midori", "mori-to-kawa-2020")
            check(aoi.approve("hanamaru", 1).status == OK, "the first person could not approve")
            said.append(f"承認 {_read_approvals(aoi, expected='1 / 2')}")
        with self.story.step("同じ人がもう一度承認しようとする") as said:
            page = aoi.approve("hanamaru", 1)
            check(page.status == CONFLICT, f"one person approved twice: {page.status}")
            said.append(f"断られた: {find('二人目の承認は、別の人がします。', page.words)}")
            _read_approvals(aoi, expected="1 / 2")
        with self.story.step("二人目が承認し、振込データを作る") as said:
            check(midori.approve("hanamaru", 1).status == OK, "the second person could not approve")
            said.append(f"承認 {_read_approvals(midori, expected='2 / 2')}、")
            file = midori.make_transfer()
            said.append(_describe_transfer(file, amount=5000))

    def city_sits_down(self) -> None:
        """A city has its staff and two terminals, as its counter opens."""
        self.story.chapter("みなとの市: 窓口の職員と端末")
        city, counter = "992038", "minatono-shiyakusho"
        with self.story.step("職員が招待を受け、パスワードと認証アプリを登録する") as said:
            for name, password, role in (
                ("hana", "nami-to-kaze-2020", "clerk"),
                ("sora", "hoshi-to-tsuki-2020", "supervisor"),
                ("riku", "yama-to-oka-2020", "city_admin"),
            ):
                self._hire(name, password, "--role", role, "--city", city)
            said.append("窓口担当 hana、窓口責任者 sora、市の管理者 riku")
        with self.story.step("端末を二つ登録する") as said:
            for name in ("1番窓口", "2番窓口"):
                told = self.town.command("terminal", "register", counter, name)
                self.codes[name] = find(r"code ([A-Z0-9-]{19})", told)
                self.seats[name] = find(r"^[0-9a-f-]{36}", told)
            page = press(self.terminal_browser, "/signin/terminal/", code=self.codes["1番窓口"])
            check("1番窓口" in page.words, page.words)
            said.append("1番窓口は登録済み、2番窓口はコード待ち")

    def sakura_closes(self) -> None:
        """The card's statement comes after the month, and with it its points; the closing waits for it."""
        self.story.chapter("さくらカード: 明細と締め")
        self.town.set_clock(datetime(2020, 10, 5, 9, tzinfo=JST))
        sakura = self.town.services["sakura"]
        with self.story.step("さくらカードが9月の明細を出す") as said:
            said.append(f"付与 {sakura.ask('statement', 'run', '--month', '2020-09')['points']:,} ポイント")
        with self.story.step("さくらカードが9月を締め、国が確かめる") as said:
            said.append(_describe(self._close("sakura", "2020-09")))
            said.append(_describe_verdict(self._audit("sakura", "2020-09")))

    def ichiro_comes(self) -> None:
        """Ichiro has no telephone: he reserves and applies at the counter, and nobody but he types or signs."""
        self.story.chapter("一郎さん: スマートフォンがなくても、窓口で")
        ichiro, hanako = self._move_in("一郎"), self.people["花子"]
        account = self._open_account("一郎", "hanamaru")
        terminal = Terminal.set_up(self.town, self.seats["1番窓口"], self.terminal_browser, self.clerks["hana"])
        with terminal.open():
            help_at_counter(self.story, terminal, ichiro, hanako, account)

    def anyone_checks(self) -> None:
        """A citizen looks at what is held about her and checks her row; an auditor checks the journal."""
        self.story.chapter("だれでも確かめられる")
        with self.story.step("花子さんがブラウザーからカードのプログラムに移って署名し、自分の登録を見る") as said:
            hanako = self.people["花子"]
            window = Window(origin=self.town.environment["MYNAPOINT_CARD_PROGRAM"], person=hanako)
            page = window.sign(hanako.fill_in("/status/"))
            check("国があなたについて持っている情報" in page.words, page.words)
            check("これからのチャージや買い物がポイントの対象です" in page.words, page.words)
            said.append("サイトに戻り、予約と申込が見えた")
        with self.story.step("花子さんが自分の行の受領書を確かめる") as said:
            file = self.town.folder / "hanako.receipt.json"
            words = ["--account", self.accounts["花子"]["account_id"], "--period", "2020-09", "--out", str(file)]
            self.town.services["hanamaru"].ask("receipt", *words)
            said.append(self.town.command("receipt", "verify", str(file)))
        with self.story.step("書き換えた受領書は見破られる") as said:
            said.append(f"断られた: {_hear_refusal(self.town, _forge(file))}")
        with self.story.step("監査人が記録簿を計算し直す") as said:
            said.append(self.town.command("journal", "verify").replace("\n", " "))

    # what the steps share

    def _hire(self, name: str, password: str, *post: str) -> Clerk:
        self.clerks[name] = Clerk.hire(self.town, name, password, post=post or OFFICE)
        return self.clerks[name]

    def _move_in(self, name: str) -> Person:
        self.people[name] = Person.move_in(self.town, name)
        return self.people[name]

    def _open_account(self, whose: str, service: str) -> dict[str, Any]:
        self.accounts[whose] = self.town.services[service].ask("account", "open")
        return self.accounts[whose]

    def _wait_until_linked(self, person: Person, page: Page) -> None:
        wait_for(lambda: "対象です" in person.look(page.address).words, "the link")

    def _renewal_of(self, person: Person) -> datetime:
        from jpki.virtual.contents import describe_card  # noqa: PLC0415

        return describe_card(person.card).issued_at

    def _close(self, service: str, period: str) -> dict[str, Any]:
        return self.town.services[service].ask("close", "--period", period)

    def _audit(self, service: str, period: str) -> dict[str, Any]:
        answer = self.town.services[service].ask("answer-audit", "--period", period)
        check(answer["state"] == "accepted", str(answer))
        return answer


def _left_after_wrong_pin(person: Person, page: Page) -> int:
    try:
        person.try_to_sign(page, pin="0000")
    except WrongPin as wrong:
        return wrong.tries_left
    check(False, "a wrong PIN signed")
    return 0


def _is_locked(person: Person, page: Page, *, pin: str) -> bool:
    try:
        person.try_to_sign(page, pin=pin)
    except PinLocked:
        return person.tries_left() == 0
    return False


def _describe(closing: dict[str, Any]) -> str:
    return f"{closing['count']} 行、合計 {closing['total']:,} ポイント、根 {closing['root'][:12]}…"


def _describe_verdict(answer: dict[str, Any]) -> str:
    return f"{answer['opened']} 行を開いて合格。行は残さない"


def _read_approvals(clerk: Clerk, *, expected: str) -> str:
    """Return how many approvals the list of claims, which has one claim yet, shows."""
    shown = find(r"\d / 2", clerk.look(f"/office/{PROGRAMME}/claims/").words)
    check(shown == expected, f"{shown} approvals instead of {expected}")
    return shown


def _describe_transfer(file: bytes, *, amount: int) -> str:
    lines = file.replace(b"\r\n", b"").replace(b"\n", b"")
    check(len(lines) % RECORD_SIZE == 0 and len(lines) // RECORD_SIZE == 4, f"{len(lines)} bytes are no four records")
    header, data = lines[:RECORD_SIZE], lines[RECORD_SIZE : 2 * RECORD_SIZE]
    check(f"{amount:010}".encode() in data, "the file does not pay the claim")
    return f"{amount:,} 円を {header[54:56].decode()}月{header[56:58].decode()}日に振り込む(全銀 120 バイト × 4 件)"


def _forge(receipt: Path) -> Path:
    forged = receipt.with_name("forged.receipt.json")
    text = receipt.read_text()
    changed = text.replace('"points":5000', '"points":4999').replace('"points": 5000', '"points": 4999')
    check(changed != text, "the receipt does not say 5000 points")
    forged.write_text(changed)
    return forged


def _hear_refusal(town: Town, receipt: Path) -> str:
    """Return for which reason a receipt is refused, and let no other failure count as a refusal."""
    try:
        town.command("receipt", "verify", str(receipt))
    except CommandFailed as failed:
        return find(r"この行は、受領書にある締めに入っていません\(\w+\)", failed.said)
    raise StepFailed("a forged receipt verifies")
