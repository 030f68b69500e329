"""The card program's pages in a real browser (Debian's Chromium): keyboard alone, no JavaScript, a phone's width."""

from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest
from card_program_site import PLACE, PROBLEM, Site, reply_json, run_site
from playwright.sync_api import Browser, Locator, Page, expect
from window_program import Program
from window_visitor import go_to_program, hold_still, let_go, type_pin

from browser.window import NARROW, WIDE, open_window
from cardagent.languages import Language
from jpki.virtual.contents import FileMemory, Purpose, describe_card


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    with open_window(chromium, width=NARROW, scripts=False) as window:
        yield window.page


class TestJourney:
    def test_goes_from_the_site_over_card_and_pin_back_to_the_site_by_keyboard(
        self, page: Page, program: Program, trusted: Site, card_path: Path
    ) -> None:
        trusted.kind = "application"
        trusted.handed_in.clear()
        go_to_program(page, program, trusted)
        page.get_by_role("button", name="このカードを使う").and_(page.locator(f'[value="{card_path.stem}"]')).press(
            "Enter"
        )
        expect(page.get_by_label("利用者証明用の暗証番号")).to_be_focused()
        type_pin(page, "1234")
        page.wait_for_url(trusted.link)
        assert len(trusted.handed_in) == 1

    def test_takes_four_presses_of_the_pad(self, page: Page, program: Program, trusted: Site, card_path: Path) -> None:
        go_to_program(page, program, trusted)
        page.locator(f'button[value="{card_path.stem}"]').click()
        for key in "1234":
            page.get_by_role("button", name=key, exact=True).click()
        assert "ボタンで入れたけた数: 4" in page.get_by_role("status").inner_text()
        page.get_by_role("button", name="カードで署名する").click()
        page.wait_for_url(trusted.link)

    def test_says_first_what_was_wrong_and_warns_before_the_last_try(
        self, page: Page, program: Program, trusted: Site, card_path: Path
    ) -> None:
        FileMemory(card_path).change(lambda card: card.with_secret(Purpose.AUTHENTICATION, tries_left=2))
        go_to_program(page, program, trusted)
        page.locator(f'button[value="{card_path.stem}"]').click()
        type_pin(page, "0000")
        page.get_by_role("alert").wait_for()
        assert page.title().startswith("エラー: ")
        assert "あと1回でロックされます" in page.get_by_role("alert").inner_text()
        expect(page.get_by_role("alert")).to_be_focused()
        assert page.get_by_text("入力できるのは、あと1回です").is_visible()
        page.reload()
        assert describe_card(card_path).pin_tries_left == 1

    def test_shows_the_site_s_refusal_and_leads_back(
        self, page: Page, program: Program, trusted: Site, card_path: Path
    ) -> None:
        refusal = {
            "type": "x",
            "code": "already",
            "title": "予約済みです。",
            "status": 409,
            "detail": "確認してください。",
        }
        before, trusted.post = trusted.post, lambda _site: reply_json(409, refusal, PROBLEM)
        go_to_program(page, program, trusted)
        page.locator(f'button[value="{card_path.stem}"]').click()
        type_pin(page, "1234")
        page.get_by_role("alert").wait_for()
        trusted.post = before
        assert "予約済みです。" in page.get_by_role("alert").inner_text()
        page.get_by_role("link", name="サイトに戻る").click()
        page.wait_for_url(trusted.link)

    @pytest.mark.parametrize(("name", "pin"), [("English", "User-authentication PIN"), ("やさしい日本語", "4つの数字")])
    def test_speaks_another_language(
        self, page: Page, program: Program, trusted: Site, card_path: Path, name: str, pin: str
    ) -> None:
        go_to_program(page, program, trusted)
        page.get_by_role("link", name=name).click()
        page.locator(f'button[value="{card_path.stem}"]').click()
        expect(page.get_by_label(pin)).to_be_visible()


