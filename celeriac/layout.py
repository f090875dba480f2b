"""Where the tasks of a picture stand: layers from left to right, few crossings. Pure and determined by its arguments.

The layered drawing of Sugiyama, Tagawa and Toda (1981): layers by the longest way, edges over several layers led through
a bend in each, rows ordered by the mean of their neighbours' rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

from celeriac import order
from celeriac.order import Pair

SWEEPS = 6  # rounds of ordering; more of them hardly change a picture
MAX_BENDS = 5_000  # in all; edges beyond go straight


@dataclass(frozen=True, kw_only=True)
class Layout:
    """`places[node]` is `(column, row)`; `routes[n]` are the places that edge n passes, both ends included.

    Rows are centred on 0; `rows` is the number of the fullest column's.
    """

    places: list[tuple[int, float]]
    routes: list[list[tuple[int, float]]]
    columns: int
    rows: int


def lay_out(size: int, edges: Sequence[Pair]) -> Layout:
    """Return the layout of an acyclic graph."""
    layers = order.layers(size, edges)
    column = {node: index for index, layer in enumerate(layers) for node in layer}
    ways = _lead_through_bends(edges, column, layers, size)
    layers = _order_rows(layers, [pair for way in ways for pair in pairwise(way)])
    places = {node: (column[node], row - (len(layer) - 1) / 2) for layer in layers for row, node in enumerate(layer)}
    return Layout(
        places=[places[node] for node in range(size)],
        routes=[[places[node] for node in way] for way in ways],
        columns=len(layers),
        rows=max(map(len, layers), default=0),
    )


def _lead_through_bends(edges: Sequence[Pair], column: dict[int, int], layers: list[list[int]], size: int) -> list[list[int]]:
    """Return each edge as a way of neighbouring columns, its bends being new nodes put into `column` and `layers`."""
    ways: list[list[int]] = []
    for start, end in edges:
        way = [start]
        for between in range(column[start] + 1, column[end]):
            if len(column) - size < MAX_BENDS:
                bend = len(column)
                column[bend] = between
                layers[between].append(bend)
                way.append(bend)
        ways.append([*way, end])
    return ways


def _order_rows(layers: list[list[int]], pairs: Sequence[Pair]) -> list[list[int]]:
    before: dict[int, list[int]] = {}
    after: dict[int, list[int]] = {}
    for start, end in pairs:
        before.setdefault(end, []).append(start)
        after.setdefault(start, []).append(end)
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        layers = _sweep(layers if forward else layers[::-1], before if forward else after)
        layers = layers if forward else layers[::-1]
    return layers


def _sweep(layers: Sequence[list[int]], neighbours: dict[int, list[int]]) -> list[list[int]]:
    """Return the layers, each ordered by the mean row of its nodes' neighbours, which have their rows already."""
    height: dict[int, float] = {}
    ordered: list[list[int]] = []
    for layer in layers:
        own = {node: (row + 0.5) / len(layer) for row, node in enumerate(layer)}
        wanted = {node: fmean(height.get(other, own[node]) for other in neighbours.get(node, [node])) for node in layer}
        ordered.append(sorted(layer, key=lambda node: (wanted[node], own[node])))
        height.update({node: (row + 0.5) / len(layer) for row, node in enumerate(ordered[-1])})
    return ordered
