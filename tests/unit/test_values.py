"""Values on their way into the database and into a process."""

import pytest

from scheduler import values
from scheduler.processes.clipped import Clipped


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a b", "a b"),
        ("", ""),
        (None, ""),
        (True, "true"),
        (3, "3"),
        (1.5, "1.5"),
        (["é"], '["é"]'),
        ({"a": None}, '{"a": null}'),
    ],
)
def test_a_value_as_text(value, text):
    assert values.as_text(value) == text


def test_a_result_reads_as_it_will_once_stored():
    assert values.normalized({1: (1, 2), "a": {"b": [None]}}) == {"1": [1, 2], "a": {"b": [None]}}


def test_the_bound_counts_bytes(settings):
    settings.MAX_RESULT = 6
    assert values.normalized("éé") == "éé"
    with pytest.raises(ValueError, match="it takes 8 bytes, over the limit of 6"):
        values.normalized("ééé")


def test_unstorable_characters_are_replaced():
    assert values.storable("a\x00b\ud800é") == "a\ufffdb?é"


@pytest.mark.parametrize("step", [1, 3, 10, 100])
def test_head_and_tail_of_output(step):
    data = bytes(range(65, 91))
    clipped = Clipped(10)
    for start in range(0, len(data), step):
        clipped.write(data[start : start + step])
    assert clipped.text() == "ABCDE\n[16 bytes left out]\nVWXYZ"
    assert clipped.left_out == 16
    assert clipped.end(3) == "XYZ"
