"""Functions that misbehave as a stranger's text might make a parser do; they run in the sandbox's children."""

from __future__ import annotations

import os
import time


def echo(argument: bytes) -> bytes:
    return argument


def number(_argument: bytes) -> bytes:
    return str(os.getpid()).encode()


def environment(_argument: bytes) -> bytes:
    return "\n".join(f"{name}={value}" for name, value in sorted(os.environ.items())).encode()


def swell(_argument: bytes) -> bytes:
    held = []
    while True:
        held.append(b"x" * 10_000_000)


def dawdle(_argument: bytes) -> bytes:
    while True:
        pass


def die(_argument: bytes) -> bytes:
    os._exit(3)


def fail(_argument: bytes) -> bytes:
    raise ValueError("a parser gave up")


def recurse(argument: bytes) -> bytes:
    return recurse(argument)


def chatter(argument: bytes) -> bytes:
    print("this must not be taken for an answer", flush=True)
    os.write(1, b"nor this")
    return argument


def write_file(argument: bytes) -> bytes:
    with open(argument, "wb") as file:
        file.write(b"x" * 100_000)
    return b"written"


def nap(argument: bytes) -> bytes:
    time.sleep(float(argument))
    return str(os.getpid()).encode()
