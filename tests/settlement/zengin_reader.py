"""A reader of 総合振込 files that knows the form from its description alone and shares nothing with the writer."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ReadPayment:
    """One data record."""

    bank: str
    branch: str
    kind: str
    account: str
    name: str
    amount: int
    customer_1: str
    customer_2: str


@dataclass(frozen=True)
class ReadFile:
    """A whole file."""

    consignor: str
    name: str
    date: str
    bank: str
    branch: str
    kind: str
    account: str
    payments: tuple[ReadPayment, ...]


def read_file(content: bytes) -> ReadFile:
    """Read a file, and insist on everything that the form fixes."""
    assert content.endswith(b"\r\n")
    records = [record.decode("shift_jis") for record in content[:-2].split(b"\r\n")]
    assert all(len(record.encode("shift_jis")) == len(record) == 120 for record in records)
    header, *middle, trailer, end = records
    payments = tuple(_read_payment(record) for record in middle)
    _check_frame(header, trailer, end, payments)
    return ReadFile(
        consignor=header[4:14],
        name=header[14:54].rstrip(" "),
        date=header[54:58],
        bank=header[58:62],
        branch=header[77:80],
        kind=header[95],
        account=header[96:103],
        payments=payments,
    )


def _check_frame(header: str, trailer: str, end: str, payments: tuple[ReadPayment, ...]) -> None:
    assert header[:4] == "1210"
    assert header[103:] == " " * 17
    assert header[62:77] == header[80:95] == " " * 15
    assert trailer[0] == "8"
    assert int(trailer[1:7]) == len(payments)
    assert int(trailer[7:19]) == sum(payment.amount for payment in payments)
    assert trailer[19:] == " " * 101
    assert end == "9" + " " * 119


def _read_payment(record: str) -> ReadPayment:
    assert record[0] == "2"
    assert record[5:20] == record[23:38] == " " * 15
    assert record[38:42] == "0000"
    assert record[90] == "0"
    assert record[111:] == "7" + " " * 8
    return ReadPayment(
        bank=record[1:5],
        branch=record[20:23],
        kind=record[42],
        account=record[43:50],
        name=record[50:80].rstrip(" "),
        amount=int(record[80:90]),
        customer_1=record[91:101],
        customer_2=record[101:111],
    )
