"""総合振込: the bank-transfer file in the form that 全国銀行協会 (Japanese Bankers Association) fixed for all banks.

Records of 120 bytes, one byte a character (JIS X 0201, which is what Shift_JIS and cp932 are within these characters):
one header, one data record per payment, one trailer with count and sum, one end record. Digits are right-aligned and
filled with zeros, text is left-aligned and filled with spaces. The form leaves line ends to the parties; here every
record, the end record too, is followed by CR LF, as banks' upload pages take it, and there is no end-of-file byte.
Names of banks and branches stay blank: banks go by the codes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

from mynapoint.kernel.kana import PAYER_NAME_SIZE, RECIPIENT_NAME_SIZE
from mynapoint.kernel.money import Yen
from mynapoint.kernel.refusal import Refusal

RECORD_SIZE: Final = 120
LINE_END: Final = b"\r\n"
MAX_PAYMENT: Final = Yen(9_999_999_999)
MAX_TOTAL: Final = 999_999_999_999
MAX_COUNT: Final = 999_999
ACCOUNT_KINDS: Final = {"ordinary": "1", "current": "2"}


class Place(NamedTuple):
    """A field of a record: its name, its bytes, and whether it is made of digits."""

    name: str
    size: int
    digits: bool = False


HEADER: Final = (
    Place("record", 1, True),  # データ区分 1
    Place("kind", 2, True),  # 種別コード 21: 総合振込
    Place("encoding", 1, True),  # コード区分 0: JIS
    Place("consignor_code", 10, True),  # 振込依頼人コード
    Place("consignor_name", PAYER_NAME_SIZE),  # 振込依頼人名
    Place("transfer_date", 4, True),  # 取組日 MMDD
    Place("bank_code", 4, True),  # 仕向銀行番号
    Place("bank_name", 15),
    Place("branch_code", 3, True),  # 仕向支店番号
    Place("branch_name", 15),
    Place("account_kind", 1, True),  # 預金種目
    Place("account_number", 7, True),  # 口座番号
    Place("unused", 17),
)
PAYMENT: Final = (
    Place("record", 1, True),  # データ区分 2
    Place("bank_code", 4, True),  # 被仕向銀行番号
    Place("bank_name", 15),
    Place("branch_code", 3, True),  # 被仕向支店番号
    Place("branch_name", 15),
    Place("clearing_house", 4, True),  # 手形交換所番号, not used
    Place("account_kind", 1, True),  # 預金種目
    Place("account_number", 7, True),  # 口座番号
    Place("recipient_name", RECIPIENT_NAME_SIZE),  # 受取人名
    Place("amount", 10, True),  # 振込金額
    Place("novelty", 1, True),  # 新規コード 0: その他
    Place("customer_code_1", 10, True),  # 顧客コード1: claim and part
    Place("customer_code_2", 10, True),  # 顧客コード2: closing period
    Place("urgency", 1, True),  # 振込指定区分 7: 電信
    Place("identification", 1),  # 識別表示, blank: customer codes, no EDI
    Place("unused", 7),
)
TRAILER: Final = (
    Place("record", 1, True),  # データ区分 8
    Place("count", 6, True),  # 合計件数
    Place("total", 12, True),  # 合計金額
    Place("unused", 101),
)
END: Final = (Place("record", 1, True), Place("unused", 119))  # データ区分 9


@dataclass(frozen=True)
class Payer:
    """振込依頼人: whose account is charged."""

    consignor_code: str
    name: str
    bank_code: str
    branch_code: str
    account_kind: str
    account_number: str


@dataclass(frozen=True)
class Payment:
    """One payment to one account, with the two numbers by which its claim is found again."""

    bank_code: str
    branch_code: str
    account_kind: str
    account_number: str
    recipient: str
    amount: Yen
    claim: str
    period: str


@dataclass(eq=False)
class TransferTooLarge(Refusal):
    """The payments together do not fit into one file."""

    code = "transfer_too_large"
    limit: int


def split_amount(amount: Yen) -> list[Yen]:
    """Return the payments that an amount is paid in: one record carries ten digits."""
    full, rest = divmod(amount, MAX_PAYMENT)
    return [MAX_PAYMENT] * full + ([Yen(rest)] if rest else [])


def compose_file(payer: Payer, payments: Sequence[Payment], *, transfer_date: date) -> bytes:
    """Return the bytes of a transfer file.

    :raises TransferTooLarge: when count or sum do not fit.
    """
    total = sum(payment.amount for payment in payments)
    if total > MAX_TOTAL or len(payments) > MAX_COUNT:
        raise TransferTooLarge(limit=MAX_TOTAL if total > MAX_TOTAL else MAX_COUNT)
    records = [
        _compose_header(payer, transfer_date),
        *(_compose_payment(payment) for payment in payments),
        _compose(TRAILER, {"record": "8", "count": str(len(payments)), "total": str(total)}),
        _compose(END, {"record": "9"}),
    ]
    return b"".join(record + LINE_END for record in records)


def _compose_header(payer: Payer, transfer_date: date) -> bytes:
    return _compose(
        HEADER,
        {
            "record": "1",
            "kind": "21",
            "encoding": "0",
            "consignor_code": payer.consignor_code,
            "consignor_name": payer.name,
            "transfer_date": f"{transfer_date:%m%d}",
            "bank_code": payer.bank_code,
            "branch_code": payer.branch_code,
            "account_kind": payer.account_kind,
            "account_number": payer.account_number,
        },
    )


def _compose_payment(payment: Payment) -> bytes:
    return _compose(
        PAYMENT,
        {
            "record": "2",
            "bank_code": payment.bank_code,
            "branch_code": payment.branch_code,
            "account_kind": payment.account_kind,
            "account_number": payment.account_number,
            "recipient_name": payment.recipient,
            "amount": str(payment.amount),
            "customer_code_1": payment.claim,
            "customer_code_2": payment.period,
            "urgency": "7",
        },
    )


def _compose(places: Sequence[Place], values: Mapping[str, str]) -> bytes:
    """Write a record; a value that does not fit its place is a bug of the caller, never cut."""
    record = "".join(_fill(place, values.get(place.name, "")) for place in places)
    return record.encode("cp932")


def _fill(place: Place, value: str) -> str:
    if len(value) > place.size or (place.digits and value and not value.isdecimal()):
        raise ValueError(place.name)
    return value.rjust(place.size, "0") if place.digits else value.ljust(place.size)
