"""What a change of a counter's text has changed, in words."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Final

from mynapoint.place.operations import WEEK, DayName, Hours, SpecialDays, get_week
from mynapoint.place.rules import Place

DAYS: Final[Mapping[DayName, str]] = dict(
    zip(WEEK, ("月曜日", "火曜日", "水曜日", "木曜日", "金曜日", "土曜日", "日曜日", "祝日"), strict=True)
)
_PARTS: Final = {"name": "名前", "address": "住所", "building": "建物", "floor": "階", "way": "行き方"}


def tell_change(before: Place | None, after: Place) -> list[str]:
    """This will say what is different in a text from the one before it, which the first one has not."""
    if before is None:
        return ["窓口を作りました。"]
    told = [*_tell_week(before, after), *_tell_special(before, after), *_tell_notices(before, after)]
    parts = [name for part, name in _PARTS.items() if getattr(before, part) != getattr(after, part)]
    if parts:
        told.append(f"窓口の案内({'、'.join(parts)})を変えました。")
    return told or ["そのほかの内容を変えました。"]


def _tell_week(before: Place, after: Place) -> Iterator[str]:
    was, now = get_week(before), get_week(after)
    for day, name in DAYS.items():
        if was[day] != now[day]:
            yield f"{name}の受付を、{_say(was[day])} から {_say(now[day])} に変えました。"


def _tell_special(before: Place, after: Place) -> Iterator[str]:
    was, now = _list_special(before), _list_special(after)
    for day in sorted(was.keys() | now.keys()):
        shown = f"{day.year}年{day.month}月{day.day}日"
        if day not in now:
            yield f"{shown}を、ふつうの日に戻しました。"
        elif was.get(day) != now[day]:
            yield f"{shown}の受付を、{_say(now[day].hours)} にしました({now[day].reason.ja})。"


def _tell_notices(before: Place, after: Place) -> Iterator[str]:
    was, now = ({(one.from_, one.text.ja): one for one in place.notices} for place in (before, after))
    for name, notice in now.items():
        if name not in was:
            yield f"お知らせを出しました:「{notice.text.ja}」"
        elif was[name] != notice:
            yield f"お知らせを変えたか、終わりにしました:「{notice.text.ja}」"
    for name, notice in was.items():
        if name not in now:
            yield f"お知らせを終わりにしました:「{notice.text.ja}」"


def _list_special(place: Place) -> dict[date, SpecialDays]:
    special = place.calendar.special
    return {day: each.model_copy(update={"days": (day,)}) for each in special for day in each.days}


def _say(hours: Sequence[Hours]) -> str:
    return "、".join(f"{span.from_:%H:%M} 〜 {span.until:%H:%M}" for span in hours) or "休み"
