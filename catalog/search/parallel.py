"""The analysis of many documents in several processes.

It takes most of the time of a rebuild, and Python does one thing at a time.
"""

from __future__ import annotations

import gc
import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from itertools import chain, islice

import msgspec

from catalog.search import Document
from catalog.search.fields import Record, record
from sandbox import Sandbox

FEW = 1_000  # documents that are analysed here: starting a process takes as long
_BATCH = 50
_MOST = 4  # processes
_MEMORY = 1_000_000_000  # bytes of address space for each
_SECONDS = 120.0  # for one batch on a busy machine


def records(documents: Iterable[Document]) -> Iterator[Record]:
    """The records of the documents, in order; a few batches ahead of whoever takes them, never all."""
    rest = iter(documents)
    first = list(islice(rest, FEW))
    workers = min(os.cpu_count() or 1, _MOST)
    if len(first) < FEW or workers == 1:
        yield from map(record, chain(first, rest))
        return
    with closing(Sandbox(workers=workers, memory=_MEMORY)) as sandbox, ThreadPoolExecutor(workers) as threads:
        waiting: deque[Future[bytes]] = deque()
        following = chain(first, rest)
        while batch := list(islice(following, _BATCH)):
            request = msgspec.msgpack.encode(batch)
            waiting.append(threads.submit(sandbox.run, _FUNCTION, request, seconds=_SECONDS))
            if len(waiting) > 2 * workers:
                yield from _DECODER.decode(waiting.popleft().result())
        while waiting:
            yield from _DECODER.decode(waiting.popleft().result())


_FUNCTION = f"{__name__}:analyse"
_DECODER = msgspec.msgpack.Decoder(list[Record])


def analyse(request: bytes) -> bytes:
    """Runs in another process: a msgpack list of documents to a msgpack list of their records."""
    gc.disable()  # nothing here has circles, and the kept analyses would be walked through every few batches
    documents = msgspec.msgpack.decode(request, type=list[Document])
    return msgspec.msgpack.encode([record(document) for document in documents])
