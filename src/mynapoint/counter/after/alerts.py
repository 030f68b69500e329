"""What a supervisor should look at, each in sentences: what was seen, why it matters, what to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mynapoint.case.rules import Colour, EndReason
from mynapoint.kernel.period import JST
from mynapoint.tally.rules import Alert, AlertKind, Outcome, Tally, Visit

_COLOURS: Final[Mapping[Colour, str]] = {
    "red": "赤",
    "yellow": "黄",
    "green": "緑",
    "purple": "紫",
    "orange": "橙",
    "blue": "青",
}
ENDS: Final[Mapping[EndReason, str]] = {
    "finished": "終わりにした",
    "next_person": "次の方に進んだ",
    "paused": "中断した",
    "card_removed": "カードが外された",
    "second_card": "別のカードが置かれた",
    "another_case": "別の件が始まった",
    "idle": "操作がないまま時間が切れた",
    "contact_lost": "カードのプログラムとの連絡が切れた",
    "counter_closed": "窓口が閉まった",
}
OUTCOME_NAMES: Final[Mapping[Outcome, str]] = {
    "finished": "手続が済んだ件",
    "paused": "中断した件",
    "sent_home": "出直しになった件",
    "broken_off": "途中で終わった件",
    "unused": "手続をせずに終わった件",
    "open": "まだ終わっていない件",
}
OUTCOME_HEADS: Final = ("済んだ", "中断", "出直し", "途中で終わった", "手続なし", "続く")
"""The same in the narrow columns of a month."""
EXTENSIONS: Final = {"people_waiting": "待っている人がいた", "disruption": "障害があった", "instructed": "指示があった"}
_TITLES: Final[Mapping[AlertKind, str]] = {
    "linked_after_break": "途中で終わった件の直後に、同じ端末で申込が済んでいます",
    "same_account": "同じアカウントが、別の人の申込に使われています",
    "outside_hours": "受付時間の外に始まった件があります",
    "looked_only": "カードを置いただけで終わった件が続いています",
}
_NEXT: Final[Mapping[AlertKind, str]] = {
    "linked_after_break": "前の人のアカウントで申し込まれていないか、担当者に確かめてください。そうなら訂正の受付へ。",
    "same_account": "前の申込の訂正が済んでいるか、事務局に確かめてください。心当たりがなければ「訂正の受付」へ。",
    "outside_hours": "延長した理由と、だれが対応したかを確かめてください。",
    "looked_only": "端末やカードリーダーの具合と、出直しの理由を残し忘れていないかを、担当者に確かめてください。",
}


@dataclass(frozen=True)
class Told:
    """An alert in words."""

    title: str
    what: str
    next: str


def tell(alert: Alert, *, names: Mapping[int, str]) -> Told:
    """This will say an alert in words; `names` are the staff's."""
    return Told(_TITLES[alert.kind], _say(alert, names), _NEXT[alert.kind])


def name_outcomes(found: Tally) -> list[tuple[str, int]]:
    """This will say how many cases became of each kind; together they are all."""
    return [(name, found.outcomes[outcome]) for outcome, name in OUTCOME_NAMES.items()]


def _say(alert: Alert, names: Mapping[int, str]) -> str:
    first = alert.visits[0]
    match alert.kind:
        case "linked_after_break":
            broken, then = alert.visits
            why = ENDS[broken.reason] if broken.reason else ""
            ended = f"{_name(broken)}は、{why}ため途中で終わりました。"
            after = f"{alert.minutes}分後に" if alert.minutes else "1分たたないうちに"
            return f"{ended}{after}、{_name(then)}で申込が済みました。"
        case "same_account":
            named = "、".join(f"{visit.opened_at.astimezone(JST):%-m月%-d日}の{_name(visit)}" for visit in alert.visits)
            return f"{named}。アカウントは元に戻せない値で比べており、だれのものかはここでは分かりません。"
        case "outside_hours":
            named = "、".join(f"{_name(visit)} {visit.opened_at.astimezone(JST):%H:%M}" for visit in alert.visits)
            return f"{len(alert.visits)}件です:{named}。{_extension(first, names)}"
        case "looked_only":
            who = names.get(first.user_id, "担当者")
            looks = f"カードが置かれた{alert.of}件のうち{len(alert.visits)}件が、手続を選ばないまま終わっています。"
            return f"{who}さんの、{looks}中断した件と、出直しの理由を残した件は数えていません。"


def _name(visit: Visit) -> str:
    return f"{visit.terminal_name}の件{visit.number}({_COLOURS[visit.colour]})"


def _extension(visit: Visit, names: Mapping[int, str]) -> str:
    if visit.extended is None:
        return "延長の記録がありません。システムの担当者に知らせてください。"
    reason = EXTENSIONS.get(visit.extended.reason, visit.extended.reason)
    return f"{names.get(visit.extended.user_id, '責任者')}さんが、{reason}ため延長しています。"
