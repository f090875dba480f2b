"""What the tasks of a run say, as they say it: one stream for the run's moves, one for each task that has begun."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass, field
from typing import Any

from rich.text import Text

from celeriac.cli import finding, screen
from celeriac.cli.refusals import Refused
from celeriac.client import AsyncClient
from celeriac.client.shapes import Execution
from celeriac.render import lines, states, wording
from celeriac.render.controls import passed, shown

STREAMS = 50  # logs that are followed at the same time; those of further tasks are read when one of these has ended
BEGUN = frozenset({"RUNNING", "WAITING"})


async def follow(run: Execution, wanted: str | None = None, *, as_json: bool = False) -> Execution:
    """Print what an execution says until it has ended, or what one task of it says; return the ended execution."""
    watched = finding.tasks(run, wanted) if wanted is not None else run["tasks"]
    if not watched:
        raise Refused(f"`{run['name']}` has no task `{wanted}`.")
    names = {task["task_id"]: shown(task["name"]) for task in watched}
    async with AsyncClient() as client:
        async with asyncio.TaskGroup() as streams:
            listener = _Listener(client, streams, names, as_json)
            await listener.listen(run)
        ended = await client.executions.get(run["graph_id"])
    if not as_json:
        lines.show(screen.out, [lines.Line(wording.execution(ended))])
    return ended


@dataclass
class _Listener:
    """Listens to a run, and from when they begin to its tasks."""

    client: AsyncClient
    streams: asyncio.TaskGroup
    names: dict[int, str]
    as_json: bool
    begun: set[int] = field(default_factory=set)
    room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(STREAMS))

    async def listen(self, run: Execution) -> None:
        """Listen until the run has ended; the streams of its tasks end by themselves."""
        for task in run["tasks"]:
            if task["state"] in BEGUN or task["attempt"]:
                self._begin(task["task_id"])
        async for event in self.client.executions.follow(run["graph_id"]):
            if event.name == "transition" and event.data["to_state"] in BEGUN:
                self._begin(event.data["task_id"])

    def _begin(self, task_id: int | None) -> None:
        if task_id in self.names and task_id not in self.begun:
            self.begun.add(task_id)
            self.streams.create_task(self._hear(task_id))

    async def _hear(self, task_id: int) -> None:
        """Print what a task says, line by line: another task's line never stands in the middle of one."""
        rest = ""
        async with self.room:
            async for event in self.client.task_runs.follow_logs(task_id):
                if self.as_json:
                    self._json(task_id, event.data)
                    continue
                *whole, rest = (rest + event.data["text"]).replace("\r\n", "\n").split("\n")
                self._say(task_id, whole)
        if rest:
            self._say(task_id, [rest])

    def _say(self, task_id: int, said: list[str]) -> None:
        head = f"{self.names[task_id]} | " if len(self.names) > 1 else ""
        for line in said:
            text = passed(line, colour=screen.out.is_terminal)
            screen.tell(Text.assemble((head, states.colour("RUNNING")), Text.from_ansi(text)))

    def _json(self, task_id: int, piece: dict[str, Any]) -> None:
        sys.stdout.write(json.dumps({"task_id": task_id, "task": self.names[task_id], **piece}, ensure_ascii=False) + "\n")
        sys.stdout.flush()
