"""What a clerk's form begins: read field by field, and refused before the citizen has typed anything."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, get_args

from mynapoint.case.rules import Proof
from mynapoint.counter.case.possible import Offered, find_why_not
from mynapoint.directory.queries import get_service
from mynapoint.directory.rules import Service, ServiceUnknown
from mynapoint.draft.operations import Beginning
from mynapoint.draft.queries import DraftView, get_draft
from mynapoint.draft.rules import Answers, DraftKind, DraftLink, UnableToDraft, Who
from mynapoint.place.queries import find_place
from mynapoint.programme.rules import Programme, check_open
from mynapoint.site.journey.typed import YES, Mistaken, read_choice

KINDS: Final[tuple[DraftKind, ...]] = get_args(DraftKind)
PROOFS: Final[Mapping[Proof, str]] = {
    "family_register": "戸籍",
    "residence_record": "住民票",
    "child_handbook": "母子健康手帳",
    "guardian_register": "後見の登記事項証明書",
}
WHY_NOT: Final[Mapping[str, str]] = {
    "service_not_open": "受付がまだ始まっていません",
    "service_closed": "受付が終わりました",
    "service_starts_in_own_app": "決済サービスのアプリから申し込みます",
    "service_not_this_way": "窓口では申し込めません",
    "not_at_this_counter": "この窓口では扱っていません",
}
_SHEET: Final = re.compile(r"(?:^|/)([A-Za-z0-9_-]{43})/?$")


@dataclass(frozen=True, slots=True)
class Form:
    """The form as it came in, with what it was shown with; windows are judged as of `as_of` (by a grace ticket)."""

    typed: Mapping[str, str]
    counter: str
    programme: Programme
    offered: list[Offered]
    at: datetime
    as_of: datetime


def read_beginning(form: Form) -> Beginning:
    """This will read what is begun, from a preparation sheet if one was scanned, else from the fields.

    :raises Mistaken: naming what has to be mended.
    :raises Refusal: when the programme takes no such act now.
    """
    who, proof = _read_who(form)
    sheet = form.typed.get("sheet", "").strip()
    return _read_sheet(form, sheet, who, proof) if sheet else _read_fields(form, who, proof)


def _read_fields(form: Form, who: Who, proof: Proof | None) -> Beginning:
    kind = read_choice(form.typed, "kind", KINDS, wrong="手続を選んでください")
    _check_window(form, kind)
    answers = Answers(who=who)
    if kind == "application":
        service = _read_service(form)
        _check_age(service, who)
        _check_ready(form)
        answers = replace(answers, service=service.id, prepared_for=service.id)
    return Beginning(kind=kind, programme_id=form.programme.id, answers=answers, proof=proof)


def _read_sheet(form: Form, sheet: str, who: Who, proof: Proof | None) -> Beginning:
    """Read what the citizen has decided at home; that the account is theirs they say here again."""
    draft = _find_sheet(form, sheet)
    _check_window(form, draft.kind)
    told = draft.answers
    if told.who and told.who != who:
        raise Mistaken({"who": "準備の用紙では、" + _WHO_WORDS[told.who] + "の手続です。選び直してください"})
    if draft.kind == "application":
        service = _check_sheet_service(form, told.service)
        _check_age(service, who)
        if told.prepared_for != service.id:
            _check_ready(form)
        told = replace(told, prepared_for=service.id)
    is_fresh = told.account is not None and told.account.service == told.service and told.account.is_good(at=form.at)
    account = replace(told.account, is_own=False) if told.account and is_fresh else None
    answers = replace(told, who=who, account=account)
    return Beginning(kind=draft.kind, programme_id=form.programme.id, answers=answers, proof=proof)


_WHO_WORDS: Final[Mapping[Who, str]] = {"myself": "本人", "representative": "子の法定代理人"}


def _read_who(form: Form) -> tuple[Who, Proof | None]:
    """Read for whom, and by which proof: of a representative's document its kind alone is kept."""
    if read_choice(form.typed, "who", get_args(Who), wrong="だれの手続かを選んでください") == "myself":
        return "myself", None
    proof = read_choice(form.typed, "proof", PROOFS, wrong="代理人であることを確かめた書類の種類を選んでください")
    return "representative", proof


def _read_service(form: Form) -> Service:
    """Read the service by its number of today, which wins, or by its own field."""
    number, chosen = form.typed.get("number", "").strip(), form.typed.get("service", "")
    for one in form.offered:
        if str(one.number) == number or (not number and one.service.id == chosen):
            _check_possible(form, one.service, field="number")
            return one.service
    wrong = "この番号の決済サービスはありません" if number else "決済サービスを選んでください"
    raise Mistaken({"number": wrong})


def _check_ready(form: Form) -> None:
    if form.typed.get("ready") != YES:
        raise Mistaken({"ready": "持ち物と準備を確かめて、印を付けてください"})


def _check_age(service: Service, who: Who) -> None:
    if who == "representative" and not service.minors:
        raise Mistaken({"number": f"{service.name.ja}は、15歳未満の方は使えません"})


def _check_window(form: Form, kind: DraftKind) -> None:
    check_open(form.programme.reservation if kind == "reservation" else form.programme.application, at=form.as_of)


def _find_sheet(form: Form, sheet: str) -> DraftView:
    unusable = Mistaken({"sheet": "この用紙は使えません。期限が過ぎたか、読み取れませんでした"})
    found = _SHEET.search(sheet[-500:])
    if found is None:
        raise unusable
    try:
        draft = get_draft(DraftLink.parse(found.group(1)), at=form.at)
    except UnableToDraft:
        raise unusable from None
    if draft.is_done or draft.programme_id != form.programme.id:
        raise unusable
    return draft


def _check_sheet_service(form: Form, service_id: str | None) -> Service:
    """Return the service of a sheet, where it can be had here.

    :raises Mistaken: when none was chosen, or it cannot.
    """
    if service_id is None:
        raise Mistaken({"sheet": "用紙では、決済サービスがまだ選ばれていません。番号で選んでください"})
    try:
        service = get_service(service_id, at=form.at)
    except ServiceUnknown:
        raise Mistaken({"sheet": "用紙の決済サービスは、いま登録されていません"}) from None
    _check_possible(form, service, field="sheet")
    return service


def _check_possible(form: Form, service: Service, *, field: str) -> None:
    why = find_why_not(service, find_place(form.counter, at=form.at), at=form.as_of)
    if why is not None:
        raise Mistaken({field: f"{service.name.ja}: {WHY_NOT[why]}"})
