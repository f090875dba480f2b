"""A graph drawn as SVG, layer by layer from left to right."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from xml.etree import ElementTree as ET

from celeriac.layout import Layout, lay_out

MAX_DRAWN = 1_500  # tasks; more would be a black square
MAX_LABEL = 24  # characters
WIDTH, HEIGHT = 180, 32  # of a task
GAP_X, GAP_Y = 60, 16
MARGIN = 24
HEADLINE = 28  # height of the line above, where there is one

COLOURS = {
    "PENDING": "#e5e7eb",
    "QUEUED": "#dbeafe",
    "RUNNING": "#fde68a",
    "WAITING": "#ddd6fe",
    "SUCCESS": "#bbf7d0",
    "FAILED": "#fecaca",
    "SKIPPED": "#f3f4f6",
    "CANCELLED": "#d6d3d1",
}
PLAIN = "#f8fafc"
STYLE = (
    "text { font: 12px system-ui, sans-serif; fill: #111827; } rect { stroke: #6b7280; }"
    " path { fill: none; stroke: #9ca3af; } marker path { fill: #9ca3af; }"
)
# What XML 1.0 cannot hold, though JSON and the database can.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def draw(nodes: Mapping[int, str], edges: Iterable[tuple[int, int]], states: Mapping[int, str] | None = None) -> str:
    """Return the SVG of an acyclic graph.

    `nodes` are names by id, `edges` pairs of ids, `states` the states of some or all of the nodes, by id. Of a graph too
    large to be read only the first tasks are drawn, and the picture says so.
    """
    drawn = list(nodes)[:MAX_DRAWN]
    place = {node: index for index, node in enumerate(drawn)}
    layout = lay_out(len(drawn), [(place[start], place[end]) for start, end in edges if start in place and end in place])
    top = HEADLINE if len(drawn) < len(nodes) or not nodes else 0
    svg = _canvas(layout, top)
    if len(drawn) < len(nodes):
        _text(svg, MARGIN, MARGIN, f"{len(nodes)} tasks are too many to draw: these are the first {len(drawn)}.")
    elif not nodes:
        _text(svg, MARGIN, MARGIN, "No tasks yet.")
    body = ET.SubElement(svg, "g", transform=f"translate({MARGIN} {_number(MARGIN + top + _middle(layout))})")
    for route in layout.routes:
        ET.SubElement(body, "path", {"d": _curve(route), "marker-end": "url(#arrow)"})
    for node, (column, row) in zip(drawn, layout.places, strict=True):
        _task(body, nodes[node], (states or {}).get(node), column * (WIDTH + GAP_X), row * (HEIGHT + GAP_Y))
    return ET.tostring(svg, encoding="unicode")


def _canvas(layout: Layout, top: int) -> ET.Element:
    width = max(layout.columns * (WIDTH + GAP_X) - GAP_X, 400 if top else 0) + 2 * MARGIN
    height = max(layout.rows * (HEIGHT + GAP_Y) - GAP_Y, 0) + 2 * MARGIN + top
    size = {"width": str(width), "height": str(height), "viewBox": f"0 0 {width} {height}"}
    svg = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "role": "img", **size})
    ET.SubElement(svg, "style").text = STYLE
    arrow = {"id": "arrow", "viewBox": "0 0 8 8", "refX": "8", "refY": "4", "markerWidth": "8", "markerHeight": "8"}
    marker = ET.SubElement(ET.SubElement(svg, "defs"), "marker", {**arrow, "orient": "auto"})
    ET.SubElement(marker, "path", d="M0 0 8 4 0 8z")
    return svg


def _middle(layout: Layout) -> float:
    return max(layout.rows - 1, 0) / 2 * (HEIGHT + GAP_Y)


def _task(parent: ET.Element, name: str, state: str | None, x: float, y: float) -> None:
    group = ET.SubElement(parent, "g", transform=f"translate({_number(x)} {_number(y)})")
    ET.SubElement(group, "title").text = _clean(f"{name}: {state}" if state else name)
    fill = COLOURS.get(state or "", PLAIN)
    ET.SubElement(group, "rect", width=str(WIDTH), height=str(HEIGHT), rx="6", fill=fill)
    label = name if len(name) <= MAX_LABEL else f"{name[: MAX_LABEL - 1]}…"
    _text(group, 10, HEIGHT // 2 + 4, label)


def _text(parent: ET.Element, x: int, y: int, text: str) -> None:
    ET.SubElement(parent, "text", x=str(x), y=str(y)).text = _clean(text)


def _curve(route: list[tuple[int, float]]) -> str:
    """Return the path of an edge: level where it leaves, bends and arrives."""
    points = [(column * (WIDTH + GAP_X), row * (HEIGHT + GAP_Y) + HEIGHT / 2) for column, row in route]
    x, y = points[0][0] + WIDTH, points[0][1]
    path = f"M{_number(x)} {_number(y)}"
    for next_x, next_y in points[1:]:
        half = (x + next_x) / 2
        path += f"C{_number(half)} {_number(y)} {_number(half)} {_number(next_y)} {_number(next_x)} {_number(next_y)}"
        x, y = next_x, next_y
        if (next_x, next_y) != points[-1]:  # a bend: straight on, as wide as the tasks above and below it
            x += WIDTH
            path += f"H{_number(x)}"
    return path


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _clean(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
