"""The log of an attempt: what its work says, stored in pieces as it comes, its middle left out where it is too much."""

from __future__ import annotations

import codecs
import logging
import threading
from collections import deque

from django.conf import settings
from django.db import Error

from runs import live
from runs.models import LogChunk

logger = logging.getLogger(__name__)

CHUNK = 16 * 1024  # characters of one LogChunk
BATCH = 200  # LogChunks of one INSERT

OUT, ERR, LOG = LogChunk.Stream.OUT, LogChunk.Stream.ERR, LogChunk.Stream.LOG


class LogWriter:
    """Collects what one attempt says; stores nothing until it has said something.

    Of `settings.MAX_OUTPUT` bytes the first half is stored as it comes, the last half when the log is closed.
    Any thread may write and flush: a callable writes while the watch flushes.
    """

    __slots__ = (
        "_decoders",
        "_flushing",
        "_graph_run_id",
        "_head",
        "_identity",
        "_left_out",
        "_lock",
        "_room",
        "_tail",
        "_unsaved",
    )

    def __init__(self, job_run_id: int, attempt: int, graph_run_id: int) -> None:
        self._identity = (job_run_id, attempt)
        self._graph_run_id = graph_run_id
        self._lock = threading.Lock()  # guards what is collected
        self._flushing = threading.Lock()  # keeps the pieces in order in the database
        self._room = settings.MAX_OUTPUT // 2
        self._head = _Said()
        self._tail = _Said()
        self._left_out = 0
        self._unsaved: list[LogChunk] = []
        self._decoders: dict[str, codecs.IncrementalDecoder] = {}

    def write(self, stream: str, data: bytes) -> None:
        """Take what was said on `stream`."""
        with self._lock:
            self._head.append(stream, data[: self._room])
            if len(data) > self._room:
                self._tail.append(stream, data[self._room :])
                self._left_out += self._tail.keep_last(settings.MAX_OUTPUT // 2)
            self._room = max(0, self._room - len(data))

    def note(self, text: str) -> None:
        """Add a line of the engine's own."""
        self.write(LOG, f"{text}\n".encode("utf-8", "replace"))

    def flush(self) -> None:
        """Store what was collected; a database that fails is tried again with the next piece."""
        if not self._head.size:
            return
        with self._flushing:
            with self._lock:
                said, self._head = self._head, _Said()
            self._store(said)

    def close(self) -> None:
        """Store the rest."""
        if not self._head.size and not self._tail.size and not self._unsaved:
            return
        with self._flushing:
            rest = self._head
            if self._left_out:
                rest.append(LOG, f"\n[{self._left_out} bytes left out]\n".encode())
            for stream, data in self._tail.pieces:
                rest.append(stream, data)
            self._head, self._tail = _Said(), _Said()
            self._store(rest, final=True)

    def _store(self, said: _Said, *, final: bool = False) -> None:
        job_run_id, attempt = self._identity
        self._unsaved += [
            LogChunk(job_run_id=job_run_id, attempt=attempt, stream=stream, text=text[start : start + CHUNK])
            for stream, text in self._decoded(said, final)
            for start in range(0, len(text), CHUNK)
        ]
        if not self._unsaved:
            return
        try:
            LogChunk.objects.bulk_create(self._unsaved, batch_size=BATCH)
        except Error as error:
            logger.warning("%s pieces of the log of job run %s not stored: %s", len(self._unsaved), job_run_id, error)
            return
        self._unsaved = []
        live.announce([self._graph_run_id])

    def _decoded(self, said: _Said, final: bool) -> list[tuple[str, str]]:
        """Return the pieces as text that PostgreSQL can store; a character cut in two waits for its other half."""
        texts = [(stream, self._decoder(stream).decode(data)) for stream, data in said.pieces]
        if final:
            texts += [(stream, decoder.decode(b"", True)) for stream, decoder in self._decoders.items()]
        return [(stream, text.replace("\x00", "\ufffd")) for stream, text in texts]

    def _decoder(self, stream: str) -> codecs.IncrementalDecoder:
        if stream not in self._decoders:
            self._decoders[stream] = codecs.getincrementaldecoder("utf-8")("replace")
        return self._decoders[stream]


class _Said:
    """What was said and is not stored yet: pieces in order, each with its stream; neighbours of one stream are one piece."""

    __slots__ = ("pieces", "size")

    def __init__(self) -> None:
        self.pieces: deque[tuple[str, bytearray]] = deque()
        self.size = 0

    def append(self, stream: str, data: bytes | bytearray) -> None:
        """Add what was said on `stream`."""
        if self.pieces and self.pieces[-1][0] == stream:
            self.pieces[-1][1].extend(data)
        elif data:
            self.pieces.append((stream, bytearray(data)))
        self.size += len(data)

    def keep_last(self, limit: int) -> int:
        """Forget all but the last `limit` bytes; return how many were forgotten."""
        excess = max(0, self.size - limit)
        self.size -= excess
        left = excess
        while left:
            first = self.pieces[0][1]
            if len(first) > left:
                del first[:left]
                break
            left -= len(first)
            self.pieces.popleft()
        return excess