class TestAtCounter:
    """The page takes the place of the citizen's screen."""

    @pytest.fixture
    def wide(self, chromium: Browser, trusted: Site) -> Iterator[Page]:
        trusted.kind, trusted.place = "application", PLACE
        with open_window(chromium, width=WIDE, scripts=False) as window:
            hold_still(window.page)
            yield window.page
        trusted.place = None

    @pytest.mark.parametrize("language", Language)
    def test_shows_what_is_signed_and_the_pin_field_at_once(
        self, wide: Page, program: Program, trusted: Site, card_path: Path, language: Language
    ) -> None:
        go_to_program(wide, program, trusted)
        wide.goto(wide.url.replace("/ja/", f"/{language}/"))
        wide.locator(f'button[value="{card_path.stem}"]').click()
        for shown in (wide.locator(".band.blue"), wide.get_by_text("みほんペイ"), wide.get_by_text("●●●●1234")):
            assert bottom(shown) < bottom(wide.locator("#pin")) < 900
        assert wide.evaluate("scrollY") == 0

    def test_is_as_large_as_the_display_and_speaks_of_no_telephone(
        self, wide: Page, program: Program, trusted: Site, card_path: Path
    ) -> None:
        go_to_program(wide, program, trusted)
        css = resources.files("mynapoint.counter").joinpath("static", "counter", "display.css").read_text()
        assert "html { font-size: 137.5%; }" in css
        expect(wide.locator("html")).to_have_css("font-size", "22px")
        assert wide.locator(".band").inner_text().split() == ["件", "12", "青", "市民課", "2番窓口"]
        assert "スマートフォン" not in wide.locator(".demo").inner_text()

    def test_leads_back_once_its_act_is_over_and_keeps_what_is_typed_until_then(
        self, wide: Page, program: Program, trusted: Site, card_path: Path
    ) -> None:
        go_to_program(wide, program, trusted)
        wide.locator(f'button[value="{card_path.stem}"]').click()
        let_go(wide)
        expect(wide.locator("#pin")).to_be_focused()
        wide.keyboard.type("12")
        asked = len(trusted.paths)
        while len(trusted.paths) < asked + 3:
            wide.wait_for_timeout(100)
        wide.keyboard.type("34")
        over = reply_json(409, {"code": "case_over", "title": "件は終わりました"}, PROBLEM)
        act = (200, "text/html; charset=utf-8", b"<!doctype html><title>act</title>")
        fresh, trusted.handed_in[:] = Site().get, []
        trusted.get = lambda one: fresh(one) if one.paths[-1].endswith("/statement") else act
        wide.keyboard.press("Enter")
        wide.wait_for_url(trusted.link)
        assert len(trusted.handed_in) == 1
        go_to_program(wide, program, trusted)
        trusted.get = lambda one: over if one.paths[-1].endswith("/statement") else act
        wide.wait_for_url(trusted.link)

    def test_is_the_person_s_own_page_elsewhere(
        self, wide: Page, program: Program, trusted: Site, card_path: Path
    ) -> None:
        trusted.place = None
        go_to_program(wide, program, trusted)
        assert wide.locator(".band").count() == 0
        expect(wide.locator("html")).to_have_css("font-size", "17px")
        wide.locator(f'button[value="{card_path.stem}"]').click()
        assert bottom(wide.locator("#pin")) < 900


def bottom(shown: Locator) -> float:
    """Return where something ends in the window."""
    box = shown.bounding_box()
    assert box is not None
    return box["y"] + box["height"]


class TestHostilePage:
    def test_cannot_frame_it_nor_send_its_forms(
        self, chromium: Browser, program: Program, trusted: Site, card_path: Path
    ) -> None:
        context = chromium.new_context(locale="ja-JP")
        page = context.new_page()
        go_to_program(page, program, trusted)
        page.locator(f'button[value="{card_path.stem}"]').click()
        visit, token = page.url, page.locator('input[name="token"]').first.get_attribute("value")
        hostile = (
            f'<!doctype html><title>hostile</title><iframe src="{program.origin}/sign?link={trusted.link}"></iframe>'
            f'<form method="post" action="{visit}"><input name="token" value="{token}"><input name="pin" value="1234">'
            '<button name="do" value="sign">go</button></form>'
        )
        trusted.handed_in.clear()
        with run_site() as stranger:
            stranger.get = lambda _site: (200, "text/html; charset=utf-8", hostile.encode())
            page.goto(stranger.origin)
            framed = page.frames[1]
            assert "署名しますか" not in framed.content()
            fetched = page.evaluate("url => fetch(url).then(answer => answer.status, () => 'refused')", program.origin)
            assert fetched == "refused"
            page.get_by_role("button", name="go").click()
            assert "ほかのページからの操作" in page.get_by_role("alert").inner_text()
        assert not trusted.handed_in
        context.close()
