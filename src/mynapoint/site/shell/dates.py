"""Days and times as people read them, in each language; all of them are Japan's."""

from datetime import datetime, time, timedelta
from typing import Final

from cardagent.languages import Language
from mynapoint.kernel.period import JST
from mynapoint.site.shell.words import get_words

MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def format_day(at: datetime, language: Language = Language.JAPANESE) -> str:
    """This will give the day of a time in Japan: 2020年7月1日, 1 July 2020."""
    local = at.astimezone(JST)
    if language is Language.ENGLISH:
        return f"{local.day} {MONTHS[local.month - 1]} {local.year}"
    return f"{local.year}年{local.month}月{local.day}日"


def format_time(at: datetime, language: Language = Language.JAPANESE) -> str:
    """This will give a time in Japan to the second."""
    local = at.astimezone(JST)
    if language is Language.ENGLISH:
        return f"{format_day(at, language)}, {local:%H:%M:%S} (Japan time)"
    return f"{format_day(at, language)} {local.hour}時{local.minute:02}分{local.second:02}秒"


def format_until(end: datetime, language: Language = Language.JAPANESE) -> str:
    """This will give the end of a half-open window as its last day, or to the second when it ends within a day."""
    name = "until_day" if _ends_a_day(end) else "until_time"
    return get_words(language).say(f"shell.{name}", end=format_end(end, language))


def format_end(end: datetime, language: Language = Language.JAPANESE) -> str:
    """This will give a half-open window's last day, or the second from which it is closed when it ends within a day."""
    return format_last_day(end, language) if _ends_a_day(end) else format_time(end, language)


def format_last_day(end: datetime, language: Language = Language.JAPANESE) -> str:
    """This will give the last day of a half-open window."""
    return format_day(end - timedelta.resolution, language)


def count_days_left(end: datetime, *, at: datetime) -> int:
    """This will count the days on which something is still possible, today included; 0 when it is over."""
    if at >= end:
        return 0
    return (((end - timedelta.resolution).astimezone(JST).date()) - at.astimezone(JST).date()).days + 1


def format_wait(minutes: int, language: Language = Language.JAPANESE) -> str:
    """This will give a wait in hours and minutes: 20分, 4時間20分, 4 h 20 min."""
    hour, minute, between = (" h", " min", " ") if language is Language.ENGLISH else ("時間", "分", "")
    hours, rest = divmod(minutes, 60)
    parts = [f"{hours}{hour}"] if hours else []
    return between.join([*parts, f"{rest}{minute}"] if rest or not hours else parts)


def _ends_a_day(end: datetime) -> bool:
    return end.astimezone(JST).time() == time.min
