"""Every refusal as a Japanese sentence: what happened, and what to do next."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cardagent.languages import Language
from mynapoint.site.shell.dates import format_time


@dataclass(frozen=True)
class Sentence:
    """A refusal's HTTP status, its title, and what to do next; `{…}` are the refusal's values."""

    status: int
    title: str
    detail: str


SENTENCES: Final[Mapping[str, Sentence]] = {
    # the act
    "act_unknown": Sentence(
        404, "この手続は見つかりません", "リンクが正しいか確かめるか、はじめからやり直してください。"
    ),
    "act_expired": Sentence(
        410, "署名の時間が過ぎました", "何も登録されていません。もう一度はじめからお進みください。"
    ),
    "act_already_used": Sentence(
        409,
        "この手続は署名が済んでいます",
        "結果は手続のページで見られます。やり直すときは、はじめからお進みください。",
    ),
    "audience_mismatch": Sentence(409, "ほかのサイトの手続です", "このサイトのページから、はじめからお進みください。"),
    "submission_malformed": Sentence(
        400, "署名を読み取れません", "カードのプログラムから送り直してください。続くときは窓口にお尋ねください。"
    ),
    # the card
    "certificate_not_accepted": Sentence(
        422,
        "このカードの証明書は使えません",
        "マイナンバーカードの利用者証明用電子証明書(数字4けたの暗証番号のもの)で手続してください。",
    ),
    "certificate_expired": Sentence(
        422, "電子証明書の有効期限が切れています", "市区町村の窓口で電子証明書を更新してから、手続してください。"
    ),
    "certificate_revoked": Sentence(
        422, "この電子証明書は失効しています", "市区町村の窓口で新しい電子証明書を受け取ってから、手続してください。"
    ),
    "signature_invalid": Sentence(
        422, "署名が手続の内容と合いません", "何も登録されていません。はじめからやり直してください。"
    ),
    "try_later": Sentence(
        503,
        "いま電子証明書を確かめられません",
        "何も登録されていません。しばらくしてから、はじめからやり直してください。",
    ),
    "held_for_review": Sentence(
        409,
        "確認が必要です",
        "前の電子証明書とのつながりを確かめられないため、事務局が確認します。二重の登録を防ぐためです。"
        "つながりの知らせが届けば、自動で終わります。翌日やり直しても同じときは、"
        "確認番号 {hold} を事務局に伝えてください。前に手続した方は、そのときの受領書もお持ちください。",
    ),
    "rejected_in_review": Sentence(
        409,
        "確認できませんでした",
        "どなたの電子証明書かを確かめられなかったため、このカードでは手続できません。"
        "前の手続の受領書など、新しく示せるものがあるときは、確認番号 {hold} を添えて事務局にお尋ねください。",
    ),
    "within_renewal_wait": Sentence(
        422,
        "電子証明書の更新から、まだ時間がたっていません",
        "{open_from} から手続できます。その時刻を過ぎてから、はじめからお進みください。",
    ),
    # the programme
    "programme_unknown": Sentence(404, "この事業はありません", "トップページからお進みください。"),
    "window_not_open": Sentence(422, "まだ受付が始まっていません", "{open_from} から受け付けます。"),
    "window_closed": Sentence(422, "受付は終わりました", "{closed_at} に受付を終わりました。"),
    "no_places_left": Sentence(
        422, "予約の数が上限に達しました", "予約の受付を終わりました。お知らせのページをご覧ください。"
    ),
    # the reservation
    "already_reserved": Sentence(
        409,
        "予約は済んでいます",
        "{reserved_at} に予約しています。マイキーIDは「いまの状況を見る」からカードで見られます。"
        "次は申込にお進みください。",
    ),
    # the objection
    "already_objected": Sentence(
        409, "同じ申し出をすでに受け付けています", "{reported_at} に受け付けました。事務局が確かめています。"
    ),
    # the draft
    "draft_unknown": Sentence(404, "下書きが見つかりません", "リンクが正しいか確かめるか、はじめからお進みください。"),
    "draft_expired": Sentence(
        410, "下書きの期限が過ぎました", "{expired_at} に消えました。何も登録されていません。はじめからお進みください。"
    ),
    "draft_done": Sentence(409, "この下書きの手続は済んでいます", "「いまの状況を見る」からカードで見られます。"),
    "draft_incomplete": Sentence(
        409, "前の質問に、まだ答えていません", "順にお進みください。入れた内容は残っています。"
    ),
    "draft_changed": Sentence(
        409, "別の画面で内容が変わりました", "いまの内容を示しています。確かめてから、もう一度お進みください。"
    ),
    # the application
    "not_reserved": Sentence(422, "まだ予約していません", "先に予約(マイキーIDの設定)をしてください。"),
    "already_applied": Sentence(
        409, "申込は済んでいます", "{service} に申込済みです。「いまの状況を見る」から状況を見られます。"
    ),
    "another_service_chosen": Sentence(
        409,
        "ほかの決済サービスに申込済みです",
        "{service} に申込済みです。申込は一人一つで、後から変えることはできません。",
    ),
    "already_applied_before_renewal": Sentence(
        409,
        "前の電子証明書で申込が済んでいます",
        "電子証明書を更新する前に {service} に申込済みです。申込は一人一つです。もう一度する必要はありません。",
    ),
    "account_in_use": Sentence(
        409,
        "このアカウントはほかの人の申込に使われています",
        "一つのアカウントで申し込めるのは一人です。ご自分のアカウントかどうか確かめてください。",
    ),
    "account_not_confirmed": Sentence(
        422,
        "決済サービスがIDとコードを確認できませんでした",
        "IDとコードを確かめて、もう一度入れてください。何度も間違えると、しばらく受け付けられなくなります。",
    ),
    "account_closed": Sentence(422, "このアカウントは閉じられています", "決済サービスの窓口にお尋ねください。"),
    "account_already_linked": Sentence(
        409,
        "このアカウントはすでに結び付けられています",
        "ご自分のアカウントかどうか、決済サービスの窓口にお尋ねください。",
    ),
    "too_many_attempts": Sentence(
        429, "間違いが続いたため、いまは受け付けられません", "{retry_after} 秒たってから、もう一度入れてください。"
    ),
    "service_unreachable": Sentence(
        503,
        "決済サービスからいま返事がありません",
        "何も登録されていません。しばらくしてから、コードを入れ直してもう一度お試しください。",
    ),
    "service_unknown": Sentence(404, "この決済サービスは登録されていません", "一覧から選び直してください。"),
    "service_not_open": Sentence(422, "この決済サービスの受付はまだです", "{open_from} から受け付けます。"),
    "service_closed": Sentence(
        422, "この決済サービスの受付は終わりました", "{closed_at} に終わりました。ほかの決済サービスをお選びください。"
    ),
    "typed_wrong": Sentence(
        422, "{label}の形が違います", "{label}は「{example}」のような形です。確かめて入れ直してください。"
    ),
    "terms_not_accepted": Sentence(422, "同意の欄に印がありません", "内容を読み、同意するときは印を付けてください。"),
}


def explain(
    code: str, data: Mapping[str, str | int], *, names: Mapping[str, str], language: Language = Language.JAPANESE
) -> Sentence:
    """Return the sentence for a refusal, with its values as people read them; `names` are the services' names."""
    sentence = SENTENCES[code]
    shown = {name: _show(name, value, names, language) for name, value in data.items()}
    return Sentence(sentence.status, sentence.title.format(**shown), sentence.detail.format(**shown))


def _show(name: str, value: str | int, names: Mapping[str, str], language: Language) -> str:
    if name in {"open_from", "closed_at", "reserved_at", "expired_at", "reported_at"}:
        return format_time(datetime.fromisoformat(str(value)), language)
    return names.get(str(value), str(value)) if name == "service" else str(value)
