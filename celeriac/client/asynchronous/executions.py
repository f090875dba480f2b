"""Executions, their tasks, their logs and reports: what runs and ran."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Literal, cast
from urllib.parse import quote

from celeriac.client.asynchronous.resource import AsyncResource
from celeriac.client.events import ServerEvent
from celeriac.client.more_shapes import Group
from celeriac.client.shapes import Event, Execution, ExecutionSummary, Log, Progress, Reported, TaskRun, TaskRunDetail

Start = Literal["failed", "start"] | Sequence[str]


class AsyncExecutions(AsyncResource):
    """Executions: `execution/`."""

    def list(
        self,
        *,
        graph: int | None = None,
        project: int | None = None,
        state: str | None = None,
        key: str | None = None,
        trigger: str | None = None,
        since: str | None = None,
        search: str | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[ExecutionSummary]:
        """Yield executions, newest first."""
        filters = {"graph": graph, "project": project, "state": state, "key": key, "trigger": trigger, "since": since}
        return self._wire.rows("/scheduler/execution/list/", limit, **filters, search=search)

    async def get(self, execution_id: int) -> Execution:
        """Return an execution with all its tasks and edges."""
        return cast(Execution, await self._wire.get(f"/scheduler/execution/{execution_id}/"))

    async def update(self, execution_id: int, *, note: str | None = None, labels: Mapping[str, str] | None = None) -> Execution:
        """Change the note or the labels of an execution."""
        told = {"note": note, "labels": labels}
        fields = {name: value for name, value in told.items() if value is not None}
        return cast(Execution, await self._wire.patch(f"/scheduler/execution/{execution_id}/", fields))

    async def delete(self, execution_id: int) -> None:
        """Delete an execution that has ended."""
        await self._wire.delete(f"/scheduler/execution/{execution_id}/")

    async def cancel(self, execution_id: int) -> Execution:
        """Cancel an execution; what has ended stays as it is."""
        return cast(Execution, await self._wire.post(f"/scheduler/execution/{execution_id}/cancel/"))

    async def rerun(
        self,
        execution_id: int,
        start: Start = "failed",
        *,
        params: Mapping[str, Any] | None = None,
        revision: Literal["same", "latest"] = "same",
    ) -> Execution:
        """Launch anew from what failed, from the start or from tasks named by key; successes before that are reused."""
        body: dict[str, Any] = {"from": start, "revision": revision}
        if params is not None:
            body["params"] = params
        return cast(Execution, await self._wire.post(f"/scheduler/execution/{execution_id}/rerun/", body))

    async def launch_by_key(self, key: str, *, params: Mapping[str, Any] | None = None) -> Sequence[ExecutionSummary]:
        """Launch every graph with this `execution_key`."""
        found = await self._wire.post("/scheduler/execution/key/", {"key": key, "params": params or {}})
        return cast(Sequence[ExecutionSummary], found["executions"])

    def tasks(
        self, execution_id: int, *, state: str | None = None, key: str | None = None, limit: int | None = None
    ) -> AsyncIterator[TaskRun]:
        """Yield the tasks of an execution in topological order."""
        return self._wire.rows(f"/scheduler/execution/{execution_id}/tasks/", limit, state=state, key=key)

    async def groups(self, execution_id: int) -> Sequence[Group]:
        """Tell how far each part of an execution of a job spec has come: its pipelines, stages, nodes and tasks."""
        return cast(Sequence[Group], await self._wire.get(f"/scheduler/execution/{execution_id}/groups/"))

    async def progress(self, execution_id: int) -> Progress:
        """Tell how far an execution has come."""
        return cast(Progress, await self._wire.get(f"/scheduler/execution/{execution_id}/progress/"))

    def events(self, execution_id: int, *, after: int = 0, limit: int | None = None) -> AsyncIterator[Event]:
        """Yield the moves of an execution and its tasks so far, oldest first."""
        return self._wire.rows(f"/scheduler/execution/{execution_id}/events/", limit, after=after)

    def follow(self, execution_id: int, *, after: int = 0) -> AsyncIterator[ServerEvent]:
        """Yield events as they come until the execution has ended: `transition` (an Event) and `progress`."""
        return self._wire.follow(f"/scheduler/execution/{execution_id}/events/", after)

    async def wait(self, execution_id: int) -> Execution:
        """Return the execution once it has ended."""
        async for _ in self.follow(execution_id):
            pass
        return await self.get(execution_id)


class AsyncTaskRuns(AsyncResource):
    """Tasks of executions: `execution/tasks/`."""

    async def get(self, task_id: int) -> TaskRunDetail:
        """Return a task of an execution, and why it is not running."""
        return cast(TaskRunDetail, await self._wire.get(f"/scheduler/execution/tasks/{task_id}/"))

    def events(self, task_id: int, *, after: int = 0, limit: int | None = None) -> AsyncIterator[Event]:
        """Yield the moves of one task, oldest first."""
        return self._wire.rows(f"/scheduler/execution/tasks/{task_id}/events/", limit, after=after)

    def logs(self, task_id: int, *, after: int = 0, limit: int | None = None) -> AsyncIterator[Log]:
        """Yield the pieces of a task's output so far."""
        return self._wire.rows(f"/scheduler/execution/tasks/{task_id}/logs/", limit, after=after, format="json")

    def follow_logs(self, task_id: int, *, after: int = 0) -> AsyncIterator[ServerEvent]:
        """Yield `log` events (each a Log) as they come until the task has ended."""
        return self._wire.follow(f"/scheduler/execution/tasks/{task_id}/logs/", after)

    async def report(self, task_id: int, *, success: bool, result: Any = None) -> Reported:
        """Report the end of a task that waits for it."""
        body = {"success": success, "result": {} if result is None else result}
        return cast(Reported, await self._wire.post(f"/scheduler/execution/tasks/{task_id}/report/", body))

    async def report_progress(self, task_id: int, progress: float, message: str = "") -> Reported:
        """Report how far a task has come, from 0 to 1."""
        body = {"progress": progress, "message": message}
        return cast(Reported, await self._wire.post(f"/scheduler/execution/tasks/{task_id}/report/", body))


class AsyncReports(AsyncResource):
    """Reports by those who know a key and no id."""

    async def waiting(self, key: str, *, execution: int | None = None) -> TaskRunDetail:
        """Return the task with this key that waits for a report."""
        path = f"/scheduler/execution/report-by-key/{quote(key, safe='')}/"
        return cast(TaskRunDetail, await self._wire.get(path, execution=execution))

    async def by_key(self, key: str, *, success: bool, result: Any = None, execution: int | None = None) -> Reported:
        """Report the end of the most recently started task with this key that waits for it."""
        path = f"/scheduler/execution/report-by-key/{quote(key, safe='')}/"
        body = {"success": success, "result": {} if result is None else result}
        return cast(Reported, await self._wire.post(path, body, execution=execution))

    async def by_one_time_key(self, one_time_key: str, *, success: bool, result: Any = None) -> Reported:
        """Report by the one-time key of an attempt; it takes no token."""
        body = {"success": success, "result": {} if result is None else result}
        return cast(Reported, await self._wire.post(f"/scheduler/execution/report/{quote(one_time_key, safe='')}/", body))
