"""A run of a job, through the service or in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from celeriac import saving
from celeriac.client import Client
from celeriac.client.shapes import Execution, TaskRun
from celeriac.client.synchronous.executions import Start
from celeriac.errors import JobError, RunFailed

if TYPE_CHECKING:
    from celeriac.job import Job
    from celeriac.local import Stage

FINISHED = ("SUCCESS", "FAILED", "CANCELLED")
TOLD = 3  # failed tasks that a message names

_stages: list[Stage] = []  # where runs take place instead of the service, for all threads; the last one counts


class Run:
    """What is known of a run: `execution` is the API's JSON, of a local run in the same shape."""

    def __init__(self, execution: Execution, client: Client | None = None, logs: Mapping[str, str] | None = None) -> None:
        """Keep the execution; `logs` is what the tasks of a local run said, by key."""
        self.execution, self._client, self._logs = execution, client, logs

    @property
    def id(self) -> int:
        """Return the id of the execution; 0 for a local run."""
        return self.execution["graph_id"]

    @property
    def state(self) -> str:
        """Return the state as it was last looked at."""
        return self.execution["state"]

    @property
    def succeeded(self) -> bool:
        """Tell whether it has ended with success."""
        return self.state == "SUCCESS"

    @property
    def exit_code(self) -> int:
        """Return 0 for a success, 1 for anything else."""
        return 0 if self.succeeded else 1

    @property
    def results(self) -> dict[str, Any]:
        """Return the results of the tasks that have one, by key."""
        return {task["key"]: task["results"]["result"] for task in self.execution["tasks"] if task["results"] is not None}

    @property
    def states(self) -> dict[str, str]:
        """Return the states of the tasks, by key."""
        return {task["key"]: task["state"] for task in self.execution["tasks"]}

    def task(self, name: str) -> TaskRun:
        """Return a task by its key or its name; raise `KeyError`."""
        found = [task for task in self.execution["tasks"] if name in (task["key"], task["name"])]
        if not found:
            raise KeyError(name)
        return found[0]

    def log(self, name: str) -> str:
        """Return what a task said so far."""
        task = self.task(name)
        if self._logs is not None:
            return self._logs.get(task["key"], "")
        with saving.connected(self._client) as client:
            return "".join(piece["text"] for piece in client.task_runs.logs(task["task_id"]))

    def refresh(self) -> Run:
        """Look again."""
        return self._looked(lambda client: client.executions.get(self.id))

    def wait(self) -> Run:
        """Return once it has ended."""
        return self if self.state in FINISHED else self._looked(lambda client: client.executions.wait(self.id))

    def cancel(self) -> Run:
        """Cancel it; what has ended stays as it is."""
        return self if self.state in FINISHED else self._looked(lambda client: client.executions.cancel(self.id))

    def rerun(self, start: Start = "failed", *, params: Mapping[str, Any] | None = None) -> Run:
        """Launch it anew from what failed, from the `start`, or from tasks named by key; return the new run."""
        if self._logs is not None:
            raise JobError("A local run cannot be rerun: run the job again.")
        with saving.connected(self._client) as client:
            return Run(client.executions.rerun(self.id, start, params=params), self._client)

    def check(self) -> Run:
        """Raise `RunFailed` if it has ended without success."""
        if self.state in FINISHED and not self.succeeded:
            raise RunFailed(_told(self.execution), self.execution)
        return self

    def __repr__(self) -> str:
        return f"<Run {self.id} of {self.execution['name']!r}: {self.state}>"

    def _looked(self, look: Callable[[Client], Execution]) -> Run:
        if self._logs is None:
            with saving.connected(self._client) as client:
                self.execution = look(client)
        return self


def there(job: Job, params: Mapping[str, Any] | None, *, wait: bool, check: bool, replace: bool) -> Run:
    """Run the job through the service, shown live while it is waited for."""
    with saving.connected(job.client) as client:
        graph = saving.save(client, job, replace=replace)
        run = Run(client.graphs.execute(graph["graph_id"], params=params), job.client)
        if wait:
            run.execution = _watched(client, run.execution)
    return run.check() if check and wait else run


def _watched(client: Client, execution: Execution) -> Execution:
    """Show the execution live, and return it ended; where that is interrupted, say that the run goes on."""
    from celeriac import render

    try:
        return render.follow(client, execution["graph_id"])
    except KeyboardInterrupt as interrupt:
        interrupt.add_note(render.goes_on(execution))
        raise


def here(job: Job, params: Mapping[str, Any], reports: Mapping[str, Any] | None, *, check: bool) -> Run:
    """Run the job in this process."""
    from celeriac import local

    stage = _stages[-1] if _stages else local.Stage()
    execution, logs = local.perform(job, params, stage, reports or {})
    run = Run(execution, logs=logs)
    return run.check() if check else run


@contextmanager
def on(stage: Stage) -> Iterator[None]:
    """Have every run meanwhile take place in this process, on this stage."""
    _stages.append(stage)
    try:
        yield
    finally:
        _stages.remove(stage)


def locally() -> bool:
    """Tell whether runs take place in this process just now."""
    return bool(_stages)


def _told(execution: Execution) -> str:
    """Return how a run ended, in one line: what failed and why, and how much was skipped for it."""
    failed = [task for task in execution["tasks"] if task["state"] == "FAILED"]
    skipped = sum(task["state"] == "SKIPPED" for task in execution["tasks"])
    number = f" (execution {execution['graph_id']})" if execution["graph_id"] else ""
    told = [f"{task['name']}: {_why(task)}" for task in failed[:TOLD]]
    if len(failed) > TOLD:
        told.append(f"and {len(failed) - TOLD} more failed")
    if skipped:
        told.append(f"{skipped} skipped")
    return f"{execution['name']} {execution['state'].lower()}{number}{': ' if told else ''}{'; '.join(told)}."


def _why(task: TaskRun) -> str:
    lines = str((task["errors"] or {}).get("error", "") or task["reason"] or "failed").strip().splitlines()
    return lines[-1][:200] if lines else "failed"
