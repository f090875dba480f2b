"""A run as it stands, kept up by its events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from celeriac.client.events import ServerEvent
from celeriac.render import states

_TASK = {"state": "PENDING", "attempt": 0, "start_time": None, "end_time": None, "ran_on": None}
_TASK_SAYS = {"reason": None, "errors": None, "progress": None}
_RUN = {"state": "PENDING", "started_at": None, "completed_at": None}


class Picture:
    """An execution whose tasks stand where its events say; it begins before the first of them."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        tasks = [{**task, **_TASK, **_TASK_SAYS} for task in told["tasks"]]
        self.execution: dict[str, Any] = {**told, **_RUN, "tasks": tasks}
        self._tasks = {task["task_id"]: task for task in self.execution["tasks"]}

    def take(self, event: ServerEvent) -> dict[str, Any] | None:
        """Take an event in; return the task that it moved."""
        task = self._tasks.get(event.data.get("task_id"))
        if event.name == "progress":
            if task is not None:
                task["progress"] = event.data
            return None
        if event.name != "transition":
            return None
        if task is None:
            self._move_run(event.data)
            return None
        state, when = event.data["to_state"], event.data["at"]
        task["state"] = state
        task["attempt"] = event.data["attempt"] or task["attempt"]
        task["reason"] = event.data["reason"]
        if state == "RUNNING":
            task["start_time"], task["end_time"], task["ran_on"] = when, None, event.data["ran_on"]
        elif state in states.FINISHED:
            task["end_time"], task["progress"] = when, None
        return task

    def _move_run(self, move: Mapping[str, Any]) -> None:
        self.execution["state"] = move["to_state"]
        if move["to_state"] == "RUNNING":
            self.execution["started_at"] = move["at"]
        elif move["to_state"] in states.FINISHED:
            self.execution["completed_at"] = move["at"]

    def counts(self) -> Counter[str]:
        """Return how many tasks are in each state."""
        return Counter(task["state"] for task in self.execution["tasks"])
