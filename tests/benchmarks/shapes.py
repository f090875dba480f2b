"""The graphs that are measured: for Celeriac as a body of `dag/create/`, for Celery as canvas."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.benchmarks import canvas

NOTHING = "scheduler.tasks.example_func"


@dataclass(frozen=True)
class Shape:
    """Layers of tasks, by their widths. A task waits for up to `parents` of the layer before; by default for all of it."""

    widths: Sequence[int]
    parents: int | None = None

    @property
    def size(self) -> int:
        """How many tasks."""
        return sum(self.widths)

    def body(self, name: str) -> dict[str, Any]:
        """Return the graph as a client sends it."""
        layers = [[f"{depth}.{place}" for place in range(width)] for depth, width in enumerate(self.widths)]
        return {
            "name": name,
            "tasks": [{"name": key, "key": key, "command": NOTHING} for layer in layers for key in layer],
            "edges": [
                {"task_from": parent, "task_to": key}
                for before, layer in itertools.pairwise(layers)
                for place, key in enumerate(layer)
                for parent in self._parents(before, place)
            ],
        }

    def _parents(self, before: Sequence[str], place: int) -> list[str]:
        if self.parents is None:
            return list(before)
        return sorted({before[(place + step) % len(before)] for step in range(self.parents)})

    def canvas(self, *, keep: bool = False) -> tuple[Any, int]:
        """Return the nearest that canvas can express, and how many tasks it must execute; with `keep` each leaves a result.

        A layer waits for all of the one before: canvas knows no edges. Between two groups stands a no-op, because a group
        that follows a group directly is executed once for each task before it.
        """
        step = canvas.kept if keep else canvas.step
        steps: list[Any] = []
        for depth, width in enumerate(self.widths):
            if width > 1 and depth and self.widths[depth - 1] > 1:
                steps.append(step.si())
            steps.append(canvas.group(canvas.kept.si() for _ in range(width)) if width > 1 else step.si())
        steps[-1:] = [canvas.kept.si()] if self.widths[-1] == 1 else [steps[-1], canvas.kept.si()]
        return canvas.chain(*steps), sum(len(step.tasks) if isinstance(step, canvas.group) else 1 for step in steps)


def chain(length: int) -> Shape:
    """Return a chain."""
    return Shape([1] * length)


def fan(width: int) -> Shape:
    """Return one task, then so many, then one."""
    return Shape([1, width, 1])


def layers(depth: int, width: int) -> Shape:
    """Return so many layers, each task with 3 parents."""
    return Shape([width] * depth, parents=3)
