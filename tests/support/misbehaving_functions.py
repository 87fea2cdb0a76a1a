"""Functions that misbehave as a stranger's text might make a parser do.

They run in the sandbox's children.
"""

from __future__ import annotations

import os
import time


def echo(argument: bytes) -> bytes:
    return argument


def process_id(_argument: bytes) -> bytes:
    return str(os.getpid()).encode()


def environment(_argument: bytes) -> bytes:
    return "\n".join(f"{name}={value}" for name, value in sorted(os.environ.items())).encode()


def take_all_memory(_argument: bytes) -> bytes:
    held = []
    while True:
        held.append(b"x" * 10_000_000)


def never_end(_argument: bytes) -> bytes:
    while True:
        pass


def exit_at_once(_argument: bytes) -> bytes:
    os._exit(3)


def raise_an_error(_argument: bytes) -> bytes:
    raise ValueError("a parser gave up")


def recurse_without_end(argument: bytes) -> bytes:
    return recurse_without_end(argument)


def print_noise(argument: bytes) -> bytes:
    print("this must not be taken for an answer", flush=True)
    os.write(1, b"nor this")
    return argument


def write_file(argument: bytes) -> bytes:
    with open(argument, "wb") as file:
        file.write(b"x" * 100_000)
    return b"written"


def sleep(argument: bytes) -> bytes:
    time.sleep(float(argument))
    return str(os.getpid()).encode()
