"""What a service says, brought from its node's disk into the log of its task run.

The place up to which a stream is told stands in the piece that tells it: both are stored at once, so that whoever goes on,
a worker that was started anew too, leaves nothing out and says nothing twice.
"""

from __future__ import annotations

import codecs
import logging

from django.conf import settings
from django.db import Error
from django.db.models import Max

from runs import live
from runs.logs import CHUNK, LOG
from runs.models import LogChunk
from scheduler.services import output
from scheduler.services.holding import Held

logger = logging.getLogger(__name__)

PIECE = 256 * 1024  # bytes told at once


class Teller:
    """Tells what one service says: its first half as it comes, and its last half when it has ended."""

    def __init__(self, held: Held, graph_run_id: int) -> None:
        self._held, self._graph_run_id = held, graph_run_id
        self._half = settings.MAX_OUTPUT // 4  # of a stream, of which there are two
        told = LogChunk.objects.filter(job_run=held.job_run_id, attempt=held.attempt, upto__isnull=False)
        self._upto: dict[str, int] = dict(told.order_by().values_list("stream").annotate(Max("upto")))

    def tell(self, *, ended: bool) -> bool:
        """Store what was said since, and once it has `ended` all that there is to say; tell whether that could be."""
        pieces = [piece for stream in output.STREAMS for piece in self._pieces(stream, ended=ended)]
        try:
            LogChunk.objects.bulk_create(pieces)
        except Error as error:  # a database without room for it may have room for what matters more
            logger.warning("what the service of job run %s says is not stored: %s", self._held.job_run_id, error)
            return False
        self._upto |= {piece.stream: piece.upto for piece in pieces if piece.upto is not None}
        if pieces:
            live.announce([self._graph_run_id])
        return True

    def _pieces(self, stream: str, *, ended: bool) -> list[LogChunk]:
        """Return what to store of a stream, in order."""
        end, place = output.end(self._held.folder, stream), self._upto.get(stream, 0)
        pieces: list[LogChunk] = []
        while place < end:
            if place >= self._half and not ended:
                break
            # What is between the halves is left out.
            wanted = place if place < self._half else max(place, end - self._half)
            begin, data = output.read(self._held.folder, stream, wanted, PIECE)
            if begin > place:
                pieces.append(self._piece(LOG, f"\n[{begin - place} bytes left out]\n", None))
            text, place = _whole(data, begin, ended=ended)
            if not text:
                break
            pieces += [self._piece(stream, text[start : start + CHUNK], None) for start in range(0, len(text), CHUNK)]
            pieces[-1].upto = place
        return pieces

    def _piece(self, stream: str, text: str, upto: int | None) -> LogChunk:
        return LogChunk(job_run_id=self._held.job_run_id, attempt=self._held.attempt, stream=stream, text=text, upto=upto)


def _whole(data: bytes, begin: int, *, ended: bool) -> tuple[str, int]:
    """Return bytes as text that PostgreSQL can store, and where it ends: a character cut in two waits for its other half."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    text = decoder.decode(data, final=False)
    waiting = len(decoder.getstate()[0])
    if ended and waiting == len(data):
        text, waiting = decoder.decode(b"", final=True), 0
    return text.replace("\x00", "\ufffd"), begin + len(data) - waiting
