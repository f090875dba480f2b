"""Tasks and the links between them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias, TypedDict, Unpack

from celeriac.client.fields import TaskFields
from celeriac.errors import InvalidTask
from celeriac.links import CONDITIONS, Link, TaskList

TRIGGER_RULES = ("all_success", "all_done", "one_success", "one_failed", "none_failed", "always")
DEFAULTS: TaskFields = {
    "description": "",
    "driver": "python",
    "command": "",
    "configs": None,
    "auto_report": True,
    "retries": 0,
    "retry_delay": 0,
    "retry_backoff": 1,
    "timeout": None,
    "trigger_rule": "all_success",
    "queue": None,
    "priority": 0,
    "node_selector": None,
}
PARTS = ("args", "kwargs", "env", "cwd")  # of configs
Tasks: TypeAlias = "Task | Iterable[Task]"


class Options(TypedDict, total=False):
    """What may be told of a task beside its name and command; times are in seconds, a timeout has no upper bound.

    `key` names it in templates and reports and is made of the name where it is not given. `args`, `kwargs`, `env` and `cwd`
    may be told within `configs` as well; texts in them are templates, such as `{{ results.fetch }}`. `nodes` are the hosts
    to run on, each of which listens on a queue of its own name: on several of them the task runs on each, and what follows
    waits for all.
    """

    key: str | None
    driver: str | None
    description: str
    args: Sequence[Any]
    kwargs: Mapping[str, Any]
    env: Mapping[str, Any]
    cwd: str
    configs: Mapping[str, Any] | None
    retries: int
    retry_delay: float
    retry_backoff: float
    timeout: float | None
    trigger_rule: str
    nodes: str | Sequence[str] | None
    queue: str | None
    priority: int
    auto_report: bool
    node_selector: Mapping[str, Any] | None
    function: Callable[..., Any] | None


class Task:
    """A step of a job: what to do, and how. Links say what it waits for.

    `command` is a line for the shell; with `driver="exec"` a program and its arguments, with `driver="python"` the dotted
    path of a function that the service knows. Without a command it waits for a report from outside (`driver="offline"`).
    """

    def __init__(self, name: str, command: str = "", **options: Unpack[Options]) -> None:
        """Tell of a task; raise `InvalidTask`."""
        unknown = sorted(set(options) - set(Options.__annotations__))
        if unknown:
            raise InvalidTask(f"The task {name!r}: unknown option {unknown[0]!r}.")
        told = dict(options)
        self.name, self.key, self.function = name, options.get("key"), options.get("function")
        nodes = options.get("nodes") or ()
        self.nodes = [nodes] if isinstance(nodes, str) else list(nodes)
        self._options: TaskFields = {**DEFAULTS}
        self._options.update({option: told[option] for option in DEFAULTS if option in told})  # type: ignore[typeddict-item]
        self._options["driver"] = options.get("driver") or _driver(command, self.function)
        self._options["command"] = command or _path(self.function)
        parts = {part: told[part] for part in PARTS if told.get(part) is not None}
        self._options["configs"] = _configs(options.get("configs"), parts)
        self.parents: dict[Task, str] = {}
        self.children: dict[Task, str] = {}
        self._check()

    def fields(self) -> TaskFields:
        """Return what the service is told of it, what is at its default left out."""
        return TaskFields(**{name: value for name, value in self._options.items() if value != DEFAULTS[name]})  # type: ignore[literal-required, typeddict-item]

    def set_downstream(self, *tasks: Tasks, condition: str = "success") -> None:
        """Have tasks wait for this one: for its `success`, its `failed`, that it is `done`, whatever its end, or `ready`."""
        if condition not in CONDITIONS:
            raise InvalidTask(f"Unknown condition {condition!r}; there are {', '.join(CONDITIONS)}.")
        for task in TaskList.of(*tasks):
            self.children[task] = task.parents[self] = condition

    def set_upstream(self, *tasks: Tasks, condition: str = "success") -> None:
        """Have this task wait for others."""
        for task in TaskList.of(*tasks):
            task.set_downstream(self, condition=condition)

    def when(self, condition: str) -> Link:
        """Return this task for a link of another kind: `load.when("failed") >> alarm`."""
        return Link(self, condition)

    def __rshift__(self, other: Any) -> Any:
        return self.when("success") >> other

    def __lshift__(self, other: Any) -> Any:
        return TaskList([self]) << other

    def __rrshift__(self, other: Iterable[Task]) -> Task:
        self.set_upstream(other)
        return self

    def __rlshift__(self, other: Iterable[Task]) -> Task:
        self.set_downstream(other)
        return self

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function that it was made of."""
        if self.function is None:
            raise TypeError(f"The task {self.name!r} is made of no function.")
        return self.function(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<Task {self.name!r}>"

    def _check(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip():
            raise InvalidTask("A task needs a name.")
        rule, retries, timeout = (self._options[part] for part in ("trigger_rule", "retries", "timeout"))
        if rule not in TRIGGER_RULES:
            raise self._wrong(f"unknown trigger rule {rule!r}; there are {', '.join(TRIGGER_RULES)}")
        if not isinstance(retries, int) or retries < 0:
            raise self._wrong("retries must be a whole number, 0 or more")
        if self._options["retry_delay"] < 0 or self._options["retry_backoff"] < 1:
            raise self._wrong("retry_delay must be 0 or more, retry_backoff 1 or more")
        if timeout is not None and float(timeout) <= 0:
            raise self._wrong("timeout must be more than 0 seconds, or None for no limit")
        if self.nodes and self._options["queue"]:
            raise self._wrong("give nodes or a queue: a node listens on the queue of its name")
        if len(set(self.nodes)) < len(self.nodes):
            raise self._wrong("a node is named twice")

    def _wrong(self, what: str) -> InvalidTask:
        return InvalidTask(f"The task {self.name!r}: {what}.")


def _driver(command: str, function: Callable[..., Any] | None) -> str:
    if function is not None:
        return "python"
    return "shell" if command else "offline"


def _path(function: Callable[..., Any] | None) -> str:
    return "" if function is None else f"{function.__module__}.{function.__qualname__}"


def _configs(configs: Mapping[str, Any] | None, told: Mapping[str, Any]) -> Mapping[str, Any] | None:
    twice = sorted(set(configs or ()) & set(told))
    if twice:
        raise InvalidTask(f"{twice[0]} is told twice: beside configs, and within.")
    return {**(configs or {}), **told} or None
