"""The log of an attempt."""

import threading

import pytest
from django.db import OperationalError

from runs import live
from runs.logs import CHUNK, ERR, LOG, OUT, LogWriter
from runs.models import LogChunk


def stored():
    return list(LogChunk.objects.order_by("id").values_list("stream", "text"))


@pytest.fixture
def log(settings):
    settings.MAX_OUTPUT = 100
    return LogWriter(7, 3, 5)


@pytest.mark.django_db
def test_silence_costs_no_statement(log, django_assert_num_queries):
    with django_assert_num_queries(0):
        log.flush()
        log.close()


@pytest.mark.django_db
def test_pieces_keep_their_order_and_neighbours_become_one(log):
    for stream, data in [(OUT, b"a"), (OUT, b"b"), (ERR, b"c"), (OUT, b"d"), (LOG, b"")]:
        log.write(stream, data)
    log.flush()
    log.write(OUT, b"e")
    log.note("f")
    log.close()
    log.close()
    assert stored() == [(OUT, "ab"), (ERR, "c"), (OUT, "d"), (OUT, "e"), (LOG, "f\n")]
    assert set(LogChunk.objects.values_list("job_run_id", "attempt")) == {(7, 3)}


@pytest.mark.django_db
@pytest.mark.parametrize("step", [1, 7, 50, 1000])
def test_head_and_tail_are_kept_whatever_the_pieces(log, step):
    data = b"".join(b"%03d " % number for number in range(250))
    for start in range(0, len(data), step):
        log.write(OUT, data[start : start + step])
        log.flush()
    log.close()
    text = "".join(text for _, text in stored())
    assert text == f"{data[:50].decode()}\n[900 bytes left out]\n{data[-50:].decode()}"


@pytest.mark.django_db
def test_nothing_is_left_out_up_to_the_bound(log):
    log.write(OUT, b"x" * 99)
    log.write(ERR, b"y")
    log.close()
    assert "".join(text for _, text in stored()) == "x" * 99 + "y"


@pytest.mark.django_db
def test_the_tail_keeps_its_streams(log):
    log.write(OUT, b"x" * 100)
    log.write(ERR, b"e" * 20)
    log.write(OUT, b"o" * 10)
    log.close()
    assert stored() == [(OUT, "x" * 50), (LOG, "\n[30 bytes left out]\n"), (OUT, "x" * 20), (ERR, "e" * 20), (OUT, "o" * 10)]


@pytest.mark.django_db
def test_characters_are_put_together_and_made_storable(log):
    for byte in "é😀".encode():
        log.write(OUT, bytes([byte]))
        log.write(ERR, b"")
        log.flush()
    log.write(OUT, b"\x00\xff\xc3")
    log.close()
    assert "".join(text for _, text in stored()) == "é😀\ufffd\ufffd\ufffd"


@pytest.mark.django_db
def test_a_long_text_is_several_pieces(log, settings):
    settings.MAX_OUTPUT = 10**6
    log = LogWriter(7, 3, 5)
    log.write(OUT, b"x" * (2 * CHUNK + 1))
    log.close()
    assert [len(text) for _, text in stored()] == [CHUNK, CHUNK, 1]


@pytest.mark.django_db
def test_what_the_database_did_not_take_is_stored_later(log, monkeypatch):
    def fails(*args, **options):
        raise OperationalError("away")

    log.write(OUT, b"a")
    with monkeypatch.context() as broken:
        broken.setattr(LogChunk.objects, "bulk_create", fails)
        log.flush()
    log.write(OUT, b"b")
    log.close()
    assert stored() == [(OUT, "a"), (OUT, "b")]


@pytest.mark.django_db
def test_viewers_are_told(log, monkeypatch):
    bells: list[list[int]] = []
    monkeypatch.setattr(live, "announce", bells.append)
    log.write(OUT, b"a")
    log.close()
    assert bells == [[5]]


def test_threads_may_write_at_once(settings, monkeypatch):
    settings.MAX_OUTPUT = 10**7
    pieces = []
    monkeypatch.setattr(LogChunk.objects, "bulk_create", lambda chunks, **_: pieces.extend(chunks))
    monkeypatch.setattr(live, "announce", lambda *args, **options: None)
    log = LogWriter(7, 3, 5)

    def talk(letter):
        for _ in range(2000):
            log.write(OUT, letter * 10)
            log.flush()

    threads = [threading.Thread(target=talk, args=[letter]) for letter in (b"a", b"b", b"c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.close()
    text = "".join(chunk.text for chunk in pieces)
    assert [text.count(letter) for letter in "abc"] == [20_000] * 3
