"""Where the tasks of a graph are drawn, and the paths of its edges: layers from left to right, few crossings. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

from celeriac.layout import lay_out
from console.straightening import Place, straighten

Pair: TypeAlias = tuple[int, int]

WIDTH, HEIGHT = 200, 44  # of a task
GAP_X, GAP_Y = 76, 20
MARGIN = 24
KEPT = 64  # drawings; one of 5,000 tasks takes a fifth of a second to make, and some 2 MB


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """`places[node]` is the upper left corner of a task of `WIDTH` by `HEIGHT`; `paths[n]` is what edge n draws as `d`."""

    width: int
    height: int
    places: tuple[Pair, ...]
    paths: tuple[str, ...]

    def told(self) -> dict[str, Any]:
        """Return it as the scripts take it; `start` is the height at which it begins."""
        start = min(self.places, default=(0, 0))[1] + HEIGHT // 2
        size = {"width": self.width, "height": self.height, "start": start, "task": (WIDTH, HEIGHT)}
        return {**size, "places": self.places, "paths": self.paths}


def draw(size: int, edges: Iterable[Pair]) -> Drawing:
    """Draw an acyclic graph of the nodes from 0 to `size - 1`; the same one again costs nothing, in whichever run it is."""
    return _drawn(size, tuple(edges))


@lru_cache(maxsize=KEPT)
def _drawn(size: int, edges: tuple[Pair, ...]) -> Drawing:
    layout = lay_out(size, edges)
    height = straighten(layout.places, layout.routes)
    columns = max(layout.columns, 1)
    return Drawing(
        width=2 * MARGIN + columns * (WIDTH + GAP_X) - GAP_X,
        height=_y(max(height.values(), default=0)) + HEIGHT + MARGIN,
        places=tuple((_x(place[0]), _y(height[place])) for place in layout.places),
        paths=tuple(_path(route, height) for route in layout.routes),
    )


def _x(column: int) -> int:
    return MARGIN + column * (WIDTH + GAP_X)


def _y(row: float) -> int:
    return MARGIN + round(row * (HEIGHT + GAP_Y))


def _path(route: Sequence[Place], height: Mapping[Place, float]) -> str:
    """Return a path that is level where it leaves, bends and arrives; a bend is as wide as the tasks above and below it."""
    (column, _), *rest = route
    x, y = _x(column) + WIDTH, _y(height[route[0]]) + HEIGHT // 2
    path = f"M{x} {y}"
    for step, place in enumerate(rest, 1):
        left, level = _x(place[0]), _y(height[place]) + HEIGHT // 2
        path += f"H{left}" if level == y else f"C{x + GAP_X // 2} {y} {left - GAP_X // 2} {level} {left} {level}"
        x, y = left, level
        if step < len(rest):
            x += WIDTH
            path += f"H{x}"
    return path
