"""Jobs: tasks and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, overload

from celeriac import collecting, complaint
from celeriac.client.fields import GraphFields
from celeriac.definition import Definition, define
from celeriac.errors import DuplicateName, JobError
from celeriac.links import TaskList
from celeriac.task import Task

if TYPE_CHECKING:
    from celeriac.client import Client
    from celeriac.client.shapes import Graph
    from celeriac.run import Run
    from celeriac.saving import Submitted

AnyFunction = TypeVar("AnyFunction", bound=Callable[..., Any])
ON_FAILURE = ("skip", "continue", "stop")


class Job:
    """A pipeline: tasks with links between them, under a name.

    `project` is the name or the id of the project it belongs to, the default one where it is not given; `on_failure` says
    what a failed task does to the others (`skip` its descendants, `continue`, or `stop`); `max_parallel` bounds how many
    tasks run at once; `params_schema` is a JSON Schema for the params of a run. `replace` lets it take the place of another
    job with its name. `client` says to which service it goes; without one that is found as `celeriac.client.places` tells.
    """

    def __init__(
        self,
        name: str,
        *,
        project: str | int | None = None,
        description: str = "",
        on_failure: str = "skip",
        max_parallel: int | None = None,
        params_schema: Mapping[str, Any] | None = None,
        execution_key: str | None = None,
        replace: bool = False,
        client: Client | None = None,
    ) -> None:
        """Begin a job without tasks; raise `JobError`."""
        if not isinstance(name, str) or not name.strip():
            raise JobError("A job needs a name.")
        if on_failure not in ON_FAILURE:
            raise JobError(f"Unknown on_failure {on_failure!r}; there are {', '.join(ON_FAILURE)}.")
        self.name, self.project, self.replace, self.client = name, project, replace, client
        self.tasks: list[Task] = []
        self.on_failure, self.max_parallel, self.params_schema = on_failure, max_parallel, params_schema
        self.description, self.execution_key = description, execution_key
        complaint.listen()
        collecting.found(self)

    def add_task(self, *tasks: Task | Sequence[Task]) -> None:
        """Add tasks, one by one or in lists; one that is there already stays. Raise `DuplicateName`."""
        names = {task.name: task for task in self.tasks}
        for task in TaskList.of(*tasks):
            if names.setdefault(task.name, task) is not task:
                raise DuplicateName(
                    f"The job {self.name!r} has a task named {task.name!r} already: give each a name of its own."
                )
            if task not in self.tasks:
                self.tasks.append(task)

    @overload
    def task(self, function: Callable[..., Any], /) -> Task: ...
    @overload
    def task(self, function: None = None, /, **options: Any) -> Callable[[Callable[..., Any]], Task]: ...
    def task(self, function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
        """Make a task of a Python function that the service knows by its dotted path, or by the `command` that is told.

        Bare, or with the options of a `Task`: `@job.task(retries=3, kwargs={"day": "{{ params.day }}"})`.
        """

        def made(function: Callable[..., Any]) -> Task:
            task = Task(**{"name": function.__name__, **options}, function=function)
            self.add_task(task)
            return task

        return made if function is None else made(function)

    def define(self) -> Definition:
        """Return the checked definition; raise `JobError`."""
        if not self.tasks:
            raise JobError(f"The job {self.name!r} has no tasks: add some with job.add_task(...).")
        return define(self.tasks)

    def fields(self) -> GraphFields:
        """Return what the service is told of it, but the project; raise `JobError`."""
        definition = self.define()
        fields: GraphFields = {
            "name": self.name,
            "description": self.description,
            "on_failure": self.on_failure,
            "max_parallel": self.max_parallel,
            "params_schema": self.params_schema,
            "tasks": definition.tasks,
            "edges": definition.edge_fields(),
        }
        if self.execution_key is not None:
            fields["execution_key"] = self.execution_key
        return fields

    def save(self, *, replace: bool | None = None) -> Graph:
        """Make the service know this job, without running it; return its graph. Raise `NameTaken`."""
        if collecting.is_on():
            return collecting.NOTHING
        from celeriac import saving

        with saving.connected(self.client) as client:
            return saving.save(client, self, replace=self.replace if replace is None else replace)

    def submit(
        self,
        cron: str | None = None,
        *,
        timezone: str | None = None,
        interval: int | None = None,
        at: str | None = None,
        replace: bool | None = None,
        **options: Any,
    ) -> Submitted:
        """Save the job and have it launched by `cron` (5 fields, or 6 with seconds first), each `interval` or once `at`.

        `options` are those of a schedule, such as `on_start`, `params`, `overlap`, `catch_up` and `jitter`. Submitting again
        changes the schedule. Without any time it is saved alone. Raise `NameTaken`.
        """
        if collecting.is_on():
            return collecting.NOTHING
        from celeriac import saving

        times = {"cron": cron, "interval": interval, "at": at, "timezone": timezone}
        told = {**options, **{name: value for name, value in times.items() if value is not None}}
        with saving.connected(self.client) as client:
            return saving.submit(client, self, told, replace=self.replace if replace is None else replace)

    def run(
        self,
        *,
        params: Mapping[str, Any] | None = None,
        wait: bool = True,
        local: bool = False,
        check: bool = True,
        replace: bool | None = None,
        reports: Mapping[str, Any] | None = None,
    ) -> Run:
        """Run the job: through the service, shown live, or with `local` in this process, without any service.

        Return the run; raise `RunFailed` where it has not succeeded, unless `check` is False. Without `wait` return as soon
        as it is launched. `reports` are what a local run has for tasks that wait for one, by key.
        """
        if collecting.is_on():
            return collecting.NOTHING
        from celeriac import run

        if local or run.locally():
            return run.here(self, params or {}, reports, check=check)
        return run.there(self, params, wait=wait, check=check, replace=self.replace if replace is None else replace)

    def draw(self, folder: str | Path = ".") -> tuple[Path, Path]:
        """Draw `<name>.svg` and `<name>.png` into a folder; return the two."""
        from celeriac import drawing

        return drawing.draw(self, Path(folder))

    def __str__(self) -> str:
        """Name the job, and draw it into the current folder."""
        told = f"<{self.name} with {len(self.tasks)} tasks>"
        if collecting.is_on():
            return told
        try:
            self.draw()
        except OSError as error:
            return f"{told} (its picture could not be written: {error})"
        return told

    def __repr__(self) -> str:
        return f"<Job {self.name!r} with {len(self.tasks)} tasks>"
