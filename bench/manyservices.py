"""As many services as the real programme had, invented from a seed, for the pages that list them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Final

from mynapoint.directory.rules import Service
from mynapoint.kernel.period import JST

REAL_COUNT: Final = 118
_FIRST: Final = (
    *(("あおば", "Aoba"), ("いちょう", "Ichou"), ("うぐいす", "Uguisu"), ("えのき", "Enoki"), ("おりづる", "Orizuru")),
    *(("かもめ", "Kamome"), ("きつつき", "Kitsutsuki"), ("くるみ", "Kurumi"), ("けやき", "Keyaki")),
    *(("こだま", "Kodama"), ("さざなみ", "Sazanami"), ("しらかば", "Shirakaba"), ("すずらん", "Suzuran")),
    *(("せせらぎ", "Seseragi"), ("そよかぜ", "Soyokaze")),
)
_LAST: Final = (
    *(("ペイ", "ぺい", "Pay"), ("カード", "かーど", "Card"), ("マネー", "まねー", "Money")),
    *(("デビット", "でびっと", "Debit"), ("コイン", "こいん", "Coin")),
)


def invent_services(count: int = REAL_COUNT, *, seed: int = 1, programme: str = "mynapoint-2020") -> Iterator[Service]:
    """This will invent services, the same ones for the same seed: no two with one name, up to 225 of them."""
    draw = Random(seed)
    names = [(first, last, part) for part in ("", "みなみ", "きた") for first in _FIRST for last in _LAST]
    for number, name in enumerate(draw.sample(names, count)):
        yield _invent(draw, number, name, programme=programme)


def load_many_services(count: int = REAL_COUNT, *, seed: int = 1, at: datetime) -> None:
    """This will put invented services into the directory."""
    # Tables exist only once Django is set up, and bench looks at every module here before that.
    from mynapoint.directory.queries import REGISTER  # noqa: PLC0415

    for service in invent_services(count, seed=seed):
        REGISTER.add(service, at=at)


def _invent(
    draw: Random, number: int, name: tuple[tuple[str, str], tuple[str, str, str], str], *, programme: str
) -> Service:
    (first, first_en), (last, reading, last_en), part = name
    start = datetime(2020, 7, 1, tzinfo=JST)
    kind = draw.choice(["charge", "purchase"])
    ways = draw.choice([["phone"], ["phone", "pc"], ["phone", "pc", "counter"], ["pc", "counter"]])
    digits = draw.choice([8, 10, 12, 16])
    typed = {
        "label": {"ja": "会員番号", "en": "Member number"},
        "pattern": f"[0-9]{{{digits}}}",
        "example": "1" * digits,
    }
    code = {
        "label": {"ja": "確認番号", "en": "Code"},
        "pattern": "[0-9]{4}",
        "example": "1234",
        "picture": "app_screen",
    }
    return Service.model_validate({
        "id": f"invented-{number:03}", "effective_from": start - timedelta(days=30), "kind": kind,
        "name": {"ja": f"{part}{first}{last}(見本)", "en": f"{first_en} {last_en} {number} (sample)"},
        "reading": f"{part}{first}{reading}", "programmes": [programme],
        "summary": {"ja": "見本の決済サービスです。", "en": "A sample service."},
        "points_when": {"ja": draw.choice(["すぐにつきます。", "翌月につきます。", "30日以内につきます。"])},
        "points_within_days": draw.choice([None, 0, 1, 30, 60]),
        "application_from": start + timedelta(days=draw.choice([0, 0, 0, 31, 200])),
        "application_until": datetime(2021, draw.choice([3, 4, 4, 4]), 1, tzinfo=JST),
        "channels": ways, "starts_in_own_app": draw.random() < 0.3, "minors": draw.random() < 0.4,
        "needs_registration": draw.random() < 0.5, "needs_smartphone": draw.random() < 0.6,
        "excluded_payments": [{"ja": "商品券の購入"}] * draw.randrange(2),
        "preparation": [{"ja": "アプリを入れます。"}],
        "account": typed | {"picture": "app_screen"}, "codes": [code] * draw.randrange(1, 3),
        "terms": {"ja": "見本の規約です。"}, "contact": {"ja": "お客さま窓口(見本) 電話 00-0000-0000"},
        "address": f"https://invented-{number:03}.example/v1",
        "keys": [{"id": f"invented-{number:03}-1", "public_key": "A" * 43, "from": start}],
        "bank_account": {
            "bank_code": "0999", "branch_code": "001", "kind": "ordinary", "number": "0000001", "holder_kana": "ミホン",
        },
    })  # fmt: skip
