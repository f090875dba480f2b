"""The fields of a compiled task: how the drivers of the engine are told what a task of a spec does. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from dags.rules import TriggerRule
from dags.specs.document import Check, Command, Docker, Ready, Task
from dags.specs.expressions import in_configs, translated

Fields: TypeAlias = dict[str, Any]

BARRIER = "barrier"
SERVICE = "service"
STOP = "stop"


def barrier(rule: TriggerRule) -> Fields:
    """Return the fields of a task that does nothing: it stands between many and many."""
    return {"name": BARRIER, "driver": BARRIER, "trigger_rule": rule.value}


def stopping(keys: Sequence[str], task: Task | None = None) -> Fields:
    """Return the fields of a task that stops services, by their keys."""
    return {"driver": STOP, "configs": {"stop": list(keys)}, **(_tries(task) if task else {})}


def doing(task: Task, node: str) -> Fields:
    """Return the fields of a task that does something on a node."""
    if task.is_long:
        ready = {"ready": _ready(task.ready, node)} if task.ready else {}
        return {"driver": SERVICE, "configs": {**_within_configs(task, node), **ready}, **_tries(task)}
    return {**alone(task, node), **_tries(task)}


def alone(command: Command, node: str) -> Fields:
    """Return how a driver is told to do something that ends: `{"driver", "command", "configs"}`."""
    told = _work(command, node)
    driver, line, docker = told.pop("driver"), told.pop("command", ""), told.pop("docker", {})
    return {"driver": driver, "command": line, "configs": {**docker, **told} or None}


def _tries(task: Task) -> Fields:
    return {"retries": task.retries, "retry_delay": task.retry_delay, "timeout": task.timeout}


def _work(command: Command, node: str) -> Fields:
    """Return `{"driver", "command"?, "args"?, "env"?, "docker"?}`."""
    told: Fields = {"driver": str(command.does)}
    if command.shell:
        told["command"] = translated(command.shell.command, node)
    if command.exec:
        told["command"] = command.exec.command
        told["args"] = [translated(arg, node) for arg in command.exec.args]
    if command.docker:
        told["docker"] = _docker(command.docker, node)
    told["env"] = {variable.k: translated(variable.v, node) for variable in command.env}
    return {name: value for name, value in told.items() if value}


def _within_configs(command: Command, node: str) -> Fields:
    """Return the same, the command such that it is read as what it is where it stands in configs."""
    told = _work(command, node)
    return {**told, "command": in_configs(told["command"])} if "command" in told else told


def _docker(told: Docker, node: str) -> Fields:
    """Return what the driver is told of a container; all that is not told is left for it to decide."""
    fields = told.model_dump(mode="json", exclude_defaults=True)
    if told.command:
        fields["command"] = in_configs(translated(told.command, node))
    if told.args:
        fields["args"] = [translated(arg, node) for arg in told.args]
    return fields


def _ready(ready: Ready, node: str) -> Fields:
    checks = [_check(check, node) for check in ready.tasks]
    return {"tasks": checks, **ready.model_dump(include={"retries", "interval", "timeout"}, exclude_none=True)}


def _check(check: Check, node: str) -> Fields:
    told = {"name": check.name, "timeout": check.timeout, **_within_configs(check, node)}
    return {name: value for name, value in told.items() if value}
