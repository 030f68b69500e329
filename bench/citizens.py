"""The load: citizens who apply over HTTP, step by step as browser and card program do, as fast as they are answered."""

import json
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPConnection
from itertools import count
from typing import Final
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from bench.crowd import Applicant
from bench.stage import SERVICE
from paymentservice.encoding import to_base64url

FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}
JSON: Final = {"Content-Type": "application/json"}


class ApplicationFailed(Exception):
    """An application was not taken."""

    def __init__(self, step: str, *, status: int, said: bytes) -> None:
        super().__init__(f"{step}: {status} {said[-2000:].decode(errors='replace')}")


@dataclass
class Load:
    """What a run of applications cost: seconds of each act, and the generator's own work."""

    seconds: list[float] = field(default_factory=list)
    signing: list[float] = field(default_factory=list)
    elapsed: float = 0.0
    own_cpu: float = 0.0


def apply_all(port: int, applicants: Sequence[Applicant], *, clients: int) -> Load:
    """Let all apply, so many at a time, each client the next as soon as it is through."""
    return _run(port, applicants, clients=clients, due=lambda _number: 0.0)


def apply_at(port: int, applicants: Sequence[Applicant], *, clients: int, rate: float) -> Load:
    """Let one apply every 1/rate seconds, served or not; an act's time counts from when it was due."""
    return _run(port, applicants, clients=clients, due=lambda number: number / rate)


def _run(port: int, applicants: Sequence[Applicant], *, clients: int, due: Callable[[int], float]) -> Load:
    load, numbers, lock = Load(), count(), threading.Lock()
    started, cpu = time.perf_counter(), time.process_time()

    def client() -> None:
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        while (number := next(numbers)) < len(applicants):
            begins = max(started + due(number), started if due(number) else time.perf_counter())
            time.sleep(max(0.0, begins - time.perf_counter()))
            signing = apply(connection, applicants[number])
            with lock:
                load.seconds.append(time.perf_counter() - begins)
                load.signing.append(signing)
        connection.close()

    with ThreadPoolExecutor(clients) as pool:
        for done in [pool.submit(client) for _ in range(clients)]:
            done.result()
    load.elapsed, load.own_cpu = time.perf_counter() - started, time.process_time() - cpu
    return load


def list_answers(account_id: str, code: str) -> list[tuple[str, dict[str, str]]]:
    """List what an applicant still has to answer: the account, which the service checks, its hint, and the whole."""
    account = {"service": SERVICE, "account": account_id, "code1": code}
    return [("account", account), ("hint", {"own": "yes"}), ("check", {})]


def apply(connection: HTTPConnection, applicant: Applicant) -> float:
    """Go the whole way of one application; return the CPU seconds that the card's signature took.

    :raises ApplicationFailed: at the first step that is not answered as it should be.
    """
    for step, answers in list_answers(applicant.account_id, applicant.code):
        body = urlencode(answers).encode()
        led_to = _ask(connection, "POST", f"{applicant.way}{step}/", body=body, headers=FORM, status=302)
    act = led_to.decode().rstrip("/")
    statement = _ask(connection, "GET", f"{act}/statement", status=200)
    started = time.thread_time()
    signature = applicant.card.key.sign(statement, PKCS1v15(), SHA256())
    signing = time.thread_time() - started
    signed = {"signature": to_base64url(signature), "certificate": to_base64url(applicant.card.certificate)}
    _ask(connection, "POST", f"{act}/signature", body=json.dumps(signed).encode(), headers=JSON, status=200)
    return signing


def _ask(
    connection: HTTPConnection,
    method: str,
    path: str,
    *,
    status: int,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> bytes:
    """Return an answer's body, or where it leads."""
    connection.request(method, path, body=body, headers=headers or {})
    answer = connection.getresponse()
    content = answer.read()
    if answer.status != status:
        raise ApplicationFailed(path, status=answer.status, said=content)
    return (answer.headers["Location"] or "").encode() if status == 302 else content
