"""`a >> [b, c] >> d`: links written as arrows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from celeriac.errors import InvalidTask

if TYPE_CHECKING:
    from celeriac.task import Task

CONDITIONS = ("success", "failed", "done", "ready")


class TaskList(list["Task"]):
    """Tasks side by side: a list that can be followed by an arrow."""

    @classmethod
    def of(cls, *tasks: Any) -> TaskList:
        """Return tasks, given one by one or in lists; raise `InvalidTask` for what is none."""
        found = cls()
        for one in tasks:
            if hasattr(one, "set_downstream"):
                found.append(one)
            elif isinstance(one, Iterable) and not isinstance(one, str | bytes):
                found += cls.of(*one)
            else:
                raise InvalidTask(f"{one!r} is no task.")
        return found

    def __rshift__(self, other: Any) -> Any:
        return Link(self, "success") >> other

    def __lshift__(self, other: Any) -> Any:
        for task in self:
            task.set_upstream(other)
        return _side_by_side(other)

    def __rrshift__(self, other: Iterable[Task]) -> TaskList:
        for task in self:
            task.set_upstream(other)
        return self


@dataclass(frozen=True)
class Link:
    """Where an arrow begins, and what it asks for."""

    start: Task | Iterable[Task]
    condition: str

    def __rshift__(self, other: Any) -> Any:
        for task in TaskList.of(self.start):
            task.set_downstream(other, condition=self.condition)
        return _side_by_side(other)


def _side_by_side(other: Any) -> Any:
    return other if hasattr(other, "set_downstream") else TaskList.of(other)
