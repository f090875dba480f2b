"""A graph as SVG."""

from __future__ import annotations

import time
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest

from celeriac import picture
from celeriac.layout import lay_out

SVG = "{http://www.w3.org/2000/svg}"


def drawn(names, edges=(), states=None) -> ET.Element:
    nodes = names if isinstance(names, dict) else dict(enumerate(names))
    return ET.fromstring(picture.draw(nodes, edges, states))


def texts(svg: ET.Element) -> list[str]:
    return [element.text or "" for element in svg.iter(f"{SVG}text")]


def test_every_task_and_edge_is_drawn() -> None:
    svg = drawn({7: "a", 3: "b", 5: "c"}, [(7, 3), (3, 5), (7, 5)])
    assert texts(svg) == ["a", "b", "c"]
    assert len(list(svg.iter(f"{SVG}rect"))) == 3
    assert len([path for path in svg.iter(f"{SVG}path") if "marker-end" in path.attrib]) == 3


def test_children_stand_right_of_their_parents_and_long_edges_lead_around_others() -> None:
    layout = lay_out(3, [(0, 1), (1, 2), (0, 2)])
    assert [column for column, _ in layout.places] == [0, 1, 2]
    assert len(layout.routes[2]) == 3
    assert layout.routes[2][1] not in layout.places


def test_parallel_chains_do_not_cross() -> None:
    # The second column is given upside down.
    layout = lay_out(6, [(0, 5), (1, 4), (2, 3)])
    rows = [row for _, row in layout.places]
    assert sorted(range(3), key=rows.__getitem__) == sorted(range(3), key=lambda node: rows[5 - node])


def test_states_are_shown_by_colour_and_in_words() -> None:
    svg = drawn({1: "a", 2: "b"}, states={1: "FAILED"})
    assert [rect.get("fill") for rect in svg.iter(f"{SVG}rect")] == [picture.COLOURS["FAILED"], picture.PLAIN]
    assert [title.text for title in svg.iter(f"{SVG}title")] == ["a: FAILED", "b"]


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        "</text><foreignObject/>",
        "]]>",
        "&amp;",
        "' onload='x",
        "\u0001\u000b\ufffe",
        "\U0001f600",
        "任务",
        "x" * 200,
    ],
)
def test_a_name_is_only_ever_text(name) -> None:
    svg = drawn([name])
    assert {element.tag.removeprefix(SVG) for element in svg.iter()} <= {
        "svg", "style", "defs", "marker", "path", "g", "title", "rect", "text"
    }  # fmt: skip
    assert not any(key.startswith("on") for element in svg.iter() for key in element.attrib)
    (title,) = svg.iter(f"{SVG}title")
    assert title.text == name.replace("\u0001\u000b\ufffe", "\ufffd" * 3)


def test_the_same_graph_gives_the_same_picture() -> None:
    nodes, edges = dict(enumerate("abcdef")), [(0, 3), (1, 3), (2, 4), (0, 5), (3, 5)]
    assert picture.draw(nodes, edges) == picture.draw(nodes, edges[::-1][::-1])


def test_no_tasks_are_told() -> None:
    assert texts(drawn([])) == ["No tasks yet."]


def test_a_graph_too_large_to_read_is_drawn_in_part_and_says_so() -> None:
    names = [f"t{number}" for number in range(picture.MAX_DRAWN + 1)]
    svg = drawn(names, list(pairwise(range(len(names)))))
    assert texts(svg)[0] == "1501 tasks are too many to draw: these are the first 1500."
    assert len(texts(svg)) == picture.MAX_DRAWN + 1


@pytest.mark.parametrize(
    "edges",
    [
        [(number, number + 1) for number in range(999)],
        [(start, end) for start in range(100) for end in range(900, 1_000)],
        [(start, end) for start in range(0, 1_000, 7) for end in range(start + 1, 1_000, 97)],
        [(0, end) for end in range(2, 1_000)] + [(number, number + 1) for number in range(999)],
    ],
    ids=["chain", "dense", "long", "fan over a chain"],
)
def test_a_thousand_tasks_are_drawn_in_seconds(edges) -> None:
    begun = time.process_time()
    drawn([f"t{number}" for number in range(1_000)], edges)
    assert time.process_time() - begun < 10
