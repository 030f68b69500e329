"""What ends a case, to the second, and what is left of it in both browsers: nothing."""

from pathlib import Path
from uuid import uuid4

import pytest
from django.http import HttpResponse
from sitting import Sitting, see

from cast import Cast

pytestmark = pytest.mark.django_db


class TestTime:
    def test_warns_at_60_seconds_and_ends_at_90_on_both_screens(self, begun: Sitting, card: Path) -> None:
        for seconds in range(0, 60, 15):
            begun.later(15 if seconds else 14)
            begun.put_down(card)
        assert not begun.case().is_warned
        begun.later(1)
        assert "hidden" not in self.warning(begun)
        begun.put_down(card)
        begun.later(29)
        assert begun.is_open()
        begun.put_down(card)
        begun.later(1)
        assert "90秒のあいだ操作がありませんでした" in begun.look()
        assert "手続は終わりました" in see(begun.display.get(f"{begun.screen}?case={begun.case_id}"))

    def warning(self, sitting: Sitting) -> str:
        html = sitting.clerk.get(sitting.page).content.decode()
        return html.partition('id="warning"')[2].partition(">")[0]

    @pytest.mark.parametrize("who", ["clerk", "citizen", "card"])
    def test_starts_anew_when_somebody_says_that_they_are_there(self, begun: Sitting, card: Path, who: str) -> None:
        for _ in range(4):
            begun.later(20)
            begun.put_down(card)
        match who:
            case "clerk":
                begun.do("continue")
            case "citizen":
                begun.display.post(f"{begun.screen}continue/", {"case": begun.case_id})
            case _:
                begun.report(card, is_active=True)
        begun.later(20)
        assert begun.is_open()

    def test_loads_a_form_s_page_again_where_there_are_no_scripts(self, begun: Sitting) -> None:
        begun.begin_act()
        address, _ = begun.watch()
        begun.later(10)
        html = begun.display.get(address).content.decode()
        assert f'<noscript><meta http-equiv="refresh" content="51; url={begun.screen}?case=' in html

    def test_tells_the_script_what_stands(self, begun: Sitting) -> None:
        for address, client in ((f"{begun.page}state", begun.clerk), (f"{begun.screen}state", begun.display)):
            state = client.get(address).json()
            assert state["mark"].startswith(begun.case_id)
            assert state["is_warned"] is False


class TestEnd:
    @pytest.mark.parametrize(
        "end", ["finish", "pause", "lack", "next", "removed", "second card", "idle", "silent", "closing time"]
    )
    def test_has_both_browsers_forget(self, begun: Sitting, card: Path, cast: Cast, end: str) -> None:
        answer = self.bring_about(end, begun, card, cast)
        ended = f"{begun.screen}?case={begun.case_id}"
        for page in (answer, begun.clerk.get(begun.page), begun.display.get(ended)):
            assert page["Clear-Site-Data"] == '"cache", "storage"', end

    def bring_about(self, end: str, sitting: Sitting, card: Path, cast: Cast) -> HttpResponse:
        """End a case; return what the clerk sees first."""
        match end:
            case "next":
                return sitting.clerk.post("/counter/cases/", {"case": str(uuid4())})
            case "removed":
                sitting.report(None)
            case "second card":
                sitting.put_down(cast.card("taro"))
            case "idle":
                for _ in range(4):
                    sitting.later(22.5)
                    sitting.put_down(card)
            case "silent":
                sitting.later(30)
            case "closing time":
                sitting.later(5 * 3600)
                sitting.sit_down_again()
            case _:
                return sitting.do(end, **({"lack": "pin_unknown"} if end == "lack" else {}))
        return sitting.clerk.get(sitting.page)
