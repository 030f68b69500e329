"""What two worlds may differ in by themselves, made equal: random bytes, new keys, and the machine's clock.

A program is frozen by its environment (:func:`frozen_environment`) and is otherwise the program as it is. Every source
of randomness is a stream of its own: somebody who asked one of them once more would shift only this one.
"""

import itertools
import os
import random
import secrets
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from hashlib import shake_256
from pathlib import Path
from typing import Final, TypeVar

import time_machine
import uuid_utils.compat
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SEED: Final = "FROZEN_SEED"
MACHINE_TIME: Final = datetime(2030, 1, 1, tzinfo=UTC)
"""What the machine's clock shows: no time of the demonstration, so that one taken for the other is seen."""
HERE: Final = Path(__file__).parent
T = TypeVar("T")


def frozen_environment(seed: str) -> dict[str, str]:
    """Return the variables that freeze a program; programs of one town need seeds of their own."""
    paths = os.pathsep.join([str(HERE / "frozen_start"), str(HERE)])
    return {"PYTHONPATH": paths, "PYTHONHASHSEED": "0", SEED: seed}


def freeze() -> None:
    """Freeze this process, and those that it forks."""
    seed = os.environ[SEED]
    time_machine.travel(MACHINE_TIME, tick=False).start()
    random.seed(seed)
    choice, new_key, tokens = make_stream(f"{seed} choice"), make_stream(f"{seed} key"), make_stream(f"{seed} token")

    def choose(sequence: Sequence[T]) -> T:
        return sequence[int.from_bytes(choice(8), "big") % len(sequence)]

    def generate() -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(new_key(32))

    for module, name, source in (
        (secrets, "choice", choose),
        (secrets, "token_bytes", lambda nbytes=None: tokens(32 if nbytes is None else nbytes)),
        (os, "urandom", make_stream(f"{seed} system")),
        (uuid_utils.compat, "uuid7", make_uuids(make_stream(f"{seed} uuid"))),
        (Ed25519PrivateKey, "generate", generate),
    ):
        setattr(module, name, source)


def make_stream(seed: str) -> Callable[[int], bytes]:
    """Return a source of bytes that are the same at every run."""
    numbers, lock = itertools.count(), threading.Lock()

    def draw(size: int) -> bytes:
        with lock:
            return shake_256(f"{seed} {next(numbers)}".encode()).digest(size)

    return draw


def make_uuids(draw: Callable[[int], bytes]) -> Callable[[], uuid.UUID]:
    """Return a source of UUIDs of version 7 (RFC 9562, section 5.7) in the order of their making."""
    numbers = itertools.count()

    def make() -> uuid.UUID:
        milliseconds = (time.time_ns() // 1_000_000 + next(numbers)) & (1 << 48) - 1
        rest = int.from_bytes(draw(10), "big")
        value = milliseconds << 80 | 0x7 << 76 | (rest >> 68) << 64 | 0b10 << 62 | rest & (1 << 62) - 1
        return uuid.UUID(int=value)

    return make
