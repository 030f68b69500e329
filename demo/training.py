"""`make training`: a town where staff train, on a weekday morning of 2020; its journey is theirs to make."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from demo.commands import Commands
from demo.office import OFFICE, Clerk, find, open_browser
from demo.processes import Process
from demo.story import Story, check
from demo.town import Town
from jpki.client import JpkiCard, PinLocked, WrongPin
from jpki.pin import Pin
from jpki.virtual.card import VirtualCard
from mynapoint.kernel.period import JST

PROGRAMME: Final = "training-2020"
CITY, COUNTER, SEAT = "992038", "minatono-shiyakusho", "1番窓口"
STARTS_AT: Final = datetime(2020, 9, 8, 10, tzinfo=JST)
PRACTISED: Final = ("練習一", "練習二", "練習三", "更新したばかり", "暗証番号ロック")
PORTS: Final = {"site": 8100, "card": 39400, "hanamaru": 9201, "sakura": 9202}
STAFF: Final = (
    ("hana", "nami-to-kaze-2020", ("--role", "clerk", "--city", CITY), "窓口担当"),
    ("sora", "hoshi-to-tsuki-2020", ("--role", "supervisor", "--city", CITY), "窓口責任者"),
    ("riku", "yama-to-oka-2020", ("--role", "city_admin", "--city", CITY), "市の管理者"),
    ("aoi", "kumo-to-sora-2020", OFFICE, "事務局"),
    ("midori", "mori-to-kawa-2020", OFFICE, "事務局"),
)


def found_training(folder: Path, run: Commands) -> Town:
    """Lay out a town that is a training: its folder says so, and it asks its own test authority's folder."""
    more = {"MYNAPOINT_TRAINING": "1", "MYNAPOINT_STATE_DIR": str(folder / "training")}
    return Town.found(folder, run=run, at=STARTS_AT, ports=PORTS, more=more, programme=PROGRAMME)


@dataclass
class Training:
    """Who trains, and with what."""

    town: Town
    story: Story
    processes: list[Process]
    clerks: list[tuple[Clerk, str]] = field(default_factory=list)
    accounts: list[dict[str, Any]] = field(default_factory=list)
    code: str = ""

    def tell(self) -> None:
        """Get everything ready.

        :raises StepFailed: when something does not become so.
        """
        self.story.chapter("研修の用意")
        with self.story.step("職員が招待を受け、パスワードと認証アプリを登録する") as said:
            for name, password, post, role in STAFF:
                self.clerks.append((Clerk.hire(self.town, name, password, post=post), role))
            said.append("、".join(f"{role} {clerk.name}" for clerk, role in self.clerks))
        with self.story.step("端末を登録し、カードのプログラムを始める") as said:
            self._set_up_terminal()
            said.append(f"{SEAT}のコードは {self.code}")
        with self.story.step("練習に使うカードと口座を用意する") as said:
            self._hand_out()
            with open_browser(self.town) as browser:
                check("はなまるペイ" in browser.get("/services/").text, "no service takes part")
            said.append("、".join(PRACTISED))

    @property
    def cards(self) -> Path:
        """Where the cards are kept that do not lie in the reader."""
        return self.town.folder / "authority" / "cards"

    def show_around(self) -> None:
        """Say where to click."""
        town, say = self.town, self.story.console.print
        reader = town.folder / "reader"
        say("\n[bold]練習の手順[/bold](終わるときは Ctrl-C。ここでの手続は、どれも本物ではありません)")
        say(f"  1. ブラウザーを端末にする    {town.site}/signin/terminal/ に {self.code}(1時間以内)")
        say(f"  2. ログインして窓口へ        {town.site}/counter/  市民の画面は、その「設定」のページから開く")
        say("     利用者、パスワード、認証アプリに入れる文字(oathtool --totp -b 文字 でも番号が出ます):")
        for clerk, role in self.clerks:
            say(f"       {clerk.name:<7} {clerk.password:<20} {clerk.app.secret}  {role}")
        say(f"  3. カードを読み取り機に置く  cp {self.cards}/練習一.json {reader}/   取るときは rm {reader}/*")
        say(f"     カード: {'、'.join(PRACTISED)}。暗証番号は 1234")
        say("  4. 申込に使う口座(はなまるペイ):")
        for account in self.accounts:
            say(f"       会員番号 {account['account_id']}、確認番号 {' '.join(account['codes'])}")
        say(f"  ふりかえりは {town.site}/counter/after/、市の管理は {town.site}/counter/city/、")
        say(f"  事務局の訂正は {town.site}/office/corrections/")

    def _set_up_terminal(self) -> None:
        told = self.town.command("terminal", "register", COUNTER, SEAT)
        self.code = find(r"code ([A-Z0-9-]{19})", told)
        shown = self.town.command("terminal", "addresses", find(r"^[0-9a-f-]{36}", told))
        report_to = find(r"report_to = \"(\S+)\"", shown)
        reader = self.town.folder / "reader"
        reader.mkdir()
        card_program = self.town.card_program(reader, report_to=report_to)
        card_program.start()
        self.processes.append(card_program)

    def _hand_out(self) -> None:
        for name in PRACTISED:
            self.town.command("card", "issue", name)
        self.town.command("card", "renew", str(self.cards / "更新したばかり.json"))
        _lock(self.cards / "暗証番号ロック.json")
        hanamaru = self.town.services["hanamaru"]
        self.accounts += [hanamaru.ask("account", "open") for _ in range(3)]


def _lock(path: Path) -> None:
    """Type a wrong PIN until the card takes none any more."""
    card = JpkiCard(VirtualCard.open(path))
    try:
        while True:
            with suppress(WrongPin):
                card.sign_statement(b"", pin=Pin("0000"))
    except PinLocked:
        return
