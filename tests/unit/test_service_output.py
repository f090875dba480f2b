"""What a service says, kept within bounds: the first half, the last half, and where something is missing."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.services import output
from scheduler.services.output import Kept


def said(folder: Path, stream: str = "out", size: int = 10_000) -> list[tuple[int, bytes]]:
    """Return what can be read from the start on, each piece with its place."""
    pieces: list[tuple[int, bytes]] = []
    place = 0
    while True:
        begin, data = output.read(folder, stream, place, size)
        if not data:
            return pieces
        pieces.append((begin, data))
        place = begin + len(data)


def test_a_little_is_kept_whole(tmp_path):
    kept = Kept(tmp_path, "out", 1000)
    kept.write(b"one\n")
    kept.write(b"two\n")
    assert said(tmp_path) == [(0, b"one\ntwo\n")]
    assert output.end(tmp_path, "out") == 8
    assert said(tmp_path, "err") == []
    assert output.end(tmp_path, "err") == 0


@settings(max_examples=25)
@given(st.lists(st.integers(0, 300), max_size=40), st.sampled_from([64, 100, 1000]))
def test_of_much_the_first_and_the_last_half_are_kept_and_the_disk_is_bounded(tmp_path_factory, sizes, limit):
    folder = tmp_path_factory.mktemp("kept")
    kept, everything = Kept(folder, "out", limit), b""
    for number, size in enumerate(sizes):
        piece = bytes([number]) * size
        kept.write(piece)
        everything += piece
    pieces = said(folder)
    assert all(everything[place : place + len(data)] == data for place, data in pieces)
    assert output.end(folder, "out") == len(everything)
    places = {place + offset for place, data in pieces for offset in range(len(data))}
    half = limit // 2
    assert places >= set(range(min(half, len(everything))))
    assert places >= set(range(max(0, len(everything) - half), len(everything)))
    assert len(places) <= 2 * limit


def test_what_a_full_disk_does_not_take_is_missing_and_what_comes_later_is_not(tmp_path, monkeypatch):
    kept = Kept(tmp_path, "out", 1000)
    kept.write(b"before")
    real = os.write

    def full(descriptor, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    kept.write(b"lost")
    monkeypatch.setattr(os, "write", real)
    kept.write(b"after")
    assert said(tmp_path) == [(0, b"before"), (10, b"after")]


@pytest.mark.parametrize(
    ("out", "err", "told"),
    [(b"o", b"", b"o"), (b"o", b"e", b"e"), (b"o", b" \n", b"o"), (b"", b"", b""), (b"123456", b"", b"3456")],
)
def test_the_last_words_are_those_of_stderr_where_there_are_any(out, err, told, tmp_path):
    Kept(tmp_path, "out", 1000).write(out)
    Kept(tmp_path, "err", 1000).write(err)
    assert output.tail(tmp_path, 4) == told
