"""Reports to keep: sums alone, small numbers hidden, as a table for programs (CSV) or on paper (PDF).

A whole month's hides whatever would tell a small number. Beside another file, of a day or of the same month before its
end, it would tell it all the same: so these are for those who look after the counter alone, and say so.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import StringIO
from typing import Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from mynapoint.case.rules import day_of
from mynapoint.counter.after.alerts import OUTCOME_HEADS, OUTCOME_NAMES
from mynapoint.counter.after.pages import LOOK_BACK
from mynapoint.counter.desk import for_staff, get_own_counter
from mynapoint.counter.stops import stop
from mynapoint.place.rules import Place
from mynapoint.site.paper.typesetting import PaperMissing, answer_pdf, typeset
from mynapoint.staff.rules import Member
from mynapoint.tally.queries import get_day, get_month
from mynapoint.tally.rules import OUTCOMES, SMALLEST_SHOWN, Tally, hide_small, suppress, suppress_table

HEAD: Final = ("件", *(OUTCOME_NAMES[outcome] for outcome in OUTCOMES), "予約", "申込", "そのほかの手続")
HIDDEN: Final = f"{SMALLEST_SHOWN}未満"
WITHHELD: Final = "伏せる"
INTERNAL: Final = "(内部用)"
_INTERNAL_LEAD: Final = (
    "内部用です。窓口を見る職員だけで使い、公表しないでください。月の報告と比べると、伏せた数が分かることがあります。"
)
_LEAD: Final = f"だれのものでもない数だけを載せています。1から{SMALLEST_SHOWN - 1}までの数は「{HIDDEN}」とします。"
MONTH_HEAD: Final = ("日", "件", *OUTCOME_HEADS, "予約", "申込", "ほか")
Row = Sequence[str]


@dataclass(frozen=True)
class Sheet:
    """What stands above a table, and what its file is called."""

    title: str
    lead: str
    name: str

    def for_internal_use(self) -> "Sheet":
        """Return it with the words that keep it in the house, where it is shown and where it lies."""
        return Sheet(self.title + INTERNAL, f"{_INTERNAL_LEAD}{self.lead}", f"{self.name}-internal")


@require_safe
@for_staff(*LOOK_BACK)
def day_file(request: HttpRequest, member: Member, counter: str, day: date, form: str) -> HttpResponse:
    """Answer with a day's sums."""
    at = settings.CLOCK()
    place = get_own_counter(member, counter, *LOOK_BACK, at=at)
    if day > day_of(at):
        raise Http404
    found = get_day(counter, day).tally
    shown = [hide_small(found.cases), *suppress(_outcomes(found)), *map(hide_small, _acts(found))]
    rows = [(name, _write(*pair)) for name, pair in zip(HEAD, zip(shown, _counts(found), strict=True), strict=True)]
    sheet = Sheet(f"{day:%Y年%-m月%-d日}の集計", _LEAD, f"{counter}-{day}").for_internal_use()
    return _answer(request, form, sheet, place, [(f"項目{INTERNAL}", "数"), *rows])


@require_safe
@for_staff(*LOOK_BACK)
def month_file(request: HttpRequest, member: Member, counter: str, first: date, form: str) -> HttpResponse:
    """Answer with a month's sums, day by day; what is hidden cannot be told from the totals.

    Only once the month is over can it be published: an earlier file and a later one would tell what both hide.
    """
    at = settings.CLOCK()
    place = get_own_counter(member, counter, *LOOK_BACK, at=at)
    report = get_month(counter, first)
    found = [*(each for _, each in report.days), report.total]
    cases = suppress_table([[*_outcomes(each), each.cases] for each in found])
    acts = zip(*(_hide_column(column) for column in zip(*map(_acts, found), strict=True)), strict=True)
    names = [*(f"{day}" for day, _ in report.days), "合計"]
    rows = [
        (name, *map(_write, [total, *outcomes, *signed], _counts(each)))
        for name, each, (*outcomes, total), signed in zip(names, found, cases, acts, strict=True)
    ]
    lead = f"{_LEAD}伏せた数がほかの数から分かってしまうときは、その数も「{WITHHELD}」とします。"
    sheet = Sheet(f"{first:%Y年%-m月}の報告", lead, f"{counter}-{first:%Y-%m}")
    if is_over(first, at=at):
        return _answer(request, form, sheet, place, [MONTH_HEAD, *rows])
    head = [f"{MONTH_HEAD[0]}{INTERNAL}", *MONTH_HEAD[1:]]
    return _answer(request, form, sheet.for_internal_use(), place, [head, *rows])


def is_over(first: date, *, at: datetime) -> bool:
    """This will say whether a month, named by its first day, is over."""
    return day_of(at).replace(day=1) > first


def _hide_column(counts: Sequence[int]) -> list[int | None]:
    *days, total = counts
    return [*suppress(days), hide_small(total)]


def _counts(found: Tally) -> tuple[int, ...]:
    return (found.cases, *_outcomes(found), *_acts(found))


def _outcomes(found: Tally) -> tuple[int, ...]:
    return tuple(found.outcomes[outcome] for outcome in OUTCOMES)


def _acts(found: Tally) -> tuple[int, ...]:
    return (found.reservations, found.applications, found.others)


def _write(shown: int | None, count: int) -> str:
    """Write a number, or why it is not shown: it is small, or it would tell one that is."""
    if shown is not None:
        return str(shown)
    return HIDDEN if count < SMALLEST_SHOWN else WITHHELD


def _answer(request: HttpRequest, form: str, sheet: Sheet, place: Place, table: Sequence[Row]) -> HttpResponse:
    """Answer with a table in the form that the address names."""
    if form == "csv":
        return _answer_csv(table, name=sheet.name)
    if form != "pdf":
        raise Http404
    data = {
        "title": sheet.title,
        "place": place.name.ja,
        "lang": "ja",
        "footer": f"{place.name.ja} {sheet.title}",
        "lead": sheet.lead,
        "head": list(table[0]),
        "rows": [list(row) for row in table[1:]],
        **({"demo": "これは見本です。公式の文書ではありません。"} if settings.DEMO else {}),
    }
    try:
        return answer_pdf(typeset("tally", data), name=sheet.name)
    except PaperMissing:
        return stop(request, "paper_missing", status=503)


def _answer_csv(table: Sequence[Row], *, name: str) -> HttpResponse:
    """Answer with CSV (RFC 4180) that a spreadsheet reads as UTF-8."""
    text = StringIO()
    csv.writer(text).writerows(table)
    return HttpResponse(
        ("\ufeff" + text.getvalue()).encode(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )
